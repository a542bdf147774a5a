// The drawing of ARCHITECTURE.md as a test: floors, purity, complete tables, documented codes, no junk drawers.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { makeErrors } from '../scripts/make-errors.ts';

const root = resolve(import.meta.dirname, '..');
const src = join(root, 'src');

/** A room may import itself and rooms on lower floors, never a neighbour, never upward. */
const floors: Readonly<Record<string, number>> = {
  base: 0,
  model: 1,
  phrases: 1,
  disk: 1,
  storage: 2,
  keyslots: 2,
  ciphers: 2,
  codecs: 2,
  repository: 3,
  sources: 3,
  catalog: 3,
  archives: 3,
  channels: 3,
  operations: 4,
  identity: 4,
  control: 5,
  api: 6,
  cli: 7,
  library: 7,
};

interface SourceFile {
  readonly path: string;
  readonly room: string;
  readonly text: string;
}

const files: readonly SourceFile[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ path: name, room: name.split('/')[0]!, text: readFileSync(join(src, name), 'utf8') }));

function importsOf(file: SourceFile): string[] {
  return [...file.text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1]!);
}

test('every file lies in a room that has a floor', () => {
  for (const file of files)
    assert.ok(file.room in floors, `src/${file.path} is in no room of ARCHITECTURE.md`);
});

test('rooms import themselves and lower floors only', () => {
  for (const file of files) {
    for (const specifier of importsOf(file)) {
      if (!specifier.startsWith('.')) continue;
      const target = relative(src, resolve(src, dirname(file.path), specifier)).split('/')[0]!;
      const allowed = target === file.room || floors[target]! < floors[file.room]!;
      assert.ok(allowed, `src/${file.path} imports "${specifier}": ${file.room} may not know ${target}`);
    }
  }
});

test('base and model import nothing from node and never ask the clock or chance', () => {
  for (const file of files.filter(({ room }) => room === 'base' || room === 'model')) {
    for (const specifier of importsOf(file)) {
      assert.ok(!specifier.startsWith('node:'), `src/${file.path} imports "${specifier}"`);
    }
    const impure = /\b(Date\.now|Math\.random|new Date\(\)|performance\.now|Buffer\.)/.exec(file.text);
    assert.equal(impure, null, `src/${file.path} uses ${impure?.[0]}`);
  }
});

test('the clock, chance, timers and the environment enter on the uppermost floor alone', () => {
  for (const file of files.filter(({ room }) => room !== 'cli' && room !== 'library')) {
    const code = file.text.replace(/\/\/.*$/gm, '').replace(/\/\*[\s\S]*?\*\//g, '');
    const ambient =
      // A socket has a method setTimeout, for silence on the line.
      /(?<!\.)\b(Date\.now|Math\.random|setTimeout|setInterval|process\.env|process\.hrtime|performance\.now)\b/.exec(
        code,
      );
    assert.equal(ambient, null, `src/${file.path} uses ${ambient?.[0]}`);
  }
});

test('ciphers are made in ciphers alone, always with a tag length', () => {
  for (const file of files) {
    const uses = file.text.match(/create(?:De|C)ipheriv\(/g) ?? [];
    if (file.room === 'ciphers' || uses.length === 0) continue;
    // The chunker's table is a key stream, nothing is sealed with it.
    const isKeyStream = file.path === 'repository/chunker/gear-table.ts' && !file.text.includes('gcm');
    // The wrapping of the master key: floor 2 rooms do not know each other.
    const isWrapping = file.path === 'keyslots/wrapping.ts' && file.text.includes('authTagLength: 16');
    assert.ok(isKeyStream || isWrapping, `src/${file.path} makes a cipher`);
  }
});

test('folders are made by disk/folders.ts, which ends everywhere', () => {
  for (const file of files.filter(({ room }) => room !== 'disk')) {
    assert.doesNotMatch(file.text, /mkdir(Sync)?\([^;]*recursive/, `src/${file.path} makes folders itself`);
  }
});

test('storage.delete is called only where the format allows it', () => {
  const allowed = [
    /^storage\//,
    /^repository\/(session|sessions|create|open)\.ts$/,
    /^operations\/(forget|prune|keys|repair)(\/|\.ts$)/,
  ];
  for (const file of files) {
    if (!/storage\.delete\(/.test(file.text)) continue;
    assert.ok(
      allowed.some((pattern) => pattern.test(file.path)),
      `src/${file.path} deletes objects`,
    );
  }
});

test('tables name every kind that has a file, and no other', () => {
  for (const room of ['storage', 'sources', 'channels']) {
    const table = readFileSync(join(src, room, 'all.ts'), 'utf8');
    for (const match of table.matchAll(/import\('(\.\/[^']+)'\)/g)) {
      assert.ok(
        existsSync(join(src, room, match[1]!)),
        `src/${room}/all.ts names ${match[1]}, which does not exist`,
      );
    }
    for (const file of files.filter((one) => one.room === room && /^export default /m.test(one.text))) {
      const name = `./${relative(room, file.path)}`;
      assert.ok(table.includes(`'${name}'`), `add a line for ${name} to src/${room}/all.ts`);
    }
  }
});

test('every failure and problem code is documented in docs/errors.md as the source has it', () => {
  const documented = readFileSync(join(root, 'docs/errors.md'), 'utf8');
  const missing = new Set<string>();
  for (const file of files) {
    const code = file.text;
    for (const match of code.matchAll(/Failure\([^']{0,80}(?:'[a-z]+'[ :,\s]*){1,2}'([A-Z][A-Z0-9_]+)'/g)) {
      if (!documented.includes(`\`${match[1]}\``)) missing.add(`${match[1]} (src/${file.path})`);
    }
  }
  assert.deepEqual([...missing].sort(), []);
  assert.equal(documented, makeErrors(), 'run scripts/make-errors.ts');
});

test('files have names that say what they hold', () => {
  const vague = /(^|[-/])(utils?|helpers?|common|misc|managers?|services?|processors?|index)(\.ts|\/|-|$)/;
  const exceptions = new Set(['repository/index-table.ts', 'sources/secrets-manager.ts']);
  for (const { path } of files) {
    assert.ok(exceptions.has(path) || !vague.test(path), `src/${path} has a vague name`);
    assert.match(path, /^[a-z0-9/.-]+$/, `src/${path} is not kebab-case`);
  }
});

test('files stay short enough to be read', () => {
  for (const { path, text } of files) {
    if (/^cli\/texts\//.test(path)) continue;
    const lines = text.split('\n').length;
    assert.ok(lines <= 620, `src/${path} has ${lines} lines: what second thing did it become?`);
  }
});

test('no default exports but kinds', () => {
  for (const { path, text } of files) {
    if (!/^export default /m.test(text)) continue;
    assert.match(
      path,
      /^(storage|sources|channels|keyslots|codecs|ciphers)\//,
      `src/${path} has a default export`,
    );
  }
});

test('nothing is left open in the code', () => {
  for (const { path, text } of files) {
    const open = /\b(TODO|FIXME|XXX|HACK)\b/.exec(text);
    assert.equal(open, null, `src/${path} says ${open?.[0]}`);
    assert.doesNotMatch(text, /\b(?:describe|it|test)\.(?:only|skip)\b/, `src/${path}`);
  }
});
