// Acts that are under way, or that could not be written into the audit trail: one durable file each, taken in as soon as the catalog answers.
// A program that is killed between its act and the entry leaves its file, and so has its entry all the same.

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod/mini';
import type { Context, Instant } from '../base/context.ts';
import type { AuditAct } from '../catalog/audit.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { replaceFile } from '../disk/durable-file.ts';
import { makeFolders } from '../disk/folders.ts';
import type { Ambient, Owner } from './ambient.ts';

export interface SpooledAct {
  readonly id: string;
  readonly at: Instant;
  readonly owner: { readonly node: string; readonly incarnation: string };
  /** Under way: as it stands if nothing more is heard. */
  readonly isOpen: boolean;
  readonly act: AuditAct;
}

const spooledSchema = z.object({
  id: z.string(),
  at: z.number(),
  owner: z.object({ node: z.string(), incarnation: z.string() }),
  isOpen: z.boolean(),
  act: z.looseObject({
    node: z.string(),
    actor: z.string(),
    method: z.string(),
    action: z.string(),
    outcome: z.enum(['succeeded', 'failed', 'refused']),
  }),
});

export function spoolFolder({ stateDirectory }: Pick<Ambient, 'stateDirectory'>): string {
  return join(stateDirectory, 'audit-spool');
}

/** On the disk when it returns; a second time replaces the first. */
export function spool(folder: string, spooled: SpooledAct): void {
  makeFolders(folder);
  replaceFile(join(folder, `${spooled.id}.json`), JSON.stringify(spooled));
}

export function unspool(folder: string, id: string): void {
  rmSync(join(folder, `${id}.json`), { force: true });
}

/** Brings into the trail what has ended, and what was under way in programs that are dead. Each act once, whoever else does it too. */
export async function takeSpool(
  folder: string,
  { catalog, owner }: { readonly catalog: Catalog; readonly owner: Owner },
  context: Context,
): Promise<void> {
  const names = spooledNames(folder);
  if (names.length === 0) return;
  const { takeAct } = await import('../catalog/audit-taken.ts');
  for (const name of names) {
    const spooled = readSpooled(join(folder, name));
    if (spooled === undefined) {
      context.log.warn(`"${join(folder, name)}" is no act for the audit trail; look at it, then remove it`);
      continue;
    }
    const { id, isOpen, act, at } = spooled;
    if (isOpen && !owner.isDead(spooled.owner.node, spooled.owner.incarnation)) continue;
    const facts = {
      ...act.facts,
      spooledAt: new Date(at).toISOString(),
      ...(isOpen ? { interrupted: true } : {}),
    };
    await takeAct(catalog, id, { ...act, facts }, context);
    unspool(folder, id);
  }
}

function spooledNames(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort();
  } catch {
    return [];
  }
}

function readSpooled(path: string): SpooledAct | undefined {
  try {
    const read = spooledSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return read.success ? (read.data as unknown as SpooledAct) : undefined;
  } catch {
    return undefined;
  }
}
