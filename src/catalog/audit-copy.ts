// A readable copy of the audit trail, in a log that people look at: every entry that it has not had yet, in the order of its stream.

import type { Context, Log } from '../base/context.ts';
import type { AuditEntry } from './audit.ts';
import { heardBy, noteHeard } from './audit-checkpoints.ts';
import { type Catalog, read } from './catalog.ts';

const atOnce = 500;

/** One that dies in the middle repeats up to 500 lines. Tells how many were written. */
export async function copyAudit(
  catalog: Catalog,
  { node, log }: { readonly node: string; readonly log: Log },
  context: Context,
): Promise<number> {
  const witness = `log:${node}`;
  let copied = 0;
  for (;;) {
    const heard = await heardBy(catalog, witness, node, context);
    const rows = await read(
      catalog,
      ({ db }) =>
        db
          .selectFrom('audit_entries')
          .select(['seq', 'entry', 'hash'])
          .where('stream', '=', node)
          .where('seq', '>', heard.lastSeq)
          .orderBy('seq')
          .limit(atOnce)
          .execute(),
      context,
    );
    const last = rows.at(-1);
    if (last === undefined) return copied;
    for (const { entry, hash } of rows) if (entry !== '') tell(log, JSON.parse(entry), hash);
    copied += rows.length;
    await noteHeard(
      catalog,
      witness,
      node,
      { lastSeq: last.seq, rootSeq: 0, at: context.clock.now() },
      context,
    );
  }
}

function tell(log: Log, { seq, at, act }: Omit<AuditEntry, 'hash'>, hash: string): void {
  const { actor, method, action, outcome, object, address, request, facts } = act;
  const more = {
    seq,
    at: new Date(at).toISOString(),
    actor,
    method,
    action,
    outcome,
    ...(object === undefined ? {} : { object }),
    ...(address === undefined ? {} : { address }),
    ...(request === undefined ? {} : { request }),
    ...(facts === undefined ? {} : { facts: JSON.stringify(facts) }),
    hash,
  };
  const words = `${actor} ${action}${object === undefined ? '' : ` "${object}"`} ${outcome}`;
  if (outcome === 'succeeded') log.info(words, more);
  else log.warn(words, more);
}
