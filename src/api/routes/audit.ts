// The audit trail, read; and the tasks that look through all of it, or of the catalog that holds it.

import { type AuditEntry, exportAudit, listAudit } from '../../catalog/audit.ts';
import { addTask, type NewTask } from '../../catalog/queue.ts';
import type { audit } from '../contract/audit.ts';
import type { HandlersOf } from '../handler.ts';
import { acceptedShown, iso, pageShown, present } from '../shown.ts';

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

  async verifyAudit({ body: { publicKeys }, principal, request }, unit, context) {
    const payload = { ...(publicKeys === undefined ? {} : { publicKeys }), actor: principal.actor };
    return acceptedShown(await addTask(unit, taskOf('audit-verify', request.id, payload), context));
  },

  async checkCatalog({ principal, request }, unit, context) {
    const payload = { actor: principal.actor };
    return acceptedShown(await addTask(unit, taskOf('catalog-check', request.id, payload), context));
  },

  async exportAudit({ tools: { catalog } }, context) {
    return { answer: '', lines: withEnds(exportAudit(catalog, context)) };
  },
};

/** Somebody waits for it. */
const askedPriority = 1000;

function taskOf(kind: string, request: string, payload: NewTask['payload']): NewTask {
  return { kind, key: `${kind}/${request}`, payload, priority: askedPriority };
}

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
