// What a person is told and shown: failures in their language, with words whole, each mistake on a line, times with their zone, tables that fit.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/base/failure.ts';
import { failureFields, failureLines } from '../../src/cli/exit.ts';
import { localTime, terminalTable } from '../../src/cli/show.ts';
import { textsIn } from '../../src/cli/texts/texts.ts';
import { translatorFor } from '../../src/phrases/phrases.ts';

const english = await textsIn('en');
const german = await textsIn('de', await translatorFor('de'));

test('a German user is told in German what failed and what to do, with its values', () => {
  const failure = new Failure('missing', 'STORAGE_MISSING', 'there is no folder "/srv/b"', {
    hint: 'Check the path, or make a repository there with "holdfast init".',
  });
  assert.deepEqual(failureLines(failure, german, false), [
    'holdfast: hier ist kein Repository',
    '  es gibt keinen Ordner „/srv/b“',
    '  Rat: Den Pfad prüfen oder dort mit „holdfast init“ ein Repository anlegen.',
    '  Code: STORAGE_MISSING (Exit 4)',
  ]);
  assert.equal(failureFields(failure, german).message, 'es gibt keinen Ordner „/srv/b“');
  assert.equal(failureFields(failure, english).message, failure.message);
});

test('a hint without words in the language gives way to the general one, and a message stays as it is', () => {
  const failure = new Failure('missing', 'STORAGE_MISSING', 'words nobody knows', {
    hint: 'Nor this advice.',
  });
  const lines = failureLines(failure, german, false);
  assert.equal(lines[1], '  words nobody knows');
  assert.match(lines[2]!, /Rat: Den Ort prüfen/);
});

test('on a terminal words stay whole, and what follows is indented', () => {
  const hint = 'Look at each of the many words of this advice, which is longer than the terminal is wide.';
  const failure = new Failure('usage', 'SOMETHING', 'short', { hint });
  const lines = failureLines(failure, english, false, 40);
  assert.ok(lines.every((line) => line.length <= 40));
  assert.equal(
    lines
      .slice(1, -1)
      .map((line) => line.trim())
      .join(' '),
    `hint: ${hint}`,
  );
  assert.match(lines[2]!, /^ {4}\S/);
});

test('each mistake of a file has a line of its own', () => {
  const message =
    '"/a.yaml", line 2, column 1: this key stands twice; line 7, column 3: a second document begins here';
  const failure = new Failure('usage', 'CONFIG_SYNTAX', message);
  assert.deepEqual(failureLines(failure, english, false).slice(0, 2), [
    'holdfast: "/a.yaml", line 2, column 1: this key stands twice',
    '  line 7, column 3: a second document begins here',
  ]);
  assert.deepEqual(failureLines(failure, german, false).slice(0, 2), [
    'holdfast: „/a.yaml“, Zeile 2, Spalte 1: dieser Schlüssel steht zweimal da',
    '  Zeile 7, Spalte 3: hier beginnt ein zweites Dokument',
  ]);
});

test('a time says its zone', () => {
  const at = Date.UTC(2026, 10, 21, 12) as Parameters<typeof localTime>[0];
  assert.equal(
    localTime(at, () => 60),
    '2026-11-21 13:00:00 +01',
  );
  assert.equal(
    localTime(at, () => 0),
    '2026-11-21 12:00:00 +00',
  );
  assert.equal(
    localTime(at, () => -210),
    '2026-11-21 08:30:00 -03:30',
  );
});

test('a table for a narrow terminal leaves out what is empty, and breaks between cells', () => {
  const rows = [
    ['Snapshot', 'Entries', 'Tags', 'Paths'],
    ['24a7b1d5756a', '9', '', '/srv/documents of the school'],
  ];
  assert.deepEqual(terminalTable(rows, [1], 30), [
    'Snapshot      Entries',
    '    Paths',
    '24a7b1d5756a        9',
    '    /srv/documents of the school',
  ]);
  assert.deepEqual(terminalTable(rows, [1], 200), [
    'Snapshot      Entries  Paths',
    '24a7b1d5756a        9  /srv/documents of the school',
  ]);
  assert.equal(terminalTable(rows, [1], undefined)[0], 'Snapshot      Entries  Tags  Paths');
});
