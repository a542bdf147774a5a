// Signs the days of the audit trail that are over, and lets each witness hear how far the trail goes: after a minute, or a thousand entries. A
// file hears it here; a channel needs secrets, so it hears it from a job.

import { closeSync, constants, fsyncSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Context, Instant } from '../../base/context.ts';
import { type Heard, heardBy, noteHeard, testimony, unheardSince } from '../../catalog/audit-checkpoints.ts';
import { signDays } from '../../catalog/audit-roots.ts';
import { addTask } from '../../catalog/queue.ts';
import { makeFolders } from '../../disk/folders.ts';
import type { Duty } from '../duty.ts';
import type { AuditParts, TaskTools } from '../task.ts';
import { ownStreams, tellOfWitness, type WitnessRules, witnessName } from '../witnesses.ts';

const lookEveryMs = 10_000;
const checkpointMs = 60_000;
const checkpointEntries = 1000;
/** So often a channel that refused is asked again. */
const askAgainMs = 600_000;

export const duty: Duty = {
  scope: 'node',
  async run(tools, context) {
    const { audit, catalog } = tools;
    if (audit === undefined) return context.clock.now() + checkpointMs;
    const { audit: rules } = await tools.configuration(context);
    for (const node of ownStreams(tools)) {
      await signDays(catalog, { node, key: audit.key }, context);
      for (const witness of rules.witnesses) await tell(witness, audit, { catalog, node }, context);
    }
    return context.clock.now() + (rules.witnesses.length === 0 ? checkpointMs : lookEveryMs);
  },
};

async function tell(
  rules: WitnessRules,
  { key }: AuditParts,
  { catalog, node }: Pick<TaskTools, 'catalog' | 'node'>,
  context: Context,
): Promise<void> {
  const name = witnessName(rules);
  const heard = await heardBy(catalog, name, node, context);
  const said = await testimony(catalog, { node, key, heard }, context);
  if (said !== undefined && isDue(heard, said.entries, context.clock.now())) {
    if ('channel' in rules) {
      const now = context.clock.now();
      const task = {
        kind: 'witness',
        key: `witness:${node}:${rules.channel}:${heard.lastSeq}:${Math.floor(now / askAgainMs)}`,
        payload: { channel: rules.channel, node, lines: said.lines, heard: { ...said.heard } },
        priority: -500,
      };
      await addTask(catalog, task, context);
    } else {
      try {
        append(rules.file, said.lines);
        await noteHeard(catalog, name, node, said.heard, context);
      } catch (error) {
        context.log.warn(`the witness "${name}" could not be told: ${reasonOf(error)}`);
      }
    }
  }
  const now = await heardBy(catalog, name, node, context);
  const since = await unheardSince(catalog, node, now, context);
  await tellOfWitness(catalog, { name, node, unheardSince: since }, context);
}

function isDue(heard: Heard, entries: number, now: Instant): boolean {
  return entries >= checkpointEntries || now - heard.at >= checkpointMs || now < heard.at;
}

/** Durable before it counts as heard. Only ever grows; a link is not followed. */
function append(path: string, lines: readonly string[]): void {
  makeFolders(dirname(path));
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;
  const file = openSync(path, O_APPEND | O_CREAT | O_NOFOLLOW | O_WRONLY, 0o600);
  try {
    // Begins with an end of line, in case the disk was full in the middle of the one before; empty lines are passed over.
    const bytes = Buffer.from(`\n${lines.join('\n')}\n`);
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : 'unknown';
}
