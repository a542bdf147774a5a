// Rotation of keys through the program: who keeps getting in, what is said, and what a dry run leaves alone.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
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
