// Shares of a key on paper: sheets that a person and a scanner can read, and the way back from them to the backups.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { World } from './holdfast.ts';

const world = new World({ secret: 'key-file' });
let printed: string[][] = [];
let sheets: string[] = [];
let slotId = '';
let repositoryId = '';

before(() => {
  world.init();
  const made = world.run([...splitting('2/3', 'sheets'), '--print-text', '--label', 'Büro "Nord"', '--json']);
  assert.equal(made.exit, 0, made.errors);
  const result = made.end['result'] as { id: string; sheets: string[]; shares: string[][] };
  ({ id: slotId, sheets, shares: printed } = result);
  repositoryId = /repository ([0-9a-f]{32})/.exec(printed[0]![0]!)![1]!;
  for (const [index, lines] of printed.entries()) {
    writeFileSync(world.path(`share${index + 1}`), `${lines.join('\n')}\n`, { mode: 0o600 });
  }
});
after(() => world[Symbol.dispose]());

function splitting(text: string, folder: string): string[] {
  return ['key', 'add', '--new-shares', text, '--to', folder];
}

function opening(...files: readonly string[]): string[] {
  return ['key', 'test', '--json', ...files.flatMap((file) => ['--share-file', file])];
}

/** Only what the person in front of the terminal sees. */
const page = (path: string) =>
  execFileSync('pdftotext', ['-layout', world.path(path), '-'], { encoding: 'utf8' });

test('every sheet shows its share, its number, the repository and its key in two languages, on one page', () => {
  assert.equal(sheets.length, 3);
  for (const [index, sheet] of sheets.entries()) {
    const text = page(sheet);
    for (const line of printed[index]!.slice(1)) assert.ok(text.includes(line), line);
    assert.match(text, new RegExp(`Anteil ${index + 1} von 3 · Share ${index + 1} of 3`));
    for (const word of [
      repositoryId,
      slotId,
      'Büro "Nord"',
      'Unterschrift',
      'signature',
      '2 davon',
      '2 of them',
    ])
      assert.ok(text.includes(word), word);
    assert.equal(text.split('\f').length, 2, 'one page');
    for (const other of [0, 1, 2]) {
      if (other !== index) assert.ok(!text.includes(printed[other]![2]!), 'nothing of another share');
    }
  }
});

test('the QR code of a printed sheet gives a share file', () => {
  const [sheet = ''] = sheets;
  execFileSync('pdftoppm', ['-r', '150', '-png', world.path(sheet), world.path('scan')]);
  const image = readdirSync(world.folder).find((name) => name.startsWith('scan'))!;
  const scanned = spawnSync('zbarimg', ['--quiet', '--raw', world.path(image)], { encoding: 'utf8' });
  assert.equal(scanned.status, 0, scanned.stderr);
  assert.deepEqual(scanned.stdout.trimEnd().split('\n'), printed[0]!.slice(1));
  writeFileSync(world.path('scanned'), scanned.stdout, { mode: 0o600 });
  assert.equal(world.run(opening('scanned', 'share3')).exit, 0);
});

test('sheets are for their owner alone, and no other file holds a share', () => {
  for (const sheet of sheets) assert.equal(statSync(world.path(sheet)).mode & 0o777, 0o600);
  assert.equal(statSync(world.path('sheets')).mode & 0o777, 0o700);
  assert.equal(readdirSync(world.path('sheets')).length, 3);
  const secret = printed[0]![2]!.split(' ')[0]!;
  const own = new Set(['share1', 'scanned']);
  for (const entry of readdirSync(world.folder, { recursive: true, withFileTypes: true, encoding: 'utf8' })) {
    if (!entry.isFile() || own.has(entry.name)) continue;
    assert.ok(!readFileSync(join(entry.parentPath, entry.name), 'latin1').includes(secret), entry.name);
  }
});

test('any two of the shares open, one does not and tells that one is missing', () => {
  const opened = world.run(opening('share3', 'share1'));
  assert.equal(opened.exit, 0, opened.errors);
  assert.deepEqual(opened.end['result'], { id: slotId, type: 'shamir' });
  const variable = {
    HOLDFAST_KEY_FILE: undefined,
    HOLDFAST_SHARE_FILE: `${world.path('share1')}:${world.path('share2')}`,
  };
  assert.equal(world.run(['key', 'test'], { environment: variable }).exit, 0);
  const few = world.run(opening('share2'));
  assert.equal(few.exit, 3);
  assert.match(few.output, /SHARES_TOO_FEW.*1 more/);
  assert.doesNotMatch(few.output + few.errors, /a key slot cannot be used/, 'it is said once what is wrong');
});

test('a mistyped share, one of another set and a file that holds none are named', () => {
  const lines = readFileSync(world.path('share2'), 'utf8').split('\n');
  const typo = lines.with(
    3,
    lines[3]!.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')),
  );
  writeFileSync(world.path('typo'), typo.join('\n'), { mode: 0o600 });
  assert.match(world.run(opening('share1', 'typo')).output, /SHARE_DAMAGED.*share 2 in .*typo.* its line 3 /);
  writeFileSync(world.path('none'), '# nothing\n', { mode: 0o600 });
  assert.match(world.run(opening('none')).output, /SHARE_FILE_UNREADABLE/);
  assert.match(world.run(opening('absent')).output, /SHARE_FILE_UNREADABLE/);
  using other = new World({ secret: 'key-file' }).init();
  const made = other.run(['key', 'add', '--new-shares', '2/2', '--print-text']);
  writeFileSync(world.path('foreign'), made.output.split('\n').slice(1, 8).join('\n'), { mode: 0o600 });
  assert.match(world.run(opening('share2', 'foreign')).output, /SHARE_OF_ANOTHER_SET.*share 1 belongs/);
  assert.match(world.run(['key', 'sheet', '--json', '--share-file', 'foreign']).output, /SHARE_UNKNOWN/);
});

test('one holder can ask whether a share still fits, and print a lost sheet again, without unlocking', () => {
  const environment = { HOLDFAST_KEY_FILE: undefined };
  const asked = world.run(['key', 'sheet', '--share-file', 'share2', '--to', 'again'], { environment });
  assert.equal(asked.exit, 0, asked.errors);
  assert.match(asked.output, /Share 2 of 3 belongs to key/);
  const [name = ''] = readdirSync(world.path('again'));
  assert.equal(page(`again/${name}`), page(`sheets/${name}`));
  const twice = world.run(['key', 'sheet', '--share-file', 'share2', '--to', 'again', '--json'], {
    environment,
  });
  assert.match(twice.output, /SHEET_NOT_WRITTEN/, 'a sheet is never replaced');
});

test('at the terminal a slip is told at its line and asked again; pasted lines all count', () => {
  const [, ...first] = printed[0]!;
  const [, ...second] = printed[1]!;
  const slip = first[1]!.replace(/^./, (character) => (character === 'A' ? 'B' : 'A'));
  const typed = [first[0], slip, ...first.slice(1), ...second.map((line) => line.toLowerCase())];
  const line = `${process.execPath} ${join(import.meta.dirname, '../../src/cli/main.ts')} key test --share-file -`;
  const ran = world.run(['-qec', line, '/dev/null'], { input: `${typed.join('\n')}\n`, program: 'script' });
  assert.equal(ran.exit, 0, ran.output);
  assert.match(ran.output, /2: a character or the word is wrong; once more/);
  assert.match(ran.output, /Share 1 of 3 is right\. Still needed: 1\./);
  assert.match(ran.output, /It fits: key/);
});

test('shares that would be put nowhere, or where nobody can write, leave no key behind', () => {
  writeFileSync(world.path('file'), '');
  const count = () => (world.run(['key', 'list', '--json']).end['result'] as { keys: unknown[] }).keys.length;
  const earlier = count();
  assert.match(world.run(['key', 'add', '--new-shares', '2/3', '--json']).output, /SHARES_NOT_PRINTED/);
  assert.match(world.run([...splitting('2/3', 'file'), '--json']).output, /SHEET_NOT_WRITTEN/);
  assert.match(world.run([...splitting('2/17', 'more'), '--json']).output, /SHARES_IMPOSSIBLE/);
  assert.match(world.run([...splitting('three', 'more'), '--json']).output, /INVALID_OPTION/);
  assert.equal(count(), earlier);
});
