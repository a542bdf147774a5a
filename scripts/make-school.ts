// Makes examples/school/: the files of a small school, with everything that makes backups hard. Always the same bytes, names,
// modes and times, so that two runs can be compared. Run with the pinned Node: node scripts/make-school.ts [FOLDER]

import { spawnSync } from 'node:child_process';
import { createHash, createPrivateKey } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  ftruncateSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openSystem, sys } from '../src/sources/files/system.ts';

/** 1 September 2026, 08:00 in Berlin: the first day of school. */
const firstDay = Date.UTC(2026, 8, 1, 6, 0, 0) / 1000;

export const schoolFolder = resolve(import.meta.dirname, '../examples/school');

/** Does nothing when the folder is there already. */
export function makeSchool(folder: string): void {
  if (existsSync(folder)) return;
  const building = `${folder}.building`;
  rmSync(building, { recursive: true, force: true });
  mkdirSync(building, { recursive: true });
  makeDocuments(building);
  makePictures(join(building, 'bilder'));
  makeKeys(join(building, 'schluessel'));
  makeDatabase(join(building, 'datenbank'));
  makeAwkwardNames(join(building, 'namen'));
  makeSpecials(join(building, 'besonderes'));
  setTimes(building);
  lutimesSync(building, firstDay, firstDay);
  // A run that was cut off leaves no half school behind.
  renameSync(building, folder);
}

const subjects = ['Deutsch', 'Mathematik', 'Französisch', 'Biologie', 'Geschichte', 'Werken & Kunst'];

function makeDocuments(folder: string): void {
  for (const [number, subject] of subjects.entries()) {
    const place = join(folder, 'unterricht', subject);
    mkdirSync(place, { recursive: true });
    for (let week = 1; week <= 12; week += 1) {
      const pages = Array.from({ length: 20 + number * 7 }, (_, line) => sentence(subject, week, line));
      writeFileSync(join(place, `Woche ${String(week).padStart(2, '0')}.txt`), `${pages.join('\n')}\n`);
    }
  }
  const office = join(folder, 'büro');
  mkdirSync(office);
  writeFileSync(
    join(office, 'Elternbrief – Wandertag.txt'),
    'Liebe Eltern,\n\nam 25. September wandern alle Klassen zum Weißen Stein. Bitte geben Sie Ihrem Kind\nfestes Schuhwerk, eine Trinkflasche und 3,50 € für den Bus mit. Größere Kinder führen kleinere.\n\nHerzliche Grüße\nÄnne Müller-Lüdenscheidt\n',
  );
  const marks = Array.from(
    { length: 400 },
    (_, row) => `${row + 1};Schüler ${row + 1};${1 + (row % 6)};${row % 3}`,
  );
  writeFileSync(join(office, 'noten.csv'), `Nr;Name;Note;Fehltage\n${marks.join('\n')}\n`);
  writeFileSync(join(office, 'nur lesen.txt'), 'Diese Datei darf niemand ändern.\n');
  chmodSync(join(office, 'nur lesen.txt'), 0o400);
  writeFileSync(join(office, 'glocke.sh'), '#!/bin/sh\nprintf "\\a"\n');
  chmodSync(join(office, 'glocke.sh'), 0o755);
}

function sentence(subject: string, week: number, line: number): string {
  const words = ['lesen', 'schreiben', 'üben', 'fragen', 'zeichnen', 'vorlesen', 'prüfen', 'vergleichen'];
  const at = createHash('sha256').update(`${subject} ${week} ${line}`).digest();
  return `${week}.${line + 1}  ${subject}: ${[...at.subarray(0, 6)].map((byte) => words[byte % words.length]).join(', ')}.`;
}

/** Bytes that no compression shortens, one of them twice: a repository stores it once. */
function makePictures(folder: string): void {
  mkdirSync(folder);
  for (const name of ['klassenfoto.jpg', 'schulhof.jpg', 'sommerfest.jpg']) {
    writeFileSync(join(folder, name), noise(name, 1_200_000));
  }
  writeFileSync(join(folder, 'klassenfoto (Kopie).jpg'), noise('klassenfoto.jpg', 1_200_000));
}

function noise(seed: string, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let block = 0; block * 64 < length; block += 1) {
    blocks.push(createHash('sha512').update(`${seed} ${block}`).digest());
  }
  return Buffer.concat(blocks, length);
}

/** Keys of an example: derived from their names, so they protect nothing. */
function makeKeys(folder: string): void {
  mkdirSync(folder, { mode: 0o700 });
  chmodSync(folder, 0o700);
  for (const owner of ['rektorat', 'bibliothek']) {
    const seed = createHash('sha256').update(`holdfast example key of ${owner}`).digest();
    const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    writeFileSync(join(folder, `${owner}.pem`), key.export({ format: 'pem', type: 'pkcs8' }), {
      mode: 0o600,
    });
  }
}

function makeDatabase(folder: string): void {
  mkdirSync(folder);
  const database = new DatabaseSync(join(folder, 'schule.sqlite'));
  database.exec('CREATE TABLE schueler (nr INTEGER PRIMARY KEY, name TEXT NOT NULL, klasse TEXT NOT NULL)');
  database.exec('CREATE TABLE ausleihe (schueler INTEGER REFERENCES schueler, buch TEXT, bis TEXT)');
  const pupil = database.prepare('INSERT INTO schueler VALUES (?, ?, ?)');
  const loan = database.prepare('INSERT INTO ausleihe VALUES (?, ?, ?)');
  database.exec('BEGIN');
  for (let nr = 1; nr <= 600; nr += 1) {
    pupil.run(nr, `Schüler ${nr}`, `${5 + (nr % 6)}${'abc'[nr % 3]}`);
    loan.run(
      nr,
      `Das große Buch der ${subjects[nr % subjects.length]}`,
      `2026-10-${String(1 + (nr % 28)).padStart(2, '0')}`,
    );
  }
  database.exec('COMMIT');
  database.close();
}

function makeAwkwardNames(folder: string): void {
  mkdirSync(folder);
  const names = [
    ' Leerzeichen vorn und hinten ',
    '-beginnt-mit-Strich',
    'zwei\nZeilen',
    'Tab\tund "Anführung" und \'Apostroph\'',
    'Rück\\Strich',
    'Stern * und Frage ? und [Klammer]',
    'Punkt am Ende.',
    '…',
    '🏫 Schule',
    'e\u0301 zerlegt',
    '\u00e9 zusammen',
    '\u001b[31mrot\u001b[0m',
    'n'.repeat(255),
  ];
  for (const name of names)
    writeFileSync(join(folder, name), `Der Name dieser Datei hat ${name.length} Zeichen.\n`);
  // Latin-1 from an old machine: no UTF-8.
  const old = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from('Schulgeb\xe4ude.txt', 'latin1')]);
  writeFileSync(old, 'Ein Name aus alter Zeit.\n');
}

function makeSpecials(folder: string): void {
  mkdirSync(folder);
  mkdirSync(join(folder, 'leerer Ordner'));
  writeFileSync(join(folder, 'leere Datei'), '');
  const sparse = openSync(join(folder, 'mit Löchern.img'), 'wx');
  ftruncateSync(sparse, 64 * 1024 * 1024);
  writeSync(sparse, 'Anfang', 0);
  writeSync(sparse, noise('mitte', 100_000), 0, 100_000, 30 * 1024 * 1024);
  writeSync(sparse, 'Ende', 64 * 1024 * 1024 - 4);
  closeSync(sparse);
  writeFileSync(join(folder, 'original.txt'), 'Eine Datei mit drei Namen.\n');
  linkSync(join(folder, 'original.txt'), join(folder, 'harter Link.txt'));
  mkdirSync(join(folder, 'woanders'));
  linkSync(join(folder, 'original.txt'), join(folder, 'woanders', 'dritter Name.txt'));
  symlinkSync('original.txt', join(folder, 'symbolischer Link'));
  symlinkSync('../unterricht', join(folder, 'Link auf Ordner'));
  symlinkSync('gibt es nicht', join(folder, 'toter Link'));
  spawnSync('mkfifo', [join(folder, 'rohr')]);
  addAttribute(join(folder, 'original.txt'));
}

/** File systems without extended attributes go without. */
function addAttribute(path: string): void {
  const name = Buffer.from('user.holdfast.fach');
  try {
    openSystem().setXattrAt(
      sys.atFdCwd,
      Buffer.from(path).toString('latin1'),
      name,
      Buffer.from('Geschichte'),
    );
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}

/** Children before their folder, because making a child changes the folder's time. */
function setTimes(folder: string): void {
  const entries = readdirSync(folder, { withFileTypes: true, encoding: 'buffer' });
  entries.sort((a, b) => Buffer.compare(a.name, b.name));
  for (const [position, entry] of entries.entries()) {
    const path = Buffer.concat([Buffer.from(`${folder}/`), entry.name]);
    if (entry.isDirectory()) setTimes(path.toString());
    const time = firstDay + position * 3600 + 0.123456;
    lutimesSync(entry.isDirectory() ? path.toString() : path, time, time);
  }
}

if (import.meta.main) {
  const folder = process.argv[2] === undefined ? schoolFolder : resolve(process.argv[2]);
  makeSchool(folder);
  console.log(folder);
}
