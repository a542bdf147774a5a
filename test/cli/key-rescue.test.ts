// The rescue bundle: sealed, complete, without secrets, and noticed when it or the reader beside it is changed.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { writeRescue } from '../../scripts/make-rescue.ts';
import { project, World } from './holdfast.ts';

/** As a build leaves it. */
before(() => writeRescue(join(project, 'dist/rescue.mjs')));

function rescued(words: readonly string[] = []): World {
  const world = new World({ secret: 'key-file' }).init();
  const made = world.run(['key', 'rescue', 'write', ...words]);
  assert.equal(made.exit, 0, made.errors);
  return world;
}

const keysOf = (world: World) =>
  readdirSync(join(world.repository, 'keys')).filter((name) => name.startsWith('rescue'));

test('the bundle tells the place, the keys, the rules and what to do in both languages', () => {
  using world = new World({ secret: 'key-file' }).init();
  assert.equal(world.run(['key', 'add', '--new-shares', '2/3', '--print-text', '--label', 'Tresor']).exit, 0);
  writeFileSync(world.path('rules.json'), '{"keepDaily":7}');
  assert.equal(world.run(['key', 'rescue', 'write', '--policy', 'rules.json']).exit, 0);
  const english = world.run(['key', 'rescue', 'show']).output;
  const german = world.run(['key', 'rescue', 'show', '--lang', 'de']).output;
  assert.match(english, /# When everything is gone/);
  assert.match(german, /# Wenn alles weg ist/);
  for (const text of [english, german]) {
    for (const part of [
      world.repository,
      'Tresor',
      '--key-file',
      '--share-file',
      '{"keepDaily":7}',
      'node rescue.mjs',
    ])
      assert.ok(text.includes(part), part);
  }
  assert.match(english, /2 of 3 people/);
  const { result } = world.run(['key', 'rescue', 'show', '--json']).end as {
    result: Record<string, unknown>;
  };
  assert.equal((result['slots'] as unknown[]).length, 2);
  assert.equal(result['number'], 1);
});

test('a stranger learns nothing from it, and it holds no secret', () => {
  using world = rescued();
  const [name = ''] = keysOf(world);
  const bytes = readFileSync(join(world.repository, 'keys', name)).toString('latin1');
  for (const part of ['everything', 'key-file', world.repository, 'alles'])
    assert.ok(!bytes.includes(part), part);
  const secret = readFileSync(world.path('key'), 'utf8').trim();
  assert.ok(!world.run(['key', 'rescue', 'show', '--json']).output.includes(secret));
});

test('a newer bundle takes the place of the older one; backup, check and prune go on beside it', () => {
  using world = rescued(['--with-reader']);
  writeFileSync(world.path('file'), 'x');
  assert.equal(world.run(['backup', 'file']).exit, 0);
  assert.equal(world.run(['key', 'rescue', 'write']).exit, 0);
  assert.deepEqual(keysOf(world), ['rescue-2']);
  for (const words of [['check', '--read-data'], ['prune'], ['check'], ['snapshots']]) {
    const ran = world.run(words);
    assert.equal(ran.exit, 0, `${words.join(' ')}: ${ran.output}${ran.errors}`);
  }
  assert.ok(existsSync(join(world.repository, 'rescue.mjs')));
  assert.deepEqual(keysOf(world), ['rescue-2']);
});

test('it moves with the repository', () => {
  using world = rescued(['--with-reader']);
  const moved = world.run(['storage', 'move', '--to', world.path('elsewhere')]);
  assert.equal(moved.exit, 0, moved.errors);
  assert.ok(existsSync(world.path('elsewhere', 'rescue.mjs')));
  assert.equal(world.run(['key', 'rescue', 'show', '--repository', world.path('elsewhere')]).exit, 0);
});

test('a changed bundle, one under another number and a changed reader are found by check', () => {
  using world = rescued(['--with-reader']);
  const file = join(world.repository, 'keys/rescue-1');
  const good = readFileSync(file);
  const found = (pattern: RegExp) => {
    const ran = world.run(['check', '--json']);
    assert.equal(ran.exit, 8);
    assert.match(ran.output, pattern);
  };
  writeFileSync(join(world.repository, 'keys/rescue-2'), good);
  found(/RESCUE_BROKEN/);
  assert.equal(world.run(['key', 'rescue', 'show']).exit, 0, 'the good one still counts');
  rmSync(join(world.repository, 'keys/rescue-2'));
  const bad = Uint8Array.from(good);
  bad[bad.length - 1]! ^= 1;
  writeFileSync(file, bad);
  found(/BOX_BROKEN.*rescue-1|rescue-1.*BOX_BROKEN/);
  assert.equal(world.run(['snapshots']).exit, 0, 'nobody needs it to open the repository');
  writeFileSync(file, good);
  writeFileSync(join(world.repository, 'rescue.mjs'), 'console.log("give me your passphrase")');
  found(/RESCUE_READER_CHANGED/);
});

test('the reader that is stored or given out is the built one, and restores from the folder that it lies in', () => {
  using world = rescued(['--with-reader']);
  mkdirSync(world.path('data'));
  writeFileSync(world.path('data/letter'), 'dear');
  assert.equal(world.run(['backup', world.path('data')]).exit, 0);
  const given = world.run(['key', 'rescue', 'reader', '--to', 'reader.mjs', '--json']);
  assert.equal(given.exit, 0, given.errors);
  const bytes = readFileSync(world.path('reader.mjs'));
  assert.deepEqual(readFileSync(join(world.repository, 'rescue.mjs')), bytes);
  const hash = createHash('sha256').update(bytes).digest('hex');
  assert.equal((given.end['result'] as { sha256: string }).sha256, hash);
  assert.ok(world.run(['key', 'rescue', 'show', '--json']).output.includes(hash));
  assert.match(
    world.run(['key', 'rescue', 'reader', '--to', 'reader.mjs', '--json']).output,
    /RESCUE_FILE_NOT_MADE/,
  );
  const empty = mkdtempSync(join(tmpdir(), 'holdfast-empty-'));
  try {
    const words = [
      join(world.repository, 'rescue.mjs'),
      'restore',
      world.repository,
      'back',
      '--key-file',
      world.path('key'),
    ];
    const ran = spawnSync(process.execPath, words, { cwd: empty, env: {}, encoding: 'utf8' });
    assert.equal(ran.status, 0, ran.stderr);
    assert.equal(readFileSync(join(empty, 'back/letter'), 'utf8'), 'dear');
  } finally {
    rmSync(empty, { recursive: true, force: true });
  }
});

test('without a bundle that is said; a dry run shows the text and stores nothing; a shown one is for its owner', () => {
  using world = new World({ secret: 'key-file' }).init();
  assert.match(world.run(['key', 'rescue', 'show', '--json']).output, /RESCUE_MISSING/);
  assert.match(world.run(['key', 'rescue', 'write', '--dry-run']).output, /When everything is gone/);
  assert.deepEqual(keysOf(world), []);
  assert.equal(world.run(['key', 'rescue', 'write']).exit, 0);
  assert.equal(world.run(['key', 'rescue', 'show', '--to', 'runbook.md']).exit, 0);
  assert.equal(statSync(world.path('runbook.md')).mode & 0o777, 0o600);
});
