// The audit trail, read.

import { type AuditEntry, exportAudit, listAudit } from '../../catalog/audit.ts';
import type { audit } from '../contract/audit.ts';
import type { HandlersOf } from '../handler.ts';
import { iso, pageShown, present } from '../shown.ts';

export const auditHandlers: HandlersOf<typeof audit> = {
  async listAudit({ query, tools: { catalog } }, context) {
    const { from, before, ...rest } = query;
    const filter = present({
      ...rest,
      from: from === undefined ? undefined : Date.parse(from),
      before: before === undefined ? undefined : Date.parse(before),
    });
    return { answer: pageShown(await listAudit(catalog, filter, context), entryShown) };
  },

  async exportAudit({ tools: { catalog } }, context) {
    return { answer: '', lines: withEnds(exportAudit(catalog, context)) };
  },
};

function entryShown({ stream, seq, at, act, hash }: AuditEntry) {
  return present({
    stream,
    seq,
    at: iso(at),
    actor: act.actor,
    method: act.method,
    address: act.address,
    action: act.action,
    object: act.object,
    outcome: act.outcome,
    request: act.request,
    facts: act.facts,
    hash,
  });
}

async function* withEnds(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}
