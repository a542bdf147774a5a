// `holdfast init`: makes an encrypted repository and its first key slot.

import { existsSync, rmSync } from 'node:fs';
import { type CipherName, cipherNames, suites } from '../../ciphers/kinds.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { createKeyOption } from '../hardware-secrets.ts';
import { warnOfWeakPassphrase } from '../new-passphrase.ts';
import { invalidOption } from '../options.ts';
import { createPlace, repositoryPlace, writerName } from '../repository-access.ts';
import { mainSecret, requireNewSecret } from '../secrets.ts';
import { makeShredKey, shredEscrowOption } from '../shred-key.ts';
import { kdfOption, slotParameters } from '../slot-parameters.ts';
import { type NewSecret, onlyMaking, optionsOf } from '../slot-secrets.ts';
import { sizeOption } from '../values.ts';

const chunkBytesMin = 16 * 1024;
const chunkBytesMax = 4 * 1024 * 1024;

export const command: Command = {
  name: 'init',
  options: [
    kdfOption,
    { flags: '--cipher <name>', choices: cipherNames },
    { flags: '--label <text>' },
    { flags: '--profile <name>', choices: ['standard', 'production'] },
    { flags: '--chunk-size <size>' },
    ...optionsOf(onlyMaking, ''),
    createKeyOption,
    shredEscrowOption,
  ],
  examples: [
    'init --repository /mnt/backup/files --password-file ~/.holdfast-password',
    'init --repository /mnt/backup/keys --key-file ~/keys/backup_master.key',
    'init --repository /mnt/backup/web --recipient ops.key.pub',
    'init --shred-key ~/keys/tenant --shred-escrow /mnt/safe/tenant --shred-escrow /mnt/vault/tenant',
  ],
  run,
};

async function run(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, ambient, context } = invocation;
  const place = repositoryPlace(invocation);
  const chunkBytes = chunkSize(invocation);
  const suite = suites[(options.text('cipher') ?? 'aes-256-gcm') as CipherName];
  const parameters = slotParameters(options);
  const keyFile = options.text('keyFile');
  const isNewKey = keyFile !== undefined && !existsSync(keyFile);
  const found = isNewKey
    ? undefined
    : await warnOfWeakPassphrase(await requireNewSecret(invocation, mainSecret, place), invocation);
  await using storage = await createPlace(place, mainSecret, invocation);
  const { createRepository } = await import('../../repository/create.ts');
  const secret = found?.secret ?? (await import('../../keyslots/key-file.ts')).createKeyFile(keyFile ?? '');
  const slotType = found?.type ?? 'key-file';
  const chosen = found?.params ?? (slotType === 'passphrase' ? parameters : undefined);
  const shred = await makeShredKey(invocation).catch((error: unknown) => {
    if (isNewKey) rmSync(keyFile);
    throw error;
  });
  const made = createRepository(
    {
      storage,
      state: { directory: ambient.stateDirectory },
      secret,
      slotType,
      ...(chosen === undefined ? {} : { slotParameters: chosen }),
      label: options.text('label') ?? writerName(invocation),
      profile: options.text('profile') ?? 'standard',
      suite,
      ...(chunkBytes === undefined ? {} : { chunkBytes }),
      ...(shred === undefined ? {} : { shred }),
      owner: ambient.owner,
      writerName: writerName(invocation),
    },
    context,
  );
  const { repositoryId } = await made.catch((error: unknown) => {
    // A key that opens nothing would only be mistaken for one that does.
    if (isNewKey) rmSync(keyFile);
    shred?.undo();
    throw error;
  });
  output.line(texts.say('init.done', { id: repositoryId.slice(0, 12), place: storage.location }));
  if (slotType === 'passphrase') output.note(texts.say('init.rememberPassword'));
  if (slotType === 'key-file') output.note(texts.say('init.keepKeyFile'));
  const isShut = found !== undefined && !(await opensHere(found));
  if (isShut) output.log.warn(texts.say('init.onlyRecipient'));
  if (shred !== undefined) output.note(texts.say('init.keepShredKey'));
  const copies = shred === undefined ? {} : { shredKeyCopies: shred.copies };
  return { result: { ...copies, repositoryId, location: storage.location, slotType } };
}

/** Not with a public key: nothing on this machine opens what was just made. */
async function opensHere({ secret, type }: NewSecret): Promise<boolean> {
  const { keySlotKind } = await import('../../keyslots/all.ts');
  return (await keySlotKind(type))!.canOpen(secret);
}

function chunkSize({ options }: Invocation): number | undefined {
  const bytes = sizeOption(options, 'chunkSize');
  if (bytes === undefined) return undefined;
  const isPower = bytes > 0 && Number.isInteger(Math.log2(bytes));
  if (isPower && bytes >= chunkBytesMin && bytes <= chunkBytesMax) return bytes;
  throw invalidOption('--chunk-size', options.text('chunkSize') ?? '', 'a power of two from 16K to 4M');
}
