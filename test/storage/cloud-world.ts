// What the tests of the cloud kinds share: failures that must tell no secret, a clock whose sleeps heal what is broken.

import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { Failure, type FailureKind } from '../../src/base/failure.ts';
import { conformance } from '../../src/storage/conformance.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { withRetry } from '../../src/storage/with/retry.ts';
import { type StillContext, signal, stillContext } from './storage-world.ts';

export async function demandAll(open: () => Promise<Storage>, listedObjects: number): Promise<void> {
  const results = await Array.fromAsync(conformance(open, { signal, listedObjects }));
  assert.deepEqual(
    results.filter(({ ok }) => !ok),
    [],
  );
  assert.deepEqual([...new Set(results.map(({ promise }) => promise))].sort(), [0, 1, 2, 3, 4, 5, 6]);
}

/** The failure that `call` must end with: of this kind and code, with a hint where a person will see it, and with none of the secrets anywhere in it. */
export async function failureOf(
  call: () => Promise<unknown>,
  kind: FailureKind,
  code: string,
  secrets: readonly string[],
): Promise<Failure> {
  let error: unknown;
  try {
    await call();
  } catch (thrown) {
    error = thrown;
  }
  if (!(error instanceof Failure) || error.kind !== kind || error.code !== code) {
    assert.fail(`${kind}/${code} was due, not ${inspect(error)}`);
  }
  if (!['CANCELED', 'OBJECT_EXISTS', 'OBJECT_MISSING'].includes(code))
    assert.ok(error.hint, `${code} has no hint`);
  const shown = inspect(error, { depth: 12, showHidden: true, maxStringLength: null, maxArrayLength: null });
  for (const secret of secrets) assert.ok(!shown.includes(secret), `a secret is shown: ${shown}`);
  return error;
}

/**
 * Before it goes on, every sleep runs `heal`: what a real wait would bring. It also lets the loop turn, so that a library hears of its
 * dead connections before it takes the next one.
 */
export function healingContext(heal: () => Promise<void> | void): StillContext {
  const still = stillContext();
  const sleep: StillContext['clock']['sleep'] = async (durationMs, given) => {
    await still.clock.sleep(durationMs, given);
    await heal();
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
  };
  return { ...still, clock: { ...still.clock, sleep } };
}

/**
 * Cuts all connections while every n-th call is under way. Puts with ifAbsent are spared: one that is cut and finds its own bytes cannot
 * tell whose they are, so that retry, by design, does not say OBJECT_EXISTS.
 */
export function cutting(inner: Storage, every: number, cut: () => void): Storage {
  let calls = 0;
  const count = () => {
    calls += 1;
    if (calls % every === 0) setImmediate(cut);
  };
  return forwarding(inner, {
    put: (name, bytes, options) => {
      if (options.ifAbsent !== true) count();
      return inner.put(name, bytes, options);
    },
    get: (...given) => {
      count();
      return inner.get(...given);
    },
    list: (...given) => {
      count();
      return inner.list(...given);
    },
    delete: (...given) => {
      count();
      return inner.delete(...given);
    },
  });
}

/**
 * Resets the connection once after 1, 2, 4 … bytes of a put and of a get: each must end with the whole object. `open` must connect through
 * the proxy.
 */
export async function survivesResets(
  open: () => Promise<Storage>,
  proxy: { readonly weather: { resetAfterBytes: number | undefined } },
): Promise<void> {
  const healing = healingContext(() => {
    proxy.weather.resetAfterBytes = undefined;
  });
  const bytes = new Uint8Array(300_000).map((_, index) => index * 7);
  for (let power = 0; power <= 19; power += 1) {
    const name = `reset/${power}`;
    // Connections of their own, so that the bytes are counted from the beginning.
    await using writer = await open();
    proxy.weather.resetAfterBytes = 2 ** power;
    await withRetry(writer, () => 0, healing).put(name, bytes, { signal, ifAbsent: true });
    proxy.weather.resetAfterBytes = undefined;
    await using reader = await open();
    proxy.weather.resetAfterBytes = 2 ** power;
    const read = await withRetry(reader, () => 0, healing).get(name, { signal });
    proxy.weather.resetAfterBytes = undefined;
    assert.equal(Buffer.compare(read, bytes), 0, `after ${2 ** power} bytes`);
  }
  assert.ok(healing.sleeps.length > 20, 'hardly any connection was reset');
}
