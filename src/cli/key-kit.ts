// `holdfast key kit`: what a stranger needs to restore in ten years: the master key as an age file, and a page that says how.
// `holdfast key self-test`: the keys at hand decrypt, proven with every slot, and with OpenSSL alone for a key file.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, isFailure } from '../base/failure.ts';
import type { ListedKey } from '../operations/keys.ts';
import type { Repository } from '../repository/repository.ts';
import type { Command, Ending, Invocation } from './command.ts';
import { readRecipient } from './identity-secret.ts';
import { warnOfWeakPassphrase } from './new-passphrase.ts';
import { invalidOption } from './options.ts';
import { openMainRepository, repositoryPlace } from './repository-access.ts';
import { findSecrets, mainSecret, requireNewSecret, requireSecret, type SecretNames } from './secrets.ts';
import { isoTime, tableLines } from './show.ts';
import { textsIn } from './texts/texts.ts';

const kitSecret: SecretNames = {
  passwordFile: 'newPasswordFile',
  passwordCommand: 'newPasswordCommand',
  keyFile: 'newKeyFile',
  environmentPrefix: 'HOLDFAST_NEW_',
};

const kitName = 'master-key.age';
const pageName = 'RECOVERY.txt';
const proofName = 'test.enc';

export const keyKit: Command = {
  name: 'kit',
  options: [
    { flags: '--to <folder>', text: 'option.kitTo' },
    { flags: '--recipient <key|file>', text: 'option.kitRecipient' },
    { flags: '--new-password-file <file>' },
    { flags: '--new-password-command <command>' },
    { flags: '-n, --dry-run', text: 'option.kitDryRun' },
  ],
  run: kit,
};

export const keySelfTest: Command = {
  name: 'self-test',
  options: [{ flags: '--to <folder>', text: 'option.selfTestTo' }],
  run: selfTest,
};

async function kit(invocation: Invocation): Promise<Ending> {
  const { options, output, texts } = invocation;
  const folder = options.text('to');
  if (!folder) throw invalidOption('--to', folder ?? '', 'a folder');
  await using repository = await openMainRepository(invocation, 'read');
  const paths = [join(folder, kitName), join(folder, pageName)] as const;
  const page = await recoveryPage(repository, invocation);
  const isDryRun = options.flag('dryRun');
  if (!isDryRun) {
    const { createPrivateFile } = await import('../keyslots/private-file.ts');
    createPrivateFile(paths[0], await sealedKit(repository, invocation));
    createPrivateFile(paths[1], Buffer.from(page, 'utf8'));
  }
  for (const path of paths) output.line(texts.say(isDryRun ? 'kit.wouldWrite' : 'kit.written', { path }));
  output.note(texts.say('kit.keep'));
  return { result: { repositoryId: repository.config.repoId, files: paths, dryRun: isDryRun } };
}

async function sealedKit(repository: Repository, invocation: Invocation): Promise<Uint8Array> {
  const { sealRecoveryKit } = await import('../operations/recovery-kit.ts');
  const recipient = invocation.options.text('recipient');
  if (recipient !== undefined) {
    const { secret } = await readRecipient(recipient);
    return sealRecoveryKit({ recipients: secret }, repository);
  }
  const found = await requireNewSecret(invocation, kitSecret, kitName);
  const { secret, type } = await warnOfWeakPassphrase(found, invocation);
  if (type === 'passphrase') return sealRecoveryKit({ passphrase: secret }, repository);
  throw new Failure(
    'usage',
    'KIT_SECRET_INVALID',
    'a recovery kit is sealed for a passphrase or for keys of age',
    {
      hint: 'Give --recipient, --new-password-file or --new-password-command.',
    },
  );
}

/** Both languages, because nobody knows who will read it. */
async function recoveryPage(repository: Repository, { context }: Invocation): Promise<string> {
  const { listKeys } = await import('../operations/keys.ts');
  const keys = await listKeys(repository, context);
  const values = {
    id: repository.config.repoId,
    place: repository.storage.location,
    made: isoTime(context.clock.now()),
    kit: kitName,
    slots: tableLines(keys.map(({ id, type, createdAt, label }) => ['', id, type, createdAt, label])).join(
      '\n',
    ),
  };
  const languages = await Promise.all([textsIn('en'), textsIn('de')]);
  const pages = languages.map((texts) => texts.say('kit.page', values));
  return `${pages.join(`\n${'-'.repeat(72)}\n\n`)}\n`;
}

interface Tried {
  readonly id: string;
  readonly type: string;
  readonly state: 'opens' | 'untried' | 'broken' | 'unknown';
}

const stateTexts = {
  opens: 'selfTest.opens',
  untried: 'selfTest.untried',
  broken: 'selfTest.broken',
  unknown: 'selfTest.unknown',
} as const;

async function selfTest(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context } = invocation;
  let found = await findSecrets(invocation, mainSecret);
  if (found.length === 0) found = [await requireSecret(invocation, mainSecret, repositoryPlace(invocation))];
  // Before the storage is asked: this proof needs none.
  const keyFile = found.find(({ type }) => type === 'key-file');
  const folder = options.text('to') ?? '.';
  const proof = join(folder, proofName);
  if (keyFile !== undefined) {
    const { opensslProof } = await import('../operations/recovery-kit.ts');
    const { createPrivateFile } = await import('../keyslots/private-file.ts');
    // Yesterday's proof holds nothing that anybody needs.
    rmSync(proof, { force: true });
    createPrivateFile(proof, opensslProof(keyFile.secret));
    const { environment } = invocation.ambient;
    if (!options.text('repository') && !environment.HOLDFAST_REPOSITORY) {
      // A key of archives belongs to no repository.
      output.line(texts.say('selfTest.openssl', { proof }));
      return { result: { slots: [], proof } };
    }
  }
  await using repository = await openMainRepository(invocation, 'read', { found: found[0] });
  const { listKeys, testKey } = await import('../operations/keys.ts');
  const opened = new Set<string>();
  let wrong: Failure | undefined;
  for (const { secret, type } of found) {
    // A master key has opened the repository by now, and opens no slot.
    if (type === undefined) continue;
    try {
      opened.add((await testKey({ secret }, repository, context)).id);
    } catch (error) {
      // The others are proven all the same.
      if (!isFailure(error, 'denied', 'WRONG_PASSWORD')) throw error;
      wrong ??= new Failure(error.kind, error.code, `the secret of type "${type}" opens no key slot`, {
        facts: { type },
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      });
    }
  }
  const tried = (await listKeys(repository, context)).map((key) => judged(key, opened));
  const rows = tried.map(({ id, type, state }) => [id.slice(0, 12), type, texts.say(stateTexts[state])]);
  for (const line of tableLines(rows)) output.line(line);
  if (keyFile !== undefined) output.line(texts.say('selfTest.openssl', { proof }));
  if (wrong !== undefined) throw wrong;
  return {
    outcome: tried.some(({ state }) => state === 'broken') ? 'partial' : 'succeeded',
    result: { slots: tried, ...(keyFile === undefined ? {} : { proof }) },
  };
}

function judged({ id, type, isBroken, isKnown }: ListedKey, opened: ReadonlySet<string>): Tried {
  if (opened.has(id)) return { id, type, state: 'opens' };
  if (isBroken) return { id, type, state: 'broken' };
  return { id, type, state: isKnown ? 'untried' : 'unknown' };
}
