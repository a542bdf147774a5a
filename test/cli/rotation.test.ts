// Rotation of keys through the program: who keeps getting in, what is said, and what a dry run leaves alone.

import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Ran, World } from './holdfast.ts';

function done(ran: Ran): Ran {
  assert.equal(ran.exit, 0, ran.errors);
  return ran;
}

test('a new master key keeps who is named, drops who is not only when told to, and says what copies are worth', () => {
  using world = new World({ secret: 'key-file' }).init();
  const slots = () => readdirSync(join(world.repository, 'keys')).filter((name) => name.startsWith('slot-'));
  done(world.run(['key', 'add', '--new-key-file', 'second.key', '--label', 'second']));
  done(world.run(['key', 'generate', '--type', 'x25519', '--to', 'third.key']));
  done(world.run(['key', 'add', '--new-recipient', 'third.key.pub', '--label', 'third']));
  const before = slots();
  const refused = world.run(['key', 'rotate', '--master', '--keep-key-file', 'second.key']);
  assert.equal(refused.exit, 2);
  assert.match(refused.errors, /third/);
  const words = ['key', 'rotate', '--master', '--keep-key-file', 'second.key'];
  const kept = ['--keep-recipient', 'third.key.pub'];
  assert.match(done(world.run([...words, ...kept, '--dry-run'])).output, /would replace/);
  assert.deepEqual(slots(), before);
  const ran = done(world.run([...words, ...kept]));
  assert.match(ran.output, /generation 2/);
  assert.match(ran.errors, /only a new repository changes that/);
  assert.equal(slots().filter((name) => before.includes(name)).length, 0);
  const noSecret = { environment: { HOLDFAST_KEY_FILE: undefined } };
  done(world.run(['key', 'test', '--key-file', 'second.key'], noSecret));
  done(world.run(['key', 'test', '--identity', 'third.key'], noSecret));
  const dropping = done(world.run(['key', 'rotate', '--master', '--drop-others', '--json']));
  const { result } = dropping.end as { result: { dropped: unknown[]; generation: number } };
  assert.equal(result.dropped.length, 2);
  assert.equal(result.generation, 3);
  assert.equal(world.run(['key', 'test', '--key-file', 'second.key'], noSecret).exit, 3);
  done(world.run(['check', '--quick']));
});

test('options for keys that stay are refused where no key can be lost', () => {
  using world = new World({ secret: 'key-file' }).init();
  assert.equal(world.run(['key', 'rotate', '--drop-others']).exit, 2);
  assert.match(done(world.run(['key', 'rotate', '--dry-run'])).output, /generation 2/);
  assert.match(done(world.run(['key', 'rotate'])).output, /generation 2/);
});

interface Use {
  readonly kind: string;
  readonly generation: number;
  readonly state: string;
  readonly frames: number;
  readonly share: number;
}

test('key status tells what each generation holds, prune seals it anew, and then the old key can be destroyed', () => {
  using world = new World({ secret: 'key-file' }).init();
  writeFileSync(world.path('file'), 'content');
  done(world.run(['backup', 'file']));
  done(world.run(['key', 'rotate']));
  const data = (ran: Ran, list = 'generations') =>
    (done(ran).end.result as Record<string, readonly Use[]>)[list]!.filter(({ kind }) => kind === 'data');
  const before = data(world.run(['key', 'status', '--json']));
  assert.deepEqual(
    before.map(({ generation, state, share }) => [generation, state, share]),
    [
      [1, 'decrypt-only', 1],
      [2, 'active', 0],
    ],
  );
  assert.match(done(world.run(['key', 'status'])).output, /100 % .*older generations/);
  assert.equal(world.run(['key', 'retire', '1']).exit, 5);
  assert.equal(world.run(['key', 'retire', 'one']).exit, 2);
  assert.equal(world.run(['prune', '--reencrypt', 'some']).exit, 2);
  const none = data(world.run(['prune', '--reencrypt-before', '2000-01-01', '--json']));
  assert.deepEqual(
    none.map(({ share }) => share),
    [1, 0],
  );
  const after = data(world.run(['prune', '--reencrypt', '1-3', '--json']));
  assert.deepEqual(
    after.map(({ share }) => share),
    [0, 1],
  );
  assert.match(done(world.run(['key', 'retire', '1', '--dry-run'])).output, /would be/);
  const retired = done(world.run(['key', 'retire', '1']));
  assert.match(retired.errors, /Copies of the repository/);
  assert.deepEqual(
    data(world.run(['key', 'status', '--json'])).map(({ state }) => state),
    ['destroyed', 'active'],
  );
  done(world.run(['check', '--read-data']));
  done(world.run(['restore', 'latest', '--target', 'back']));
});
