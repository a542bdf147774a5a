// The shred key at the command line: found for every command that reads data, made with its escrow copies by `init`, destroyed by
// `key shred`.

import { rmSync } from 'node:fs';
import { posix } from 'node:path';
import { Failure } from '../base/failure.ts';
import type { Secret } from '../base/secret.ts';
import type { ShredCopy } from '../repository/shred.ts';
import { refuseUnderBrake } from './catalog-place.ts';
import type { Ending, Invocation, OptionSpec } from './command.ts';
import { localFolder, openMainRepository, repositoryPlace } from './repository-access.ts';
import type { SecretNames } from './secrets.ts';
import { isoTime } from './show.ts';

/** Losing the key is losing the data, so it never lies in one place only. */
const escrowsMin = 2;

export const shredEscrowOption: OptionSpec = { flags: '--shred-escrow <file>', repeat: true };

/** Undefined where none was named: then what needs none still works. */
export async function findShredKey(invocation: Invocation, names: SecretNames): Promise<Secret | undefined> {
  const { options, ambient } = invocation;
  const named = names.shredKey === undefined ? undefined : options.text(names.shredKey);
  const path = named ?? (ambient.environment[`${names.environmentPrefix}SHRED_KEY_FILE`] || undefined);
  if (path === undefined) return undefined;
  const { readKeyFile } = await import('../keyslots/key-file.ts');
  return readKeyFile(path);
}

export interface NewShredKey {
  readonly key: Secret;
  readonly copies: readonly ShredCopy[];
  /** Takes back what was made, when the repository could not be. */
  undo(): void;
}

/** For `init`: the key and its copies are made and read back before anything is stored. */
export async function makeShredKey(invocation: Invocation): Promise<NewShredKey | undefined> {
  const { options, ambient } = invocation;
  const named = options.text('shredKey');
  const escrows = options.list('shredEscrow');
  if (named === undefined && escrows.length === 0) return undefined;
  const paths = [...(named === undefined ? [] : [named]), ...escrows].map((path) =>
    posix.resolve(ambient.workingDirectory, path),
  );
  if (named === undefined || new Set(paths).size < escrowsMin + 1 || new Set(paths).size < paths.length) {
    throw new Failure('usage', 'SHRED_ESCROW_NEEDED', 'a shred key needs two copies at other places', {
      hint: 'Give --shred-key FILE and twice --shred-escrow FILE, on other devices: whoever loses all three loses all data.',
    });
  }
  const folder = localFolder(repositoryPlace(invocation), invocation);
  const inside = paths.find(
    (path) => folder !== undefined && ambient.argumentBytes(path).startsWith(`${folder}/`),
  );
  if (inside !== undefined) {
    throw new Failure('usage', 'SHRED_KEY_INSIDE', `"${inside}" lies in the repository itself`, {
      hint: 'Keep the key and its copies elsewhere: with the repository they would be copied and locked, and never be gone.',
    });
  }
  const { createKeyFile } = await import('../keyslots/key-file.ts');
  const { writeShredCopy } = await import('../operations/shred/copies.ts');
  const [first = '', ...others] = paths;
  const made: string[] = [];
  const undo = () => {
    for (const path of made) rmSync(path, { force: true });
  };
  try {
    const key = createKeyFile(first);
    made.push(first);
    for (const path of others) {
      writeShredCopy(path, key);
      made.push(path);
    }
    return { key, copies: paths.map((path) => ({ host: ambient.hostName, path })), undo };
  } catch (error) {
    undo();
    throw error;
  }
}

export async function shredCommand(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context, ambient } = invocation;
  const dryRun = options.flag('dryRun');
  await refuseUnderBrake(invocation);
  await using repository = await openMainRepository(invocation, dryRun ? 'read' : 'write', {
    uncached: true,
  });
  if (!dryRun && options.text('confirm') !== repository.id) {
    throw new Failure(
      'denied',
      'SHRED_NOT_CONFIRMED',
      `to destroy the data of repository "${repository.id}" was not confirmed`,
      {
        facts: { repository: repository.id },
        hint: `This destroys all data of the repository in every copy, for good. If that is wanted: --confirm ${repository.id}`,
      },
    );
  }
  const { shred } = await import('../operations/shred.ts');
  const morePaths = options.list('shredEscrow').map((path) => posix.resolve(ambient.workingDirectory, path));
  const done = await shred({ host: ambient.hostName, morePaths, dryRun }, repository, context);
  for (const { host, path, fate } of done.copies) output.line(`${host}:${path}  ${texts.say(fates[fate])}`);
  const isUnreached = done.copies.some(({ fate }) => fate !== 'would be destroyed');
  if (dryRun) output.line(texts.say(isUnreached ? 'shred.planPart' : 'shred.plan'));
  else {
    output.line(texts.say('shred.done', { frames: done.drill?.frames ?? 0 }));
    if (done.outcome === 'partial') output.line(texts.say('shred.left'));
  }
  const { destroyedAt } = done;
  const time = destroyedAt === undefined ? {} : { destroyedAt: isoTime(destroyedAt) };
  return { outcome: done.outcome, result: { repository: repository.id, dryRun, ...done, ...time } };
}

const fates = {
  destroyed: 'shred.destroyed',
  absent: 'shred.absent',
  'other content': 'shred.other',
  denied: 'shred.denied',
  elsewhere: 'shred.elsewhere',
  'would be destroyed': 'shred.wouldGo',
} as const;
