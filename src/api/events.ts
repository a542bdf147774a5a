// Live events for many listeners from one look at the catalog: at most once a second, and only while somebody listens. Each listener hears
// what their grants show them, and is let go as soon as their login ends.

import type { Context, Instant } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import { type Goings, goingsSince } from '../catalog/changes.ts';
import { can, type Principal } from '../identity/access.ts';
import type { Operation } from './contract/operation.ts';
import type { ApiTools, Call } from './handler.ts';
import { alertShown, namesFor, runShown } from './shown.ts';

export interface Events {
  /** Lines of server-sent events until the caller or the server goes. Fails with exhausted/TOO_MANY_LISTENERS. */
  listen(principal: Principal, request: Call<Operation>['request'], context: Context): AsyncIterable<string>;
  close(): Promise<void>;
}

const lookMs = 1_000;
const heartbeatMs = 15_000;
/** What a commit that took long may have written with an earlier time. */
const overlapMs = 10_000;
const listenersMost = 200;
const listenersEach = 10;
const waitingMost = 2_000;

interface News {
  readonly kind: 'run' | 'alert';
  readonly id: string;
  readonly policyId: string | undefined;
  readonly data: string;
}

interface Listener {
  readonly who: string;
  readonly principal: Principal;
  readonly waiting: { readonly at: Instant; readonly news: News }[];
  wake: () => void;
  isOver: boolean;
}

export function createEvents(tools: ApiTools, context: Context): Events {
  const { catalog } = tools;
  const listeners = new Set<Listener>();
  let looking: Promise<void> | undefined;
  /** There is something to compare with. */
  let hasLooked = false;

  async function newsSince(since: Instant): Promise<{ at: Instant; news: News[] }> {
    const { at, runs, alerts }: Goings = await goingsSince(catalog, since, context);
    const names = await namesFor([...runs, ...alerts], catalog, context);
    const ofRuns = runs.map(
      (run): News => ({
        kind: 'run',
        id: run.id,
        policyId: run.policyId,
        data: JSON.stringify(runShown(run, names)),
      }),
    );
    const ofAlerts = alerts.map(
      (alert): News => ({
        kind: 'alert',
        id: alert.id,
        policyId: alert.policyId,
        data: JSON.stringify(alertShown(alert, names)),
      }),
    );
    return { at, news: [...ofRuns, ...ofAlerts] };
  }

  async function look(): Promise<void> {
    let told = new Map<string, string>();
    let since: Instant | undefined;
    while (listeners.size > 0 && !context.signal.aborted) {
      try {
        const { at, news } = await newsSince(since ?? context.clock.now() - overlapMs);
        const changed = since === undefined ? [] : news.filter(({ id, data }) => told.get(id) !== data);
        told = new Map(news.map(({ id, data }) => [id, data]));
        since = at - overlapMs;
        hasLooked = true;
        for (const listener of listeners) hand(listener, at, changed);
      } catch (error) {
        if (!isFailure(error, 'unavailable')) throw error;
        context.log.warn('nothing is heard of the catalog for the events', { code: error.code });
      }
      await context.clock.sleep(lookMs, context.signal).catch(() => undefined);
    }
  }

  function hand(listener: Listener, at: Instant, news: readonly News[]): void {
    for (const one of news) {
      if (sees(listener.principal, one)) listener.waiting.push({ at, news: one });
    }
    // Who takes nothing for so long begins again with Last-Event-ID.
    if (listener.waiting.length > waitingMost) listener.isOver = true;
    listener.wake();
  }

  function begin(): void {
    looking ??= look()
      .catch((error: unknown) => {
        context.log.error('the look for events has ended', { reason: String(error) });
        for (const listener of listeners) {
          listener.isOver = true;
          listener.wake();
        }
      })
      .finally(() => {
        looking = undefined;
        hasLooked = false;
        if (listeners.size > 0 && !context.signal.aborted) begin();
      });
  }

  async function* stream(
    listener: Listener,
    { session, token, address }: { session: string | undefined; token: string | undefined; address: string },
    lastEventId: string | undefined,
    own: Context,
  ): AsyncGenerator<string> {
    const begun = own.clock.now();
    try {
      yield 'retry: 3000\n\n';
      // What changes after the first look is told by the next one, so that nothing falls between it and what is read here.
      while (!hasLooked && !listener.isOver && !own.signal.aborted) await nextOrLook(listener, own);
      const last = /^\d{10,15}$/.test(lastEventId ?? '') ? Number(lastEventId) : begun;
      const { at, news } = await newsSince(last - overlapMs);
      for (const one of news) if (sees(listener.principal, one)) yield lineOf(at, one);
      let quietSince = own.clock.elapsed();
      while (!listener.isOver && !own.signal.aborted) {
        await nextOrLook(listener, own);
        // Asked each time: a login that has ended hears nothing more.
        const still = await tools.recognition.recognise({ session, token }, address, own);
        if (still === undefined || !sameSight(still.principal, listener.principal)) return;
        const batch = listener.waiting.splice(0);
        for (const one of batch) yield lineOf(one.at, one.news);
        if (batch.length > 0) quietSince = own.clock.elapsed();
        else if (own.clock.elapsed() - quietSince >= heartbeatMs) {
          quietSince = own.clock.elapsed();
          yield ': alive\n\n';
        }
      }
    } finally {
      listeners.delete(listener);
    }
  }

  return {
    listen(principal, request, own) {
      const who = principal.tokenId ?? principal.userId ?? principal.actor;
      const own10 = [...listeners].filter((one) => one.who === who).length;
      if (listeners.size >= listenersMost || own10 >= listenersEach) {
        throw new Failure('exhausted', 'TOO_MANY_LISTENERS', 'too many listen to events already', {
          hint: 'Close other pages, or look at the lists instead.',
          facts: { retryAfterSeconds: 30 },
        });
      }
      const listener: Listener = { who, principal, waiting: [], wake: () => undefined, isOver: false };
      listeners.add(listener);
      begin();
      const { session, token, address, lastEventId } = request;
      return stream(listener, { session, token, address }, lastEventId, own);
    },
    async close() {
      for (const listener of listeners) {
        listener.isOver = true;
        listener.wake();
      }
      listeners.clear();
      await looking;
    },
  };
}

/** Waits for news, no longer than one look. */
async function nextOrLook(listener: Listener, context: Context): Promise<void> {
  if (listener.waiting.length > 0 || listener.isOver) return;
  const done = new AbortController();
  const woken = new Promise<void>((resolve) => {
    listener.wake = resolve;
  });
  const late = context.clock
    .sleep(lookMs, AbortSignal.any([context.signal, done.signal]))
    .catch(() => undefined);
  await Promise.race([woken, late]);
  done.abort();
}

function sees(principal: Principal, { kind, policyId }: News): boolean {
  return can(principal, kind === 'run' ? 'run:read' : 'alert:read', { policy: policyId });
}

/** Who was given another role or other grants begins again, with what they may see now. */
function sameSight(a: Principal, b: Principal): boolean {
  return a.role === b.role && JSON.stringify(a.grants) === JSON.stringify(b.grants);
}

function lineOf(at: Instant, { kind, data }: News): string {
  return `id: ${at}\nevent: ${kind}\ndata: ${data}\n\n`;
}
