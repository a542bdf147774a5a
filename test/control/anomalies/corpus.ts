// A source as people have them, what happens to such sources every day, and what ransomware does to them: to measure what is told falsely
// and what is missed.

import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';

/** Bytes that look random and are the same each time. */
export function noiseOf(seed: string, length: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0, n = 0; at < length; at += 32, n += 1) {
    parts.push(createHash('sha256').update(`${seed} ${n}`).digest());
  }
  return Buffer.concat(parts).subarray(0, length);
}

const vocabulary = (
  'the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which one ' +
  'you were all her she there would their we him been has when who will no more if out so up said what its about than ' +
  'into them can only other time new some could these two may first then do any like my now over such our man me even ' +
  'Zürich größer Straße pupil grade invoice total meeting minutes'
).split(' ');

export function textOf(seed: string, length: number): Buffer {
  const dice = noiseOf(seed, length);
  let text = '';
  for (let at = 0; text.length < length; at += 1) {
    text += vocabulary[dice[at % dice.length]! % vocabulary.length]! + (at % 11 === 10 ? '.\n' : ' ');
  }
  return Buffer.from(text).subarray(0, length);
}

const packed = (start: string, seed: string, length: number) =>
  Buffer.concat([Buffer.from(start, 'latin1'), noiseOf(seed, length)]);

const makers: Readonly<Record<string, (seed: string) => Buffer>> = {
  'docs/NAME.docx': (seed) => packed('PK\x03\x04\x14\x00', seed, 6000),
  'docs/NAME.pdf': (seed) => packed('%PDF-1.7\n', seed, 8000),
  'docs/NAME.txt': (seed) => textOf(seed, 3000),
  'photos/NAME.jpg': (seed) => packed('\xff\xd8\xff\xe0\x00\x10JFIF', seed, 12_000),
  'code/NAME.ts': (seed) => textOf(seed, 2500),
  'code/.git/objects/NAME': (seed) => deflateSync(textOf(seed, 2000)),
  'tables/NAME.csv': (seed) => textOf(seed, 4000),
  'tables/NAME.xlsx': (seed) => packed('PK\x03\x04\x14\x00', seed, 5000),
  'logs/app.log.NAME': (seed) => textOf(seed, 3000),
  'mail/NAME.eml': (seed) => textOf(seed, 2000),
  'system/libNAME.so': (seed) => packed('\x7fELF\x02\x01\x01', seed, 9000),
  // What is noise for a good reason: a vault of an unknown program, and one without a name that says anything.
  'vaults/NAME.vault': (seed) => noiseOf(seed, 4000),
};

const each = 12;

export function writeSource(root: string): void {
  for (const [pattern, make] of Object.entries(makers)) {
    for (let n = 0; n < each; n += 1) {
      write(root, pattern.replace('NAME', String(n).padStart(2, '0')), make(`${pattern} ${n}`));
    }
  }
  write(root, '.canary/accounts.xlsx', packed('PK\x03\x04', 'canary', 2000));
}

export function write(root: string, path: string, content: Uint8Array): void {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, content);
}

export function filesOf(root: string, under = ''): string[] {
  const folder = join(root, under);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(under, path))
    .filter((path) => statSync(join(root, path)).isFile())
    .sort();
}

/** What happens between two backups of an ordinary day. */
export function ordinaryDay(root: string, day: number): void {
  for (const n of [1, 2, 3]) write(root, `docs/0${n}.txt`, textOf(`day ${day} ${n}`, 3200));
  write(root, `docs/new-${day}.docx`, packed('PK\x03\x04\x14\x00', `new ${day}`, 5000));
  write(root, 'vaults/00.vault', noiseOf(`vault ${day}`, 4000));
}

export interface Scenario {
  readonly name: string;
  /** What is to come of it: the brake, at most a warning, or nothing at all. */
  readonly expects: 'brake' | 'warning' | 'nothing';
  /** Steps with a backup a day after each; what counts is the worst of them. */
  readonly days?: number;
  apply(root: string, day: number): void;
}

const everyFile = (root: string) => filesOf(root).filter((path) => !path.startsWith('.canary'));
const encrypted = (root: string, path: string) => {
  const content = readFileSync(join(root, path));
  return noiseOf(`key ${path}`, content.length);
};

export const everyday: readonly Scenario[] = [
  { name: 'nothing at all', expects: 'nothing', apply: () => undefined },
  { name: 'an ordinary day', expects: 'nothing', apply: (root) => ordinaryDay(root, 77) },
  {
    name: 'checking out another branch',
    expects: 'nothing',
    apply(root) {
      for (const path of filesOf(root, 'code')) {
        if (path.endsWith('.ts')) write(root, path, textOf(`branch ${path}`, 2700));
      }
      for (let n = 0; n < 30; n += 1) {
        write(root, `code/.git/objects/b${n}`, deflateSync(textOf(`object ${n}`, 1800)));
      }
      rmSync(join(root, 'code/03.ts'));
    },
  },
  {
    name: 'upgrading the operating system',
    expects: 'nothing',
    apply(root) {
      for (const path of filesOf(root, 'system')) {
        rmSync(join(root, path));
        write(root, path.replace('.so', '.so.2'), packed('\x7fELF\x02\x01\x01', `2 ${path}`, 9500));
        write(root, path, packed('\x7fELF\x02\x01\x01', `2 ${path}`, 9500));
      }
      for (let n = 0; n < 20; n += 1) write(root, `system/${n}.conf.dpkg-old`, textOf(`conf ${n}`, 900));
    },
  },
  {
    name: 'importing photos, more than there was of anything',
    expects: 'nothing',
    apply(root) {
      for (let n = 0; n < 300; n += 1) {
        write(root, `photos/trip/${n}.jpg`, packed('\xff\xd8\xff\xe1', `trip ${n}`, 5000));
      }
      for (let n = 0; n < 40; n += 1) {
        write(root, `photos/trip/${n}.heic`, packed('\x00\x00\x00\x18ftypheic', `heic ${n}`, 5000));
      }
    },
  },
  {
    name: 'rotating a mail archive',
    expects: 'nothing',
    apply(root) {
      const mails = filesOf(root, 'mail');
      const all = Buffer.concat(mails.map((path) => readFileSync(join(root, path))));
      for (const path of mails) rmSync(join(root, path));
      write(root, 'mail/archive-2026.mbox.gz', gzipSync(all));
    },
  },
  {
    name: 'rotating logs',
    expects: 'nothing',
    apply(root) {
      for (const path of filesOf(root, 'logs').reverse()) {
        write(root, `${path}.gz`, gzipSync(readFileSync(join(root, path))));
        rmSync(join(root, path));
      }
    },
  },
  {
    name: 'packing a folder into a zip and deleting it',
    expects: 'nothing',
    apply(root) {
      write(root, 'docs.zip', packed('PK\x03\x04\x14\x00', 'zipped', 90_000));
      rmSync(join(root, 'docs'), { recursive: true });
    },
  },
  {
    name: 'changing the owner and the mode of everything',
    expects: 'warning',
    apply(root) {
      for (const path of everyFile(root)) chmodSync(join(root, path), 0o640);
    },
  },
  {
    name: 'replacing a word in all texts',
    expects: 'nothing',
    apply(root) {
      for (const path of everyFile(root)) {
        if (!/\.(txt|csv|eml|ts)$/.test(path)) continue;
        write(root, path, Buffer.from(readFileSync(join(root, path), 'utf8').replaceAll('the', 'thy')));
      }
    },
  },
  {
    name: 'protecting office files by a password',
    expects: 'nothing',
    apply(root) {
      for (const path of everyFile(root)) {
        if (/\.(docx|xlsx)$/.test(path)) {
          write(root, path, packed('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', `password ${path}`, 7000));
        }
      }
    },
  },
  {
    name: 'encrypting some mails with gpg, beside the originals',
    expects: 'nothing',
    apply(root) {
      for (const path of filesOf(root, 'mail')) write(root, `${path}.gpg`, noiseOf(`gpg ${path}`, 2100));
    },
  },
  {
    name: 'moving all pictures to another folder',
    expects: 'nothing',
    apply: (root) => renameSync(join(root, 'photos'), join(root, 'pictures')),
  },
  {
    name: 'clearing out half of everything',
    expects: 'warning',
    apply(root) {
      for (const [n, path] of everyFile(root).entries()) if (n % 2 === 0) rmSync(join(root, path));
    },
  },
];

export const attacks: readonly Scenario[] = [
  {
    name: 'encrypting everything, an ending behind each name, a letter in each folder',
    expects: 'brake',
    apply(root) {
      for (const path of everyFile(root)) {
        write(root, `${path}.x7f3q`, encrypted(root, path));
        rmSync(join(root, path));
      }
      for (const folder of ['docs', 'code', 'photos', 'tables']) {
        write(root, `${folder}/HOW_TO_DECRYPT_FILES.txt`, textOf('pay', 600));
      }
    },
  },
  {
    name: 'encrypting everything in place, names as they were',
    expects: 'brake',
    apply(root) {
      for (const path of everyFile(root)) write(root, path, encrypted(root, path));
    },
  },
  {
    name: 'encrypting the first 4 KiB of each file in place',
    expects: 'brake',
    apply(root) {
      for (const path of everyFile(root)) {
        const content = readFileSync(join(root, path));
        noiseOf(`head ${path}`, Math.min(4096, content.length)).copy(content);
        write(root, path, content);
      }
    },
  },
  {
    name: 'encrypting 16 bytes of every 32 in place',
    expects: 'brake',
    apply(root) {
      for (const path of everyFile(root)) {
        const content = readFileSync(join(root, path));
        const key = noiseOf(`striped ${path}`, content.length);
        for (let at = 0; at < content.length; at += 32) {
          key.copy(content, at, at, Math.min(at + 16, content.length));
        }
        write(root, path, content);
      }
    },
  },
  {
    name: 'encrypting three files a day in place',
    expects: 'brake',
    days: 10,
    apply(root, day) {
      const wanted = everyFile(root).filter((path) => /\.(txt|csv|docx|pdf|eml)$/.test(path));
      for (const path of wanted.slice(day * 3, day * 3 + 3)) write(root, path, encrypted(root, path));
    },
  },
  {
    name: 'renaming only, to frighten',
    expects: 'brake',
    apply(root) {
      for (const path of everyFile(root)) renameSync(join(root, path), join(root, `${path}.[id-77].gone1`));
    },
  },
  {
    name: 'encrypting everything under names that say nothing',
    expects: 'brake',
    apply(root) {
      for (const path of everyFile(root)) {
        const name = createHash('sha1').update(path).digest('hex').slice(0, 12);
        write(root, join(dirname(path), `${name}.qq4`), encrypted(root, path));
        rmSync(join(root, path));
      }
    },
  },
  {
    name: 'deleting everything and leaving a letter',
    expects: 'brake',
    apply(root) {
      for (const path of everyFile(root)) rmSync(join(root, path));
      write(root, 'RESTORE_YOUR_FILES.txt', textOf('pay', 700));
    },
  },
  {
    name: 'deleting everything without a word',
    expects: 'brake',
    apply(root) {
      for (const path of everyFile(root)) rmSync(join(root, path));
    },
  },
  {
    name: 'touching a canary and nothing else',
    expects: 'brake',
    apply: (root) => write(root, '.canary/accounts.xlsx', noiseOf('canary', 2000)),
  },
];
