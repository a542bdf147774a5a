// What `copy` and `sync` have in common: the two repositories, and how copies are made and proven.

import { Failure } from '../base/failure.ts';
import type { ThawMode } from '../operations/thaw.ts';
import type { Repository } from '../repository/repository.ts';
import type { Invocation, OptionSpec } from './command.ts';
import { type FrameCompression, frameCompression, invalidOption } from './options.ts';
import { openMainRepository, openOtherRepository } from './repository-access.ts';
import { findSecret, mainSecret, type SecretNames } from './secrets.ts';
import { openingWays, optionsOf } from './slot-secrets.ts';
import { thawMode, thawOption } from './thawing.ts';
import { retentionOption } from './values.ts';

export const secondOptions: readonly OptionSpec[] = [
  { flags: '--to <place>' },
  { flags: '--to-password-file <file>' },
  { flags: '--to-password-command <command>' },
  { flags: '--to-key-file <file>' },
  ...optionsOf(openingWays, 'to-'),
  { flags: '--to-shred-key <file>' },
];

export const copyOptions: readonly OptionSpec[] = [
  { flags: '--newest-first' },
  { flags: '--retain <duration>' },
  { flags: '--verify-share <share>' },
  { flags: '--compression <kind>', text: 'option.compressionCopy' },
  thawOption,
  { flags: '-n, --dry-run', text: 'option.dryRunPlan' },
];

const toSecret: SecretNames = {
  passwordFile: 'toPasswordFile',
  passwordCommand: 'toPasswordCommand',
  keyFile: 'toKeyFile',
  environmentPrefix: 'HOLDFAST_TO_',
  shredKey: 'toShredKey',
};

export interface CopyWish {
  readonly compression: FrameCompression['compression'];
  readonly dryRun: boolean;
  readonly verifyShare?: number;
  readonly retainUntil?: number;
  readonly thaw: ThawMode;
}

export function readCopyWish(invocation: Invocation): CopyWish {
  const { options } = invocation;
  const { compression, autoLevel } = frameCompression(options.text('compression'));
  if (autoLevel) throw invalidOption('--compression', 'auto', 'a codec: copies have one level');
  const verifyShare = options.share('verifyShare', '--verify-share');
  const retainUntil = retentionOption(invocation);
  return {
    compression,
    dryRun: options.flag('dryRun'),
    thaw: thawMode(options),
    ...(verifyShare === undefined ? {} : { verifyShare }),
    ...(retainUntil === undefined ? {} : { retainUntil }),
  };
}

export interface TwoRepositories extends AsyncDisposable {
  readonly from: Repository;
  readonly to: Repository;
}

export async function openBoth({ retainUntil }: CopyWish, invocation: Invocation): Promise<TwoRepositories> {
  const { options, ambient } = invocation;
  const place = options.text('to') ?? ambient.environment.HOLDFAST_TO_REPOSITORY;
  if (!place) {
    throw new Failure('usage', 'COPY_TARGET_NOT_NAMED', 'no second repository was named');
  }
  await using stack = new AsyncDisposableStack();
  const from = stack.use(await openMainRepository(invocation, 'read'));
  const access = { found: await findSecret(invocation, mainSecret), retainUntil };
  const to = stack.use(await openOtherRepository(place, toSecret, 'write', access, invocation));
  if (from.id === to.id) {
    throw new Failure('usage', 'COPY_ONTO_ITSELF', 'both places hold the same repository');
  }
  const rest = stack.move();
  return { from, to, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}
