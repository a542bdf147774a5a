// `holdfast key rotate`: a new generation of data keys, or with --master a new master key under all that. The secret in use is wrapped anew
// by itself; every other key has to be named by an option --keep-…, or goes.

import { Secret } from '../base/secret.ts';
import type { MasterRotation } from '../operations/keys/rotate-master.ts';
import type { SlotSecret } from '../operations/keys/slots-beside.ts';
import type { Command, Ending, Invocation, OptionSpec } from './command.ts';
import { invalidOption } from './options.ts';
import { openMainRepository, repositoryPlace } from './repository-access.ts';
import { firstLine, mainSecret, readPasswordFile, requireSecret, runPasswordCommand } from './secrets.ts';
import { makingWays, sharesWay } from './slot-secrets.ts';

type Finder = (values: readonly string[], invocation: Invocation) => Promise<SlotSecret | undefined>;

interface KeepWay {
  readonly name: string;
  readonly value: string;
  /** Its values are one secret together, such as the shares of several people. */
  readonly isRepeated?: boolean;
  readonly find: Finder;
}

const keepWays: readonly KeepWay[] = [
  {
    name: 'password-file',
    value: 'file',
    find: async ([path = ''], invocation) => passphrase(readPasswordFile(path, invocation)),
  },
  {
    name: 'password-command',
    value: 'command',
    find: async ([command = ''], invocation) => passphrase(await runPasswordCommand(command, invocation)),
  },
  {
    name: 'key-file',
    value: 'file',
    async find([path = '']) {
      const { readSlotKeyFile } = await import('../keyslots/key-file.ts');
      return { secret: readSlotKeyFile(path), type: 'key-file' };
    },
  },
  ...[...makingWays, sharesWay].map(
    ({ name, value, isRepeated = false, find }): KeepWay => ({
      name,
      value,
      isRepeated,
      async find(given, invocation) {
        const { secret, type, params } = await find(given, invocation);
        return type && { secret, type, ...(params === undefined ? {} : { params }) };
      },
    }),
  ),
];

const keepOptions: readonly OptionSpec[] = keepWays.map(({ name, value }) => ({
  flags: `--keep-${name} <${value}>`,
  text: `option.keep-${name}`,
  repeat: true,
}));

export const keyRotate: Command = {
  name: 'rotate',
  options: [
    { flags: '--master' },
    ...keepOptions,
    { flags: '--drop-others' },
    { flags: '-n, --dry-run', text: 'option.dryRunPlan' },
  ],
  run: rotate,
};

async function rotate(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context } = invocation;
  if (options.flag('master')) return rotateMasterKey(invocation);
  const lost = keepWays.find(({ name }) => options.list(keepKey(name)).length > 0);
  if (lost !== undefined || options.flag('dropOthers')) {
    const flag = lost === undefined ? '--drop-others' : `--keep-${lost.name}`;
    throw invalidOption(flag, '', 'of use without --master: no key is lost');
  }
  await using repository = await openMainRepository(invocation, 'write');
  if (options.flag('dryRun')) {
    const generation = repository.ring.dataGeneration + 1;
    output.line(texts.say('key.wouldRotate', { generation }));
    return { result: { generation, dryRun: true } };
  }
  const { rotateGeneration } = await import('../operations/keys.ts');
  const { generation } = await rotateGeneration(repository, context);
  output.line(texts.say('key.rotated', { generation }));
  return { result: { generation, dryRun: false } };
}

async function rotateMasterKey(invocation: Invocation): Promise<Ending> {
  const { options, context } = invocation;
  const found = await requireSecret(invocation, mainSecret, repositoryPlace(invocation));
  const { secret, type } = found;
  const secrets: SlotSecret[] = type === undefined ? [] : [{ secret, type }];
  for (const { name, isRepeated, find } of keepWays) {
    const given = options.list(keepKey(name));
    for (const values of isRepeated === true && given.length > 0 ? [given] : given.map((one) => [one])) {
      const kept = await find(values, invocation);
      if (kept === undefined) throw invalidOption(`--keep-${name}`, values.join(' '), 'the secret of a key');
      secrets.push(kept);
    }
  }
  // For reading, because a host that may not join while this is half done must be able to finish it.
  await using repository = await openMainRepository(invocation, 'read', { found, uncached: true });
  const { rotateMaster } = await import('../operations/keys/rotate-master.ts');
  const dryRun = options.flag('dryRun');
  const outcome = await rotateMaster(
    { secrets, dropOthers: options.flag('dropOthers'), dryRun },
    repository,
    context,
  );
  tell(outcome, dryRun, invocation);
  return { result: { ...outcome, dryRun } };
}

function tell(outcome: MasterRotation, dryRun: boolean, { output, texts }: Invocation): void {
  const { rewrapped, dropped, foreign, retained, generation = 0 } = outcome;
  if (outcome.resumed) output.line(texts.say('masterKey.resumed'));
  for (const { id, old, label } of rewrapped) {
    const values = { id: id.slice(0, 12), old: old.slice(0, 12), label };
    output.line(texts.say(dryRun ? 'masterKey.wouldRewrap' : 'masterKey.rewrapped', values));
  }
  for (const { id, label } of dropped) {
    const values = { id: id.slice(0, 12), label };
    output.line(texts.say(dryRun ? 'masterKey.wouldDrop' : 'masterKey.dropped', values));
  }
  for (const id of foreign) output.log.warn(texts.say('masterKey.foreign', { id: id.slice(0, 12) }));
  for (const name of retained) output.log.warn(texts.say('masterKey.retained', { name }));
  if (dryRun) return;
  output.line(texts.say('masterKey.done', { generation }));
  output.note(texts.say('masterKey.copies'));
}

function keepKey(name: string): string {
  return `keep-${name}`.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function passphrase(bytes: Buffer): SlotSecret {
  const secret = new Secret(new Uint8Array(firstLine(bytes)), 'passphrase');
  bytes.fill(0);
  return { secret, type: 'passphrase' };
}
