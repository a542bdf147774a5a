// Lines fit the terminal they are shown on, and are left whole where a program reads them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { terminalTable, wrapped } from '../../src/cli/show.ts';

const line =
  'WARNING   "one" has one key only. If it is lost, all is lost: add another with holdfast key add.';

test('a line is broken between words, never longer than the terminal, and says the same', () => {
  for (const columns of [40, 60, 80, 100]) {
    const rows = wrapped(line, columns, ' '.repeat(10));
    assert.ok(
      rows.every((row) => row.length <= columns),
      rows.join('\n'),
    );
    assert.ok(rows.slice(1).every((row) => /^ {10}\S/.test(row)));
    const words = (text: string) => text.split(/\s+/).filter((word) => word !== '');
    assert.deepEqual(words(rows.join(' ')), words(line));
  }
});

test('in a pipe, on a terminal of no use, and where it fits, a line stays as it is', () => {
  assert.deepEqual(wrapped(line, undefined, ''), [line]);
  assert.deepEqual(wrapped(line, 10, ''), [line]);
  assert.deepEqual(wrapped(line, line.length, ''), [line]);
});

test('a word that is longer than the terminal is not cut', () => {
  const path = `/srv/${'a'.repeat(100)}`;
  assert.deepEqual(wrapped(`in ${path} now`, 50, '  '), ['in', `  ${path}`, '  now']);
});

test('of a table too wide for the terminal the last cells stand below, between words', () => {
  const rows = [
    ['Alert', 'Severity', 'What'],
    ['01a2', 'warning', line],
  ];
  const shown = terminalTable(rows, [], 60);
  assert.ok(
    shown.every((row) => row.length <= 60),
    shown.join('\n'),
  );
  assert.deepEqual(terminalTable(rows, [], undefined).length, 2);
});
