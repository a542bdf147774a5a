// The channel command through the program.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { World } from './holdfast.ts';

const world = new World();
after(() => world[Symbol.dispose]());

function commandChannel(lines: string): string {
  const path = world.path('program');
  writeFileSync(path, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  return JSON.stringify({ kind: 'command', command: [path] });
}

test('channel kinds names every kind and its secrets', () => {
  const { kinds } = world.run(['channel', 'kinds', '--json']).end.result as {
    kinds: { kind: string; secretFields: string[] }[];
  };
  const names = 'email slack teams webhook syslog sns command healthchecks';
  assert.deepEqual(
    kinds.map(({ kind }) => kind),
    names.split(' '),
  );
  assert.deepEqual(kinds.find(({ kind }) => kind === 'email')?.secretFields, ['password']);
});

test('channel test sends one message in the language of the user, and tells how it went', () => {
  const out = world.path('out');
  const sent = world.run([
    '--lang',
    'de',
    'channel',
    'test',
    commandChannel(`cat > "${out}"`),
    '--severity',
    'WARNING',
  ]);
  assert.equal(sent.exit, 0, sent.errors);
  assert.match(sent.output, /hat die Probenachricht angenommen/);
  const message = JSON.parse(readFileSync(out, 'utf8')) as Record<string, string>;
  assert.match(message.title ?? '', /^Probenachricht von Holdfast/);
  assert.equal(message.severity, 'WARNING');
  assert.equal(message.language, 'de');
  const thorough = world.run(['channel', 'test', commandChannel('cat > /dev/null'), '--thorough', '--json']);
  assert.equal(thorough.exit, 0, thorough.errors);
  assert.equal((thorough.end.result as { checks: unknown[] }).checks.length, 5);
  assert.equal(world.run(['channel', 'test', commandChannel('exit 1')]).exit, 2);
  assert.equal(world.run(['channel', 'test', commandChannel('exit 75')]).exit, 6);
  assert.equal(world.run(['channel', 'test', commandChannel('exit 1'), '--thorough']).exit, 8);
});

test('secrets come from files and commands, and are refused in arguments without being shown', () => {
  const secret = 'https://127.0.0.1/T000/very-secret-path';
  const file = world.path('url');
  writeFileSync(file, `${secret}\n`, { mode: 0o600 });
  for (const environment of [
    { HOLDFAST_CHANNEL_URL_FILE: file },
    { HOLDFAST_CHANNEL_URL_COMMAND: `cat "${file}"` },
  ]) {
    // The address of this machine is refused, so nothing is sent; it was read all the same.
    const ran = world.run(['channel', 'test', 'slack:'], { environment });
    assert.equal(ran.exit, 3, ran.errors);
    assert.match(ran.errors, /CHANNEL_TARGET_REFUSED/);
    assert.ok(!(ran.output + ran.errors).includes('very-secret'));
  }
  const cases: readonly (readonly [string, RegExp])[] = [
    [`slack:${secret}`, /HOLDFAST_CHANNEL_URL_FILE(.|\n)*CHANNEL_URL_HAS_SECRET/],
    [
      JSON.stringify({ kind: 'slack', url: secret }),
      /HOLDFAST_CHANNEL_URL_FILE(.|\n)*CHANNEL_SECRET_IN_ARGUMENT/,
    ],
    [
      'email://a:very-secret@mail.example/b@c.example',
      /HOLDFAST_CHANNEL_PASSWORD_FILE(.|\n)*CHANNEL_URL_HAS_SECRET/,
    ],
    ['{"kind":"email","password":"very-secret"', /CHANNEL_JSON_INVALID/],
    ['{"kind":"email","host":"very-secret@x"}', /CHANNEL_CONFIG_INVALID/],
    ['slack:', /CHANNEL_CONFIG_INVALID/],
    ['pigeon:coop', /"pigeon" is no kind of channel(.|\n)*Known kinds: email/],
    ['Nothing', /CHANNEL_URL_INVALID/],
    ['syslog://log.example?colour=red', /CHANNEL_URL_INVALID/],
    ['syslog://log.example?transport=sctp', /udp, tcp, tls(.|\n)*CHANNEL_CONFIG_INVALID/],
    ['email://a@mail.example/nobody', /CHANNEL_CONFIG_INVALID/],
  ];
  for (const [given, expected] of cases) {
    const ran = world.run(['channel', 'test', given]);
    assert.equal(ran.exit, 2, ran.errors);
    assert.match(ran.errors, expected);
    assert.ok(!(ran.output + ran.errors).includes('very-secret'), ran.errors);
  }
});

test('channel test takes the name of a configured channel, with the secrets that stand there', () => {
  const out = world.path('configured');
  const config = world.path('holdfast.yaml');
  const place = commandChannel(`cat > "${out}"`);
  writeFileSync(config, JSON.stringify({ channels: { page: { place } } }), { mode: 0o600 });
  const sent = world.run(['channel', 'test', 'page', '--config', config]);
  assert.equal(sent.exit, 0, sent.errors);
  assert.equal(JSON.parse(readFileSync(out, 'utf8')).severity, 'INFO');
  const unknown = world.run(['channel', 'test', 'mail', '--config', config]);
  assert.equal(unknown.exit, 4);
  assert.match(unknown.errors, /page/);
});
