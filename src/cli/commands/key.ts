// `holdfast key`: who can unlock a repository. Changing it never rewrites data.

import { existsSync } from 'node:fs';
import type { Instant } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { type CipherName, cipherNameOf, cipherNames } from '../../ciphers/kinds.ts';
import type { SlotParameters } from '../../keyslots/keyslot.ts';
import type { Repository } from '../../repository/repository.ts';
import type { Command, Ending, Invocation, OptionSpec } from '../command.ts';
import { createKeyOption } from '../hardware-secrets.ts';
import { keyGenerate } from '../key-generate.ts';
import { keyRetire, keyStatusCommand } from '../key-generations.ts';
import { keyKit, keySelfTest } from '../key-kit.ts';
import { rescue, rescueActions, rescueOptions } from '../key-rescue.ts';
import { addShares, sharingOptions, sheet, sheetFolderOption } from '../key-shares.ts';
import { keyRotate } from '../master-rotation.ts';
import { warnOfWeakPassphrase } from '../new-passphrase.ts';
import { openMainRepository, repositoryPlace, writerName } from '../repository-access.ts';
import { mainSecret, requireNewSecret, requireSecret, type SecretNames } from '../secrets.ts';
import { localTime, tableLines } from '../show.ts';
import { shredCommand, shredEscrowOption } from '../shred-key.ts';
import { kdfOption, slotParameters } from '../slot-parameters.ts';
import { makingWays, type NewSecret, optionsOf } from '../slot-secrets.ts';

const newSecretOptions: readonly OptionSpec[] = [
  { flags: '--new-password-file <file>' },
  { flags: '--new-password-command <command>' },
  { flags: '--new-key-file <file>' },
  ...optionsOf(makingWays, 'new-'),
  createKeyOption,
  kdfOption,
];

const newSecret: SecretNames = {
  passwordFile: 'newPasswordFile',
  passwordCommand: 'newPasswordCommand',
  keyFile: 'newKeyFile',
  environmentPrefix: 'HOLDFAST_NEW_',
};

export const command: Command = {
  name: 'key',
  subcommands: [
    { name: 'list', run: list },
    { name: 'add', options: [...newSecretOptions, ...sharingOptions, { flags: '--label <text>' }], run: add },
    { name: 'remove', arguments: [{ name: 'key', required: true }], run: remove },
    { name: 'passwd', options: newSecretOptions, arguments: [{ name: 'key' }], run: passwd },
    { name: 'test', run: test },
    { name: 'cipher', arguments: [{ name: 'cipher', choices: cipherNames }], run: cipher },
    keyRotate,
    keyStatusCommand,
    keyRetire,
    keyGenerate,
    keyKit,
    keySelfTest,
    {
      name: 'shred',
      options: [
        { flags: '--confirm <repository>' },
        { ...shredEscrowOption, text: 'option.shredEscrowMore' },
        { flags: '-n, --dry-run', text: 'option.dryRunPlan' },
      ],
      run: shredCommand,
    },
    { name: 'sheet', options: [sheetFolderOption], run: sheet },
    {
      name: 'rescue',
      arguments: [{ name: 'action', required: true, choices: rescueActions }],
      options: rescueOptions,
      run: rescue,
    },
  ],
  examples: [
    'key list',
    'key add --new-key-file ~/keys/backup_master.key',
    'key add --new-recipient ops.key.pub --label operations',
    'key passwd',
    'key rotate',
    'key rotate --master --keep-key-file ~/keys/backup_master.key',
    'key status',
    'key generate --type mlkem768-x25519 --to ops.key',
    'key kit --to /media/usb/kit',
    'key add --new-shares 3/5 --to /media/stick',
    'key rescue write --with-reader',
  ],
};

const operations = () => import('../../operations/keys.ts');

async function list(invocation: Invocation): Promise<Ending> {
  const { output, texts, context } = invocation;
  await using repository = await openMainRepository(invocation, 'read');
  const { listKeys } = await operations();
  const keys = await listKeys(repository, context);
  const head = texts.say('key.head').split('|');
  const answer = (isYes: boolean) => texts.say(isYes ? 'key.yes' : 'key.no');
  const rows = keys.map((key) => [
    key.id.slice(0, 12),
    key.isBroken
      ? texts.say('key.broken')
      : key.isKnown
        ? key.type
        : texts.say('key.unknown', { type: key.type }),
    answer(key.isPostQuantum),
    madeAt(key.createdAt, invocation),
    key.label,
  ]);
  for (const line of tableLines([head, ...rows])) output.line(line);
  // Whoever recorded the weakest slot opens all.
  const postQuantum = keys.every(({ isPostQuantum }) => isPostQuantum);
  output.line(texts.say('key.postQuantum', { answer: answer(postQuantum) }));
  return { result: { keys, postQuantum } };
}

/** A slot of another program may say anything: what is no time is shown as it stands. */
function madeAt(text: string, { ambient }: Invocation): string {
  const at = Date.parse(text);
  return Number.isNaN(at) ? text : localTime(at as Instant, ambient.zoneOffsetMinutes);
}

async function add(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context } = invocation;
  if (options.text('newShares') !== undefined) return addShares(invocation);
  await using repository = await openMainRepository(invocation, 'write');
  const found = await askNew(invocation, repository);
  const { addKey } = await operations();
  const { id } = await addKey(
    {
      secret: found.secret,
      type: found.type,
      params: chosenParameters(found, options),
      label: options.text('label') ?? writerName(invocation),
    },
    repository,
    context,
  );
  output.line(texts.say('key.added', { id: id.slice(0, 12) }));
  return { result: { id, type: found.type } };
}

async function remove(invocation: Invocation): Promise<Ending> {
  const { output, texts, context } = invocation;
  await using repository = await openMainRepository(invocation, 'write');
  const { removeKey } = await operations();
  const id = await chooseKey(invocation.arguments[0] ?? '', repository, invocation);
  await removeKey(id, repository, context);
  output.line(texts.say('key.removed', { id: id.slice(0, 12) }));
  return { result: { id } };
}

async function passwd(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context } = invocation;
  const place = repositoryPlace(invocation);
  const old = await requireSecret(invocation, mainSecret, place);
  let opened: { readonly id: string } | undefined;
  await using repository = await openMainRepository(invocation, 'write', {
    found: old,
    onUnlocked: (slot) => (opened = slot),
  });
  const { changePassword, testKey } = await operations();
  const named = invocation.arguments[0];
  const oldId =
    named === undefined
      ? (opened ?? (await testKey({ secret: old.secret }, repository, context))).id
      : await chooseKey(named, repository, invocation);
  const found = await askNew(invocation, repository);
  const params = chosenParameters(found, options);
  const { id } = await changePassword(
    { id: oldId, secret: found.secret, type: found.type, params },
    repository,
    context,
  );
  output.line(texts.say('key.changed', { old: oldId.slice(0, 12), id: id.slice(0, 12) }));
  return { result: { old: oldId, id } };
}

async function test(invocation: Invocation): Promise<Ending> {
  const { output, texts } = invocation;
  let opened: { readonly id: string; readonly type: string } | undefined;
  await using _ = await openMainRepository(invocation, 'read', { onUnlocked: (slot) => (opened = slot) });
  // A master key opens without a slot.
  if (opened === undefined) {
    output.line(texts.say('key.masterWorks'));
    return { result: { type: 'master-key' } };
  }
  const { id, type } = opened;
  output.line(texts.say('key.works', { id: id.slice(0, 12) }));
  return { result: { id, type } };
}

function chosenParameters(found: NewSecret, options: Invocation['options']): SlotParameters {
  return found.params ?? (found.type === 'passphrase' ? slotParameters(options) : {});
}

async function cipher(invocation: Invocation): Promise<Ending> {
  const { output, texts, context } = invocation;
  const [wanted] = invocation.arguments;
  await using repository = await openMainRepository(invocation, wanted === undefined ? 'read' : 'write');
  if (wanted === undefined) {
    const name = cipherNameOf(repository.ring.suite);
    output.line(texts.say('key.cipher', { cipher: name }));
    return { result: { cipher: name } };
  }
  const { changeCipher } = await operations();
  // The parser lets nothing else through.
  const changed = await changeCipher(wanted as CipherName, repository, context);
  const text = changed.before === changed.cipher ? 'key.cipher' : 'key.cipherChanged';
  output.line(texts.say(text, changed));
  return { result: changed };
}

/** A key file that does not exist yet is made. */
async function askNew(invocation: Invocation, repository: Repository): Promise<NewSecret> {
  const path = invocation.options.text('newKeyFile');
  if (path !== undefined && !existsSync(path)) {
    const { createKeyFile } = await import('../../keyslots/key-file.ts');
    return { secret: createKeyFile(path), type: 'key-file' };
  }
  const found = await requireNewSecret(invocation, newSecret, repository.storage.location);
  return warnOfWeakPassphrase(found, invocation);
}

/** A key by its id or the first digits of it. */
async function chooseKey(prefix: string, repository: Repository, { context }: Invocation): Promise<string> {
  const { listKeys } = await operations();
  const found = (await listKeys(repository, context)).filter(({ id }) => id.startsWith(prefix.toLowerCase()));
  const [only] = found;
  if (only === undefined || prefix.length < 4) {
    throw new Failure('missing', 'KEY_UNKNOWN', `there is no key "${prefix}"`, { facts: { key: prefix } });
  }
  if (found.length > 1) {
    throw new Failure('usage', 'KEY_AMBIGUOUS', `"${prefix}" fits ${found.length} keys`, {
      facts: { key: prefix },
    });
  }
  return only.id;
}
