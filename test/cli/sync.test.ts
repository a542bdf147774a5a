// `sync` and `copy` as people run them: two repositories with keys of their own, what is printed, and how it ends.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { treeDigest, writeTree } from '../world.ts';
import { project, type Ran, World } from './holdfast.ts';

class Two extends World {
  readonly second = this.path('second');
  readonly #secret = this.path('second password');

  constructor() {
    super();
    writeFileSync(this.#secret, 'another passphrase\n', { mode: 0o600 });
    this.init().init([], { environment: this.there() });
  }

  there(): Record<string, string> {
    return { HOLDFAST_REPOSITORY: this.second, HOLDFAST_PASSWORD_FILE: this.#secret };
  }

  save(seed: string): string {
    writeTree(this.path('files'), { [`a/${seed}`]: seed, last: seed });
    const saved = this.run(['backup', 'files', '--json']);
    assert.equal(saved.exit, 0, saved.output);
    return String((saved.end.result as { snapshotId: string }).snapshotId);
  }

  inSecond(words: readonly string[]): Ran {
    return this.run(words, { environment: this.there() });
  }

  to(command: string, words: readonly string[] = []): Ran {
    return this.run([command, '--to', this.second, '--to-password-file', this.#secret, ...words]);
  }
}

function documented(command: string): string {
  const page = readFileSync(join(project, 'docs/cli-json.md'), 'utf8');
  return page.split('\n').find((line) => line.startsWith(`| \`${command}\` |`)) ?? '';
}

test('sync keeps a second repository alike, follows what was forgotten on demand, and refuses too much of it', () => {
  using world = new Two();
  const [first, second, third] = ['one', 'two', 'three'].map((seed) => world.save(seed)) as [
    string,
    string,
    string,
  ];
  const plan = world.to('sync', ['--dry-run']);
  assert.match(plan.output, /^Dry run: 3 snapshots would go to .*, 0 are there already\.$/m);
  const done = world.to('sync', ['--json', '--newest-first', '--retain', '0d', '--verify-share', '100%']);
  assert.equal(done.exit, 0, done.output);
  const result = done.end.result as { copied: { from: string }[]; verified: { bytes: number } };
  assert.deepEqual(
    result.copied.map(({ from }) => from),
    [third, second, first],
  );
  assert.ok(result.verified.bytes > 0);
  for (const field of Object.keys(result)) {
    assert.ok(
      documented('sync').includes(`\`${field}\``) || documented('copy').includes(`\`${field}\``),
      field,
    );
  }
  assert.equal(world.inSecond(['restore', 'latest', '-t', 'back']).exit, 0);
  assert.equal(treeDigest(world.path('back')), treeDigest(world.path('files')));

  assert.equal(world.run(['forget', first]).exit, 0);
  assert.match(world.to('sync', ['--forget', '--dry-run']).output, /1 copy would be forgotten there/);
  assert.match(world.to('sync', ['--forget']).output, /^1 copy forgotten there/m);
  assert.equal(world.run(['forget', second, third]).exit, 0);
  const refused = world.to('sync', ['--forget', '--json']);
  assert.deepEqual([refused.exit, refused.end.code], [3, 'SYNC_FORGETS_TOO_MUCH']);
  assert.match(world.to('sync', ['--force-forget', '--lang', 'de']).output, /^2 Kopien dort vergessen/m);
});

test('an original that nobody forgot is told, and its copy stays', () => {
  using world = new Two();
  world.save('one');
  assert.equal(world.to('sync').exit, 0);
  const folder = join(world.repository, 'snapshots');
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (statSync(join(folder, name)).isFile()) rmSync(join(folder, name));
  }
  const done = world.to('sync', ['--force-forget']);
  assert.match(done.output, /Attention: the originals of 1 copies are gone here/);
  assert.equal(world.inSecond(['restore', 'latest', '-t', 'back']).exit, 0);
});

test('without a second place, or with the first one, sync says so', () => {
  using world = new Two();
  const codeOf = (ran: Ran) => [ran.exit, ran.end.code];
  assert.deepEqual(codeOf(world.run(['sync', '--json'])), [2, 'COPY_TARGET_NOT_NAMED']);
  assert.deepEqual(codeOf(world.run(['sync', '--to', world.repository, '--json'])), [2, 'COPY_ONTO_ITSELF']);
  assert.deepEqual(codeOf(world.to('sync', ['--verify-share', '2', '--json'])), [2, 'INVALID_OPTION']);
});
