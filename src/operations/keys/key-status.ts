// How the keys of a repository stand, and what to do about it. security: §2.5, §2.13, T-56.

import type { Context } from '../../base/context.ts';
import type { SlotParameters } from '../../keyslots/keyslot.ts';
import type { Repository } from '../../repository/repository.ts';
import { type ListedKey, listKeys } from '../keys.ts';
import { type GenerationUse, generationUses } from './generations.ts';

/** A new generation each month; a few days late are no reason to worry anybody. */
const rotationDueMs = 35 * 24 * 60 * 60 * 1000;
/** What OWASP asks of a passphrase today; more is welcome, and less still opens. */
const pbkdf2RoundsMin = 600_000;
const scryptCostMin = 131_072;
const argon2KiBMin = 19 * 1024;

export interface Advice {
  readonly code: 'single-key' | 'weak-kdf' | 'rotation-due' | 'rotation-unfinished' | 'old-generations';
  readonly keys?: readonly string[];
  /** Of the stored bytes, under data keys that only decrypt. */
  readonly share?: number;
}

export interface KeyStatus {
  readonly uses: readonly GenerationUse[];
  readonly slots: readonly Pick<ListedKey, 'id' | 'type' | 'label' | 'isPostQuantum' | 'isBroken'>[];
  /** Only while every slot is: whoever recorded the weakest opens all. */
  readonly postQuantum: boolean;
  readonly advice: readonly Advice[];
}

/** The index must be loaded. */
export async function keyStatus(repository: Repository, context: Context): Promise<KeyStatus> {
  const keys = await listKeys(repository, context);
  const uses = await generationUses(repository, context);
  const working = keys.filter(({ isBroken }) => !isBroken);
  const weak = working.filter(({ type, params }) => type === 'passphrase' && isWeak(params));
  const active = uses.find(({ kind, state }) => kind === 'data' && state === 'active');
  const share = oldShare(uses);
  const now = context.clock.now();
  const isDue = active !== undefined && now - (active.createdAt ?? now) > rotationDueMs;
  const advice: Advice[] = [];
  if (repository.ring.bundle.outgoing !== undefined) advice.push({ code: 'rotation-unfinished' });
  if (working.length === 1) advice.push({ code: 'single-key', keys: working.map(({ id }) => id) });
  if (weak.length > 0) advice.push({ code: 'weak-kdf', keys: weak.map(({ id }) => id) });
  if (isDue) advice.push({ code: 'rotation-due' });
  if (share > 0) advice.push({ code: 'old-generations', share });
  return {
    uses,
    slots: keys.map(({ id, type, label, isPostQuantum, isBroken }) => ({
      id,
      type,
      label,
      isPostQuantum,
      isBroken,
    })),
    postQuantum: keys.every(({ isPostQuantum }) => isPostQuantum),
    advice,
  };
}

function oldShare(uses: readonly GenerationUse[]): number {
  const bytes = (all: readonly GenerationUse[]) => all.reduce((sum, { frameBytes }) => sum + frameBytes, 0);
  const data = uses.filter(({ kind }) => kind === 'data');
  const old = bytes(data.filter(({ state }) => state === 'decrypt-only'));
  return old === 0 ? 0 : old / bytes(data);
}

function isWeak(params: SlotParameters): boolean {
  const number = (key: string) => Number(params[key] ?? 0);
  if (params['kdf'] === 'pbkdf2-sha256') return number('rounds') < pbkdf2RoundsMin;
  if (params['kdf'] === 'scrypt') return number('cost') < scryptCostMin;
  return params['kdf'] === 'argon2id' && number('memoryKiB') < argon2KiBMin;
}
