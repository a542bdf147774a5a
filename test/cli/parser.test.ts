// Arguments, help, completion and the manual page come from one table.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../src/base/failure.ts';
import { commands } from '../../src/cli/commands/all.ts';
import { completionScript } from '../../src/cli/completion.ts';
import { manPage } from '../../src/cli/man.ts';
import { frameCompression, Options } from '../../src/cli/options.ts';
import { commandWord, type Parsed, parseArguments } from '../../src/cli/parser.ts';
import { textsIn } from '../../src/cli/texts/texts.ts';
import { project, World } from './holdfast.ts';

const texts = await textsIn('en');
const all = await Promise.all(Object.values(commands).map((load) => load()));

async function parsed(...words: string[]): Promise<Parsed> {
  const found = await parseArguments(words, texts);
  assert.ok('command' in found, 'a command, not a text');
  return found;
}

async function told(...words: string[]): Promise<string> {
  const found = await parseArguments(words, texts);
  assert.ok('text' in found, 'a text, not a command');
  return found.text;
}

test('options of all commands may stand before and after the command', async () => {
  for (const words of [
    ['-r', 'place', '--json', 'snapshots'],
    ['snapshots', '--json', '--repository=place'],
  ]) {
    const { title, options } = await parsed(...words);
    assert.equal(title, 'snapshots');
    assert.equal(options.text('repository'), 'place');
    assert.ok(options.flag('json'));
  }
});

test('the value of an option is not taken for the command', () => {
  assert.deepEqual(commandWord(['--repository', 'backup', 'snapshots']), { word: 'snapshots', index: 2 });
  assert.deepEqual(commandWord(['-q', 'backup']), { word: 'backup', index: 1 });
  assert.deepEqual(commandWord(['--json']), { word: undefined, index: 1 });
});

test('repeated options gather, and paths after -- may begin with a dash', async () => {
  const { options, arguments: paths } = await parsed(
    'backup',
    '--tag',
    'a',
    '--tag',
    'b',
    '--',
    '-strange',
    'b',
  );
  assert.deepEqual(options.list('tag'), ['a', 'b']);
  assert.deepEqual(paths, ['-strange', 'b']);
});

test('subcommands of key are found', async () => {
  assert.equal((await parsed('key', 'list')).title, 'key list');
  await assert.rejects(parsed('key', 'steal'), Failure);
});

test('help lists every command, and help of a command its options', async () => {
  for (const words of [[], ['help'], ['--help']]) {
    const text = await told(...words);
    for (const name of Object.keys(commands)) assert.match(text, new RegExp(`^ {2}${name} `, 'm'));
  }
  for (const words of [
    ['help', 'backup'],
    ['backup', '--help'],
  ]) {
    assert.match(await told(...words), /--exclude-larger-than/);
  }
  const german = await parseArguments(['help', 'restore'], await textsIn('de'));
  assert.match('text' in german ? german.text : '', /^Aufruf: holdfast restore/);
});

test('shares, counts and compressions are read exactly', () => {
  const options = new Options({ a: '5%', b: '0.05', c: '101%', d: '7', e: '-1', f: '100%' });
  assert.equal(options.share('a', '-a'), 0.05);
  assert.equal(options.share('b', '-b'), 0.05);
  assert.equal(options.share('f', '-f'), 1);
  assert.throws(() => options.share('c', '-c'), Failure);
  assert.equal(options.count('d', '-d'), 7);
  assert.throws(() => options.count('e', '-e'), Failure);
  assert.deepEqual(frameCompression(undefined), { compression: { comp: 1, level: 3 }, autoLevel: false });
  assert.deepEqual(frameCompression('zstd:19').compression, { comp: 1, level: 19 });
  assert.equal(frameCompression('auto').autoLevel, true);
  assert.deepEqual(frameCompression('none').compression, { comp: 0, level: 0 });
  assert.deepEqual(frameCompression('zstd:-7').compression, { comp: 1, level: -7 });
  assert.deepEqual(frameCompression('gzip').compression, { comp: 2, level: 6 });
  assert.deepEqual(frameCompression('brotli:0').compression, { comp: 3, level: 0 });
  assert.deepEqual(frameCompression('bzip2:1').compression, { comp: 4, level: 1 });
  assert.deepEqual(frameCompression('lzma:9'), frameCompression('xz:9'));
  for (const text of [
    'zstd:0',
    'zstd:23',
    'zstd:-8',
    'zstd:x',
    'zstd:',
    'gzip:0',
    'brotli:12',
    'none:0',
    'zip',
    '',
  ])
    assert.throws(() => frameCompression(text), Failure);
  const said = (text: string) => {
    try {
      frameCompression(text);
    } catch (error) {
      return (error as Failure).message;
    }
    return '';
  };
  assert.match(said('xz:10'), /"xz:0" … "xz:9"$/);
  assert.match(said('rar'), /"auto" or .*"zstd:-7" … "zstd:22".*"bzip2:1" … "bzip2:9"/);
});

test('the manual page is current: run scripts/make-man.ts when this fails', () => {
  assert.equal(readFileSync(join(project, 'docs/holdfast.1'), 'utf8'), manPage(all, texts));
});

test('completion scripts name every command, and bash accepts its own', () => {
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    const script = completionScript(shell, all, texts);
    for (const name of Object.keys(commands))
      assert.match(script, new RegExp(`\\b${name}\\b`), `${shell} ${name}`);
  }
  const checked = spawnSync('bash', ['-n'], {
    input: completionScript('bash', all, texts),
    encoding: 'utf8',
  });
  assert.equal(checked.stderr, '');
});

test('bash completes commands, options and choices', () => {
  const ask = (line: string) => {
    const words = line.split(' ');
    const script = `${completionScript('bash', all, texts)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _holdfast; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return spawnSync('bash', ['-c', script], { encoding: 'utf8' }).stdout.trim().split('\n');
  };
  assert.deepEqual(ask('holdfast snap'), ['snapshots']);
  assert.deepEqual(ask('holdfast prune --max-u'), ['--max-unused']);
  assert.deepEqual(ask('holdfast key pas'), ['passwd']);
});

test('the version is that of package.json', () => {
  using world = new World();
  const { version } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as { version: string };
  assert.equal(world.run(['--version']).output, `${version}\n`);
  assert.equal(world.run(['--version', '--json']).output, `${version}\n`);
});
