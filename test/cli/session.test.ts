// A writer that was declared dead through the program holds nothing any more; when it wakes up after all, its run fails and says why.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, watch } from 'node:fs';
import { test } from 'node:test';
import { project, World } from './holdfast.ts';

/** Names in the folder of sessions, without what is only being written. */
function sessionFiles(world: World): string[] {
  const folder = world.path('repository', 'sessions');
  return existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('.')) : [];
}

async function untilSession(world: World): Promise<string> {
  const watching = new AbortController();
  // Made beforehand, so that no change in it can be missed.
  mkdirSync(world.path('repository', 'sessions'), { recursive: true });
  const changes = watch(world.path('repository', 'sessions'), { signal: watching.signal });
  try {
    for (let name = sessionFiles(world)[0]; ; name = sessionFiles(world)[0]) {
      if (name !== undefined) return name;
      await once(changes, 'change');
    }
  } finally {
    watching.abort();
  }
}

test('session revoke ends what a lost writer holds, and the writer that wakes up publishes nothing', async () => {
  using world = new World().init();
  // It waits for input that does not come: alive, so nothing proves it dead.
  const lost = spawn(`${project}/bin/holdfast`, ['backup', '--stdin', '--json'], {
    cwd: world.folder,
    env: {
      PATH: process.env.PATH,
      XDG_STATE_HOME: world.path('state'),
      HOLDFAST_REPOSITORY: world.repository,
      HOLDFAST_PASSWORD_FILE: world.passwordFile,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  lost.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const closed = once(lost, 'close');
  const id = await untilSession(world);
  const shown = world.run(['status']);
  assert.match(shown.output, new RegExp(id.slice(0, 12)));

  const silent = world.run(['session', 'revoke', id.slice(0, 8), '--json']);
  assert.deepEqual([silent.exit, silent.end.code], [2, 'REASON_NEEDED']);
  assert.equal(
    world.run(['session', 'revoke', id.slice(0, 8), '--reason', ' ', '--json']).end.code,
    'REASON_NEEDED',
  );
  const unknown = world.run(['session', 'revoke', 'ffff', '--reason', 'burned down', '--json']);
  assert.equal(unknown.end.code, 'SESSION_UNKNOWN');
  assert.deepEqual(sessionFiles(world), [id], 'a refused revocation changed something');

  const revoked = world.run([
    'session',
    'revoke',
    id.slice(0, 8).toUpperCase(),
    '--reason',
    'burned down',
    '--json',
  ]);
  assert.equal(revoked.exit, 0, revoked.output);
  const result = revoked.end.result as Record<string, unknown>;
  assert.deepEqual([result.id, result.revoked, result.reason], [id, true, 'burned down']);
  assert.doesNotMatch(world.run(['status']).output, new RegExp(id.slice(0, 12)));
  assert.equal(world.run(['prune']).exit, 0);

  lost.stdin.end('too late');
  const [exit] = await closed;
  assert.notEqual(exit, 0);
  assert.match(output, /"code":"SESSION_REVOKED"/);
  const listed = world.run(['snapshots', '--json']).end.result as { snapshots: unknown[] };
  assert.deepEqual(listed.snapshots, []);
  assert.equal(world.run(['backup', 'password', '--json']).exit, 0);
  assert.equal(world.run(['check', '--read-data']).exit, 0);
});
