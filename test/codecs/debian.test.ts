// What a codec gives is what Debian's own program of that name reads, and the other way round.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { codecs } from '../../src/codecs/all.ts';
import { noise } from '../world.ts';

const programs: Readonly<Record<string, { readonly pack: string[]; readonly unpack: string[] }>> = {
  gzip: { pack: ['gzip', '-c'], unpack: ['gzip', '-dc'] },
  brotli: { pack: ['brotli', '-c'], unpack: ['brotli', '-dc'] },
  bzip2: { pack: ['bzip2', '-c'], unpack: ['bzip2', '-dc'] },
  xz: { pack: ['xz', '-c'], unpack: ['xz', '-dc'] },
};

const samples: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from('one short line\n'),
  Buffer.alloc(300_000, 'many words, one after the other, '),
  noise('debian', 300_000),
];

/** Other ways to write the same format: with other checks, several blocks, the largest dictionary. */
const variants: Readonly<Record<string, readonly (readonly string[])[]>> = {
  gzip: [['-1'], ['-9']],
  brotli: [['-q', '11'], ['--lgwin=24']],
  bzip2: [['-1']],
  xz: [['-9'], ['-0', '--check=sha256'], ['--check=none', '--block-size=70000'], ['--check=crc32']],
};

function run(words: readonly string[], input: Uint8Array): Buffer {
  const [program, ...rest] = words;
  const done = spawnSync(program!, rest, { input, maxBuffer: 64 * 1024 * 1024 });
  assert.equal(done.status, 0, `${words.join(' ')}: ${done.stderr}`);
  return done.stdout;
}

for (const codec of codecs.filter(({ name }) => name in programs)) {
  const { pack, unpack } = programs[codec.name]!;

  test(`the program "${unpack[0]}" reads what ${codec.name} gives at each level`, () => {
    for (let level = codec.levels.least; level <= codec.levels.most; level += 1) {
      for (const plain of samples) {
        assert.ok(run(unpack, codec.compress(plain, level)).equals(plain), `level ${level}`);
      }
    }
  });

  test(`${codec.name} reads what the program "${pack[0]}" gives`, () => {
    for (const way of [[], ...variants[codec.name]!]) {
      for (const plain of samples) {
        const packed = run([...pack, ...way], plain);
        assert.ok(Buffer.from(codec.decompress(packed, plain.length)).equals(plain), way.join(' '));
      }
    }
  });
}
