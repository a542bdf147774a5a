// Weather that a seed brings up and time heals: every few calls of a storage a fault begins in the proxy before its server, and it ends when
// the calls that fail have waited a few times. Time goes by where the program sleeps, a hundred times as fast, and hardly elsewhere: a slow
// machine uses up nobody's patience.

import type { Clock } from '../../src/base/context.ts';
import { Failure } from '../../src/base/failure.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { draw } from '../fault/sampling.ts';
import type { Proxy as NetworkProxy } from './proxy.ts';

const haste = 100;
/** From this on, a sleep is the deadline of a call: a minute and more. */
const deadlineMs = 60_000;
/** Where nothing goes through, a call is given up after so long; where it does, only when something hangs. */
const silenceMs = 400;
const hangingMs = 300_000;

export interface ChangingWeather {
  /** Sleeps are short; waiting for another try heals. */
  clock(inner: Clock): Clock;
  /** Counts calls; belongs next to the storage. */
  around(inner: Storage): Storage;
  /** Ends what is under way, until `begin`. */
  end(): void;
  begin(): void;
  /** Faults so far, by kind. */
  readonly faults: ReadonlyMap<string, number>;
}

const kinds = ['reset', 'reset', 'refuse', 'cut', 'delay', 'partition'] as const;

export function changingWeather(proxy: NetworkProxy, seed: string): ChangingWeather {
  const faults = new Map<string, number>();
  let isOn = false;
  let calls = 0;
  let next = 1 + draw(seed, 'first', 4);
  let number = 0;
  let left = 0;
  let isFault = false;
  let silences = 0;
  let sleptMs = 0;

  const heal = () => {
    const { isPartitioned } = proxy.weather;
    Object.assign(proxy.weather, {
      delayMs: 0,
      resetAfterBytes: undefined,
      isPartitioned: false,
      isRefusing: false,
    });
    // What was swallowed is lost: no real connection goes on without it.
    if (isPartitioned) proxy.cut();
    isFault = false;
    next = calls + 1 + draw(seed, `gap ${number}`, 10);
  };
  const bring = () => {
    number += 1;
    const kind = kinds[draw(seed, `kind ${number}`, kinds.length)]!;
    faults.set(kind, (faults.get(kind) ?? 0) + 1);
    isFault = true;
    left = kind === 'partition' ? 1 : 1 + draw(seed, `length ${number}`, 3);
    const { weather } = proxy;
    if (kind === 'reset') weather.resetAfterBytes = 2 ** (8 + draw(seed, `bytes ${number}`, 10));
    if (kind === 'refuse') weather.isRefusing = true;
    if (kind === 'refuse' || kind === 'cut') proxy.cut();
    if (kind === 'delay') weather.delayMs = 1 + draw(seed, `delay ${number}`, 10);
    if (kind === 'partition') {
      weather.isPartitioned = true;
      silences += 1;
    }
  };
  const count = () => {
    calls += 1;
    if (!isOn) return;
    if (!isFault && calls >= next) bring();
    // Delays and resets after many bytes let calls through.
    else if (isFault && calls >= next + 12) heal();
  };
  const before = async <Result>(run: () => Promise<Result>): Promise<Result> => {
    count();
    return run();
  };
  return {
    faults,
    clock: (inner) => ({
      ...inner,
      elapsed: () => sleptMs + performance.now(),
      async sleep(durationMs, signal) {
        if (durationMs >= deadlineMs) {
          const before = silences - (proxy.weather.isPartitioned ? 1 : 0);
          for (let waitedMs = 0; waitedMs < hangingMs; waitedMs += silenceMs) {
            await pause(silenceMs, signal);
            if (silences > before) return;
          }
          return;
        }
        const until = sleptMs + durationMs;
        await pause(durationMs / haste, signal);
        sleptMs = Math.max(sleptMs, until);
        left -= 1;
        if (isFault && left <= 0) heal();
      },
    }),
    around: (inner) =>
      forwarding(inner, {
        put: (name, bytes, options) => before(() => inner.put(name, bytes, options)),
        get: (name, options) => before(() => inner.get(name, options)),
        stat: (name, options) => before(() => inner.stat(name, options)),
        async *list(prefix, options) {
          count();
          yield* inner.list(prefix, options);
        },
        delete: (name, options) => before(() => inner.delete(name, options)),
      }),
    end() {
      isOn = false;
      heal();
    },
    begin() {
      isOn = true;
    },
  };
}

/** As the clock of the program does, it fails when the signal ends it. */
function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const canceled = () => new Failure('canceled', 'CANCELED', 'the wait was canceled');
    if (signal.aborted) return reject(canceled());
    const stop = () => {
      clearTimeout(timer);
      reject(canceled());
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, durationMs);
    signal.addEventListener('abort', stop, { once: true });
  });
}
