// Every format under every seal: what we export opens with the very commands of docs/guides/archive-seals.md to what other programs unpack,
// and what GNU tar or Info-ZIP packed and another program sealed, we import.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileFormats, levelOf } from '../../src/archives/all.ts';
import { sealOf } from '../../src/archives/seals/all.ts';
import { type SealLayer, suffixOf } from '../../src/archives/seals/layers.ts';
import type { SealKey } from '../../src/archives/seals/seal.ts';
import { archiveBytesMax, archiveEntriesMax } from '../../src/base/limits.ts';
import { folderEntries } from '../../src/operations/export/of-folder.ts';
import { exportArchive } from '../../src/operations/export.ts';
import { importArchive } from '../../src/operations/import.ts';
import { fernetKey, keyFileContent, rsaPair, secret } from '../archives/seals/seal-world.ts';
import { project } from '../cli/holdfast.ts';
import { scratch, testContext } from '../world.ts';

const world = scratch();
const source = join(world.path, 'source');
after(() => world[Symbol.dispose]());

const needed = ['age', 'age-keygen', 'bsdtar', 'openssl', 'python3', 'unzip', 'xz', 'zip', 'zstd'];
const missing = needed.filter((program) => !existsSync(`/usr/bin/${program}`));
const skip = missing.length > 0 && `${missing.join(', ')} not installed`;

interface Way {
  readonly seal: string;
  /** From the sealed file to the open one, both named after a file that is replaced. */
  readonly opening: string;
  /** The other program that seals, from standard input to output; absent for what is our own form alone. */
  readonly sealing?: string;
  readonly key: SealKey;
}

const guide = readFileSync(join(project, 'docs/guides/archive-seals.md'), 'utf8');

/** One of the commands of the guide, by how it begins, with its continued lines. */
function command(start: string): string {
  const from = guide.indexOf(`\n${start}`);
  assert.notEqual(from, -1, `the guide has no "${start}"`);
  return /^(?:.*\\\n)*.*$/m.exec(guide.slice(from + 1))![0];
}

let ways: readonly Way[] = [];
before(async () => {
  if (skip) return;
  mkdirSync(join(source, 'folder/empty'), { recursive: true });
  writeFileSync(join(source, 'folder/key.pem'), 'material\n'.repeat(3000), { mode: 0o600 });
  writeFileSync(join(source, 'grün'), 'a name of more than ASCII');
  symlinkSync('folder/key.pem', join(source, 'link'));
  const put = (name: string, content: string) =>
    writeFileSync(join(world.path, name), content, { mode: 0o600 });
  const [pair, words, fernet, keyFile] = [rsaPair(), 'correct horse', fernetKey(), keyFileContent()];
  put('private.pem', pair.privatePem);
  put('password.txt', `${words}\n`);
  put('key.txt', `${fernet}\n`);
  put('master.key', keyFile);
  put('fernet.py', /```python\n([\s\S]*?)```/.exec(guide)![1]!);
  cpSync(join(project, 'docs/read-container.py'), join(world.path, 'read-container.py'));
  execFileSync('age-keygen', ['-o', 'identity.txt'], { cwd: world.path, stdio: 'ignore' });
  const identity = readFileSync(join(world.path, 'identity.txt'), 'utf8');
  const recipient = /age1\w+/.exec(identity)![0];
  const container = command('python3 read-container.py').replace('python3', '/usr/bin/python3');
  ways = [
    {
      seal: 'aes-256-gcm',
      opening: container.replace('password.txt', 'master.key'),
      key: { password: secret(keyFile, 'key-file') },
    },
    {
      seal: 'rsa-hybrid',
      opening: container.replace('password.txt', 'private.pem').replace('.gcm', '.rsa-hybrid'),
      key: { recipients: [pair.publicPem], identities: [secret(pair.privatePem)] },
    },
    {
      seal: 'age',
      opening: command('age -d'),
      sealing: `age -r ${recipient}`,
      key: { recipients: [recipient], identities: [secret(identity)] },
    },
    {
      seal: 'openssl',
      opening: command('openssl enc -d').replace('600000', '100000'),
      sealing: 'openssl enc -aes-256-cbc -pbkdf2 -iter 100000 -salt -pass file:password.txt',
      key: { password: secret(words), kdf: { kdf: 'pbkdf2-sha256', rounds: 100_000 } },
    },
    {
      seal: 'fernet',
      opening: '/usr/bin/python3 fernet.py',
      sealing: `/usr/bin/python3 -c '${[
        'import os, struct, sys; from cryptography.fernet import Fernet',
        'plain, head, key = sys.stdin.buffer.read(), os.urandom(16), open("key.txt", "rb").read().strip()',
        'place = head + struct.pack("<QB", 0, 1)',
        'sys.stdout.buffer.write(Fernet(key).encrypt(place + plain) + b"\\n")',
      ].join('\n')}'`,
      key: { password: secret(fernet) },
    },
  ];
});

async function layersOf(names: readonly string[]): Promise<SealLayer[]> {
  return Promise.all(
    names.map(async (name) => ({
      seal: await sealOf(name),
      key: ways.find(({ seal }) => seal === name)!.key,
    })),
  );
}

function shell(script: string, cwd = world.path): void {
  const { status, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', script], { cwd, encoding: 'utf8' });
  assert.equal(status, 0, `${script}\n${stderr}`);
}

/** The programs that unpack a format, each into a folder of its own. */
function unpacked(format: string, file: string): void {
  const programs = format === 'zip' ? ['unzip -q', 'bsdtar -xpf'] : ['tar -xpf', 'bsdtar -xpf'];
  for (const [at, program] of programs.entries()) {
    const target = `${file}-by-${at}`;
    mkdirSync(target);
    shell(`${program} '${file}'`, target);
    shell(`diff -r --no-dereference '${source}' '${target}'`);
  }
}

/** What is within the seals, as other programs open them. */
async function openedOutside(format: string, names: readonly string[]): Promise<string> {
  const found = fileFormats.find(({ name }) => name === format)!;
  const layers = await layersOf(names);
  const folder = join(world.path, `ours-${[format, ...names].join('-')}`);
  mkdirSync(folder);
  const name = `archive.${format}${suffixOf(layers)}`;
  await exportArchive(
    {
      entries: (context, ignored) => folderEntries(source, {}, ignored, context),
      format: found,
      level: levelOf(found, undefined),
      layers,
      folder,
      name,
      prefix: '',
      checksums: ['sha256'],
      origin: {},
      tool: 'test',
      dryRun: false,
    },
    testContext(),
  );
  shell(`sha256sum --quiet -c '${name}.sha256'`, folder);
  let script = `cp '${join(folder, name)}' current\n`;
  for (const one of names.toReversed()) {
    const { opening, seal } = ways.find((way) => way.seal === one)!;
    const { suffix } = await sealOf(seal);
    script += `mv current archive.tar.gz${suffix}\n${opening}\nmv archive.tar.gz current\n`;
  }
  const file = join(folder, 'opened');
  shell(`${script}mv current '${file}'`);
  return file;
}

async function opensHere(format: string, names: readonly string[]): Promise<void> {
  const layers = await layersOf(names);
  const folder = join(world.path, `theirs-${[format, ...names].join('-')}`);
  mkdirSync(folder);
  const file = join(folder, `theirs.${format}${suffixOf(layers)}`);
  const pack =
    format === 'zip'
      ? '(cd source && rm -f ../packed.zip && zip -qry ../packed.zip . && cat ../packed.zip)'
      : `tar -C source -c${packing[format]!} -f - .`;
  const seals = names.map((one) => ways.find(({ seal }) => seal === one)!.sealing!);
  shell(`${[pack, ...seals].join(' | ')} > '${file}'`);
  const target = join(folder, 'back');
  const outcome = await importArchive(
    {
      file,
      target,
      layersOf: async () => layers,
      select: () => true,
      overwrite: false,
      owners: false,
      numericIds: true,
      devices: false,
      dryRun: false,
      limits: { entriesMax: archiveEntriesMax, bytesMax: archiveBytesMax, ratioMax: 5000 },
    },
    testContext(),
  );
  assert.equal(outcome.outcome, 'succeeded');
  assert.deepEqual(outcome.seals, names);
  chmodSync(target, 0o755);
  shell(`diff -r --no-dereference '${source}' '${target}'`);
}

const packing: Readonly<Record<string, string>> = {
  tar: '',
  'tar.gz': 'z',
  'tar.bz2': 'j',
  'tar.xz': 'J',
  'tar.zst': ' --zstd',
};

const sealNames = ['aes-256-gcm', 'rsa-hybrid', 'age', 'openssl', 'fernet'];
const foreign = ['age', 'openssl', 'fernet'];

for (const { name: format } of fileFormats) {
  test(`other programs open and unpack our ${format} under every seal`, { skip }, async () => {
    const files: string[] = [];
    for (const seal of sealNames) files.push(await openedOutside(format, [seal]));
    unpacked(format, files[0]!);
    // The same entries give the same bytes, whatever is around them.
    for (const file of files) assert.ok(readFileSync(file).equals(readFileSync(files[0]!)), file);
  });

  test(`we open and unpack ${format} that other programs packed and sealed`, { skip }, async () => {
    for (const seal of foreign) await opensHere(format, [seal]);
  });
}

test('other programs open layers of seals one after the other, whichever are within', { skip }, async () => {
  unpacked('tar', await openedOutside('tar', sealNames));
  unpacked('zip', await openedOutside('zip', ['fernet', 'aes-256-gcm', 'age']));
});

test('we open layers that other programs sealed', { skip }, async () => {
  await opensHere('tar', foreign.toReversed());
  await opensHere('tar.zst', foreign);
});
