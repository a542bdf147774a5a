// What people read leaves its trace in the audit trail without costing a write each time: the first look of somebody at something is written
// down within a minute, and as long as it goes on, how often, once an hour.

import type { Context, Instant } from '../base/context.ts';
import { isFailure } from '../base/failure.ts';
import { type AuditAct, appendAudit } from '../catalog/audit.ts';
import { type Catalog, together } from '../catalog/catalog.ts';

export interface Read {
  readonly actor: string;
  readonly method: string;
  readonly address?: string;
  readonly action: string;
  readonly operation: string;
  readonly object?: string;
  readonly outcome: AuditAct['outcome'];
  /** Of the first one: where it stands in the log. */
  readonly request: string;
  readonly code?: string;
}

export interface Reads {
  note(read: Read): void;
  /** Writes what is not written yet. */
  close(): Promise<void>;
}

export interface ReadsRules {
  readonly everyMs: number;
  /** What goes on is written so often. */
  readonly againMs: number;
}

export const usualReads: ReadsRules = { everyMs: 60_000, againMs: 3_600_000 };

/** Beyond that it is counted what was read, no longer of which thing and from where: nobody fills the memory, and nothing is lost. */
const linesMost = 5_000;
/** Nobody is to wait long for the catalog because of this. */
const linesAtOnce = 100;

interface Line {
  read: Read;
  count: number;
  since: Instant;
  /** By the clock that only goes forward; undefined until it was written for the first time. */
  writtenAt: number | undefined;
}

export function createReads(
  catalog: Catalog,
  node: string,
  { everyMs, againMs }: ReadsRules,
  context: Context,
): Reads {
  const lines = new Map<string, Line>();
  let isClosed = false;
  const closing = new AbortController();
  const signal = AbortSignal.any([context.signal, closing.signal]);
  let working: Promise<void> | undefined;

  async function writeDue(isLast: boolean): Promise<void> {
    const now = context.clock.elapsed();
    const due: Line[] = [];
    for (const [key, line] of lines) {
      const isTime = line.writtenAt === undefined || now - line.writtenAt >= againMs;
      if (line.count > 0 && (isTime || isLast)) due.push(line);
      if (line.count === 0 && isTime) lines.delete(key);
    }
    const unhurried = { ...context, signal: new AbortController().signal };
    for (let at = 0; at < due.length; at += linesAtOnce) {
      const some = due.slice(at, at + linesAtOnce).map((line) => ({ line, ...line }));
      await together(
        catalog,
        async (unit) => {
          for (const { read, count, since } of some) {
            await appendAudit(unit, actOf(read, count, since, node), unhurried);
          }
        },
        unhurried,
        'audit',
      );
      // Meanwhile more may have been read.
      for (const { line, count } of some) {
        line.count -= count;
        line.writtenAt = now;
      }
    }
  }

  async function work(): Promise<void> {
    while (lines.size > 0 && !signal.aborted) {
      await context.clock.sleep(everyMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      await attempt(false);
    }
  }

  async function attempt(isLast: boolean): Promise<void> {
    try {
      await writeDue(isLast);
    } catch (error) {
      const code = isFailure(error) ? error.code : 'UNEXPECTED_ERROR';
      context.log.warn('what was read could not be written into the audit trail yet', { code });
    }
  }

  return {
    note(read) {
      if (isClosed) return;
      const told = lines.size < linesMost || lines.has(keyOf(read)) ? read : shortened(read);
      const key = keyOf(told);
      const known = lines.get(key);
      if (known !== undefined) {
        if (known.count === 0) {
          known.read = told;
          known.since = context.clock.now();
        }
        known.count += 1;
        return;
      }
      lines.set(key, { read: told, count: 1, since: context.clock.now(), writtenAt: undefined });
      working ??= work().finally(() => {
        working = undefined;
      });
    },
    async close() {
      isClosed = true;
      closing.abort();
      await working;
      await attempt(true);
    },
  };
}

function keyOf({ actor, method, address, operation, object, outcome, code }: Read): string {
  return JSON.stringify([actor, method, address, operation, object, outcome, code]);
}

/** Who knocks without a login can have any number of addresses. */
function shortened({ address: _, object: __, ...read }: Read): Read {
  return read;
}

function actOf(
  { actor, method, address, action, operation, object, outcome, request, code }: Read,
  count: number,
  since: Instant,
  node: string,
): AuditAct {
  return {
    node,
    actor,
    method,
    action,
    outcome,
    request,
    ...(address === undefined ? {} : { address }),
    ...(object === undefined ? {} : { object }),
    facts: {
      operation,
      reads: count,
      since: new Date(since).toISOString(),
      ...(code === undefined ? {} : { code }),
    },
  };
}
