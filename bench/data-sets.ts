// The data sets, made once from what Debian ships, and the change between two backups. Everything is the same on every run.
//
//   source-tree  the kernel source of Debian's linux-source-6.1: 79,000 small files, 1.3 GB
//   big-binary   a tar of shared libraries, incompressible bytes, an SQL dump, a disk image with holes: 4 files, 2.7 GB
//   keys         2,000 small key and certificate files

import { createCipheriv, createHash } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './measure.ts';

export const dataSets = ['keys', 'source-tree', 'big-binary'] as const;
export type DataSet = (typeof dataSets)[number];

const tarball = '/usr/src/linux-source-6.1.tar.xz';
const libraries = '/usr/lib/x86_64-linux-gnu';
const madeAt = 1_700_000_000;
const changedAt = 1_720_000_000;
const MB = 1_000_000;

/** Makes the set below `folder` unless it is there; returns its folder, which nobody changes. */
export async function makeDataSet(set: DataSet, folder: string): Promise<string> {
  const made = join(folder, set);
  if (existsSync(made)) return made;
  const part = `${made}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  if (set === 'keys') makeKeys(part);
  else if (set === 'source-tree') await unpackSource(part);
  else await makeLargeFiles(part, await makeDataSet('source-tree', folder));
  renameSync(part, made);
  return made;
}

async function unpackSource(folder: string): Promise<void> {
  if (!existsSync(tarball)) throw new Error(`"${tarball}" is missing: apt-get install linux-source-6.1`);
  await run('tar', ['-xJf', tarball, '-C', folder, '--strip-components=1']);
}

function makeKeys(folder: string): void {
  const kinds = [
    { title: 'PRIVATE KEY', bytes: 121, extension: 'key', mode: 0o600 },
    { title: 'CERTIFICATE', bytes: 1100, extension: 'crt', mode: 0o644 },
    { title: 'PRIVATE KEY', bytes: 1218, extension: 'key', mode: 0o600 },
    { title: 'CERTIFICATE', bytes: 700, extension: 'crt', mode: 0o644 },
  ];
  for (let number = 0; number < 2000; number += 1) {
    const { title, bytes, extension, mode } = kinds[number % 4]!;
    const service = join(folder, `svc${String(Math.floor(number / 40)).padStart(2, '0')}`);
    mkdirSync(service, { recursive: true });
    const lines = noise(`key${number}`, bytes)
      .toString('base64')
      .match(/.{1,64}/g)!;
    const path = join(service, `host${String(number).padStart(4, '0')}.${extension}`);
    writeFileSync(path, `-----BEGIN ${title}-----\n${lines.join('\n')}\n-----END ${title}-----\n`, { mode });
    utimesSync(path, madeAt + number, madeAt + number);
  }
}

async function makeLargeFiles(folder: string, sourceTree: string): Promise<void> {
  mkdirSync(join(folder, 'db'));
  mkdirSync(join(folder, 'vm'));
  const tar = `tar -C ${libraries} --sort=name --mtime=@${madeAt} --owner=0 --group=0 -cf - . 2>/dev/null`;
  await run('sh', ['-c', `${tar} | head -c ${700 * MB} > "$1"`, 'sh', join(folder, 'libs.tar')]);
  writeKeyStream(join(folder, 'media.bin'), 400 * MB);
  writeDump(join(folder, 'db/dump.sql'), sourceTree, 500 * MB);
  await makeImage(join(folder, 'vm/disk.img'), join(sourceTree, 'drivers/net'));
}

/** Incompressible and never repeating. */
function writeKeyStream(path: string, length: number): void {
  const cipher = createCipheriv('aes-256-ctr', Buffer.alloc(32, 7), Buffer.alloc(16, 9));
  const zeros = Buffer.alloc(8 * MB);
  const file = openSync(path, 'w');
  for (let written = 0; written < length; written += zeros.length) {
    const part = cipher.update(zeros.subarray(0, Math.min(zeros.length, length - written)));
    writeSync(file, part);
  }
  closeSync(file);
}

/** Rows of real text, as a table of documents would be dumped. */
function writeDump(path: string, sourceTree: string, length: number): void {
  const file = openSync(path, 'w');
  let written = writeSync(
    file,
    'CREATE TABLE documents (id bigint, folder text, line int, changed timestamp, body text);\n',
  );
  let id = 0;
  for (const source of filesBelow(sourceTree)) {
    if (written >= length) break;
    if (!/\.[ch]$/.test(source)) continue;
    const rows = readFileSync(source, 'latin1')
      .split('\n')
      .map((line, number) => {
        id += 1;
        const day = String((id % 28) + 1).padStart(2, '0');
        return `(${id},'${dirname(source).slice(sourceTree.length)}',${number},'2024-01-${day} 12:00:00','${line.replaceAll("'", "''")}')`;
      });
    written += writeSync(file, Buffer.from(`INSERT INTO documents VALUES\n${rows.join(',\n')};\n`, 'latin1'));
  }
  ftruncateSync(file, Math.min(written, length));
  closeSync(file);
}

/** A file system of 1 GiB, some 700 MB of it in use, the rest holes. */
async function makeImage(path: string, content: string): Promise<void> {
  const file = openSync(path, 'w');
  ftruncateSync(file, 2 ** 30);
  closeSync(file);
  const uuid = (last: number) => `00000000-0000-4000-8000-00000000000${last}`;
  const extended = `hash_seed=${uuid(2)},lazy_itable_init=1,nodiscard`;
  await run('mke2fs', [
    ...['-q', '-F', '-t', 'ext4', '-m', '0', '-U', uuid(1), '-E', extended, '-d', content],
    path,
  ]);
  const image = openSync(path, 'r+');
  for (let block = 0; block < 300; block += 1) {
    const random = noise(`block ${block}`, 1 << 19);
    const mixed = Buffer.concat([random, Buffer.from(random.toString('hex').slice(0, 1 << 19))]);
    const at = (400 + Math.floor(block / 10) * 20 + (block % 10)) * 2 ** 20;
    if (at + mixed.length <= 2 ** 30) writeSync(image, mixed, 0, mixed.length, at);
  }
  closeSync(image);
}

/** What happens to a tree between two backups, in place. */
export function change(set: DataSet, root: string): void {
  const before = new Map([...foldersBelow(root)].map((path) => [path, statSync(path).mtimeMs]));
  if (set === 'big-binary') changeLargeFiles(root);
  else changeSmallFiles(set, root);
  // Folders that were touched get a fixed time, so that every tool meets the same tree.
  for (const path of foldersBelow(root)) {
    if (statSync(path).mtimeMs !== before.get(path)) utimesSync(path, changedAt, changedAt);
  }
}

function changeLargeFiles(root: string): void {
  putInFront(join(root, 'libs.tar'), noise('front', 1024));
  put(join(root, 'db/dump.sql'), Buffer.from(noise('appended', 4 * MB).toString('hex')), true);
  const image = join(root, 'vm/disk.img');
  const blocks = statSync(image).size / 4096;
  const perCluster = Math.floor(blocks / 100 / 40);
  const file = openSync(image, 'r+');
  const random = draws('image');
  for (let cluster = 0; cluster < 40; cluster += 1) {
    const bytes = Buffer.concat([
      noise(`cluster ${cluster}`, perCluster * 2048),
      Buffer.alloc(perCluster * 2048),
    ]);
    writeSync(file, bytes, 0, bytes.length, Math.floor(random() * (blocks - perCluster)) * 4096);
  }
  closeSync(file);
  utimesSync(image, changedAt, changedAt);
  mkdirSync(join(root, 'archive'));
  renameSync(join(root, 'media.bin'), join(root, 'archive/media-old.bin'));
  put(join(root, 'new.bin'), noise('new', 20 * MB));
}

/** 1 % of the files changed, 0.2 % longer, 0.2 % with bytes in front, 0.5 % gone, 0.5 % new, one folder renamed. */
function changeSmallFiles(set: DataSet, root: string): void {
  const random = draws(set);
  const files = [...filesBelow(root)]
    .map((path) => ({ path, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ path }) => path);
  const count = files.length;
  const take = (share: number) => files.splice(0, Math.max(2, Math.floor(count * share)));
  take(0.01).forEach((path, number) => {
    const bytes = readFileSync(path);
    Buffer.from(`CHG${String(number).padStart(5, '0')}`).copy(bytes, Math.floor(bytes.length / 2));
    put(path, bytes);
  });
  for (const path of take(0.002)) put(path, Buffer.from('one more line\n'), true);
  for (const path of take(0.002)) putInFront(path, Buffer.from('a line in front\n'));
  for (const path of take(0.005)) unlinkSync(path);
  take(0.005).forEach((path, number) => {
    const text = noise(`added ${number}`, 300 + 37 * (number % 200)).toString('hex');
    put(join(dirname(path), `added${number}.txt`), Buffer.from(text));
  });
  const [before, after] = set === 'keys' ? ['svc07', 'svc07-renamed'] : ['sound', 'sound-renamed'];
  renameSync(join(root, before!), join(root, after!));
}

function* foldersBelow(folder: string): Generator<string> {
  yield folder;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) yield* foldersBelow(join(folder, entry.name));
  }
}

function* filesBelow(folder: string): Generator<string> {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}

function put(path: string, bytes: Uint8Array, atEnd = false): void {
  if (atEnd) appendFileSync(path, bytes);
  else writeFileSync(path, bytes);
  utimesSync(path, changedAt, changedAt);
}

function putInFront(path: string, bytes: Uint8Array): void {
  const content = readFileSync(path);
  const { mode } = statSync(path);
  const file = openSync(`${path}.new`, 'w', mode & 0o7777);
  writeSync(file, bytes);
  writeSync(file, content);
  closeSync(file);
  renameSync(`${path}.new`, path);
  utimesSync(path, changedAt, changedAt);
}

function noise(seed: string, length: number): Buffer {
  return createHash('shake256', { outputLength: length }).update(seed).digest();
}

/** Numbers from 0 to 1, the same for the same seed. */
function draws(seed: string): () => number {
  let at = 0;
  return () => {
    at += 1;
    return noise(`${seed} ${at}`, 4).readUInt32LE() / 2 ** 32;
  };
}
