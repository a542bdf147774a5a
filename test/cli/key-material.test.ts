// `keys` and `backup --keys` through the program, and the promise that nothing of a key is left anywhere: not in what is printed, not in
// the state folder, not in a temporary file, not in a file that was gone before the end.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { programsOrSkip } from '../servers/process.ts';
import { certificate, passphrase, pkcs8, rsa, run } from '../sources/keys/key-folder.ts';
import { noise } from '../world.ts';
import { type Ran, World } from './holdfast.ts';

let world: World;
let secrets: readonly Buffer[];

before(() => {
  world = new World({ secret: 'key-file' }).init();
  const folder = world.path('keys');
  mkdirSync(folder);
  mkdirSync(world.path('tmp'));
  const put = (name: string, content: string, mode = 0o600) => {
    writeFileSync(join(folder, name), content);
    chmodSync(join(folder, name), mode);
  };
  const [weak, sealed] = [rsa(1024), rsa(2048)];
  const wire = noise('wire', 32);
  put('weak.key', pkcs8(weak.privateKey), 0o644);
  put('sealed.key', pkcs8(sealed.privateKey, passphrase));
  put('wg0.conf', `[Interface]\nPrivateKey = ${wire.toString('base64')}\n`);
  put('.env', `DB_PASSWORD=${noise('env', 24).toString('hex')}\n`);
  put('readme.txt', 'no key\n', 0o644);
  put('passphrase-of-the-test', `${passphrase}\n`);
  const prime = (key: typeof weak) =>
    Buffer.from(key.privateKey.export({ format: 'jwk' })['p']!, 'base64url');
  secrets = [
    prime(weak),
    prime(sealed),
    wire,
    Buffer.from(noise('env', 24).toString('hex')),
    Buffer.from(passphrase),
  ];
});
after(() => world[Symbol.dispose]());

function result({ end }: Ran): Record<string, unknown> {
  assert.equal(end.type, 'result', JSON.stringify(end));
  return end.result as Record<string, unknown>;
}

/** As bytes, as hex and as base64 that may begin at any of three places and be broken into lines. */
function holdsSecret(text: Buffer): boolean {
  const joined = Buffer.from(text.toString('latin1').replace(/\s+|\\n/g, ''), 'latin1');
  return secrets.some((secret) =>
    [0, 1, 2].some((start) => {
      const piece = secret.subarray(start, start + 15);
      const forms = (['base64', 'base64url', 'hex'] as const).map((form) =>
        Buffer.from(piece.toString(form)),
      );
      return [piece, ...forms].some((form) => text.includes(form) || joined.includes(form));
    }),
  );
}

test('the search for secrets finds them where they are', () => {
  const holders = ['.env', 'passphrase-of-the-test', 'weak.key', 'wg0.conf'];
  const found = readdirSync(world.path('keys')).filter((name) =>
    holdsSecret(readFileSync(world.path('keys', name))),
  );
  assert.deepEqual(found.sort(), holders);
});

function assertNothingLeft(ran: Ran): void {
  assert.ok(!holdsSecret(Buffer.from(ran.output + ran.errors)), 'printed');
  assert.deepEqual(readdirSync(world.path('tmp')), []);
  for (const place of ['state', 'repository']) {
    for (const name of readdirSync(world.path(place), { recursive: true, encoding: 'utf8' })) {
      const path = world.path(place, name);
      if (statSync(path).isFile()) assert.ok(!holdsSecret(readFileSync(path)), path);
    }
  }
}

const environment = () => ({ TMPDIR: world.path('tmp') });

test('a look at a folder lists its keys, exits 1 for a critical finding and prints nothing of them', () => {
  const ran = world.run(['keys', 'inventory', 'keys', '--json'], { environment: environment() });
  assert.equal(ran.exit, 1);
  const { files, counts, problems } = result(ran) as {
    files: { path: string; mode: string; items: { type: string; isEncrypted?: boolean }[] }[];
    counts: Record<string, number>;
    problems: number;
  };
  assert.deepEqual(
    files.map(({ path, mode, items }) => [path.split('/').at(-1), mode, items[0]!.type]),
    [
      ['.env', '0600', 'secrets'],
      ['sealed.key', '0600', 'private-key'],
      ['weak.key', '0644', 'private-key'],
      ['wg0.conf', '0600', 'private-key'],
    ],
  );
  assert.deepEqual([counts['critical'], problems], [2, 0]);
  assertNothingLeft(ran);
  const people = world.run(['keys', 'inventory', 'keys']);
  assert.match(people.output, /private key +RSA 1024 +none +0644 +\S+ +\S+weak\.key/);
  assertNothingLeft(people);
});

test('without a critical finding it exits 0, and findings can be limited to the worst', () => {
  const fine = world.run(['keys', 'findings', 'keys', '--exclude', 'weak.key', '--json']);
  assert.equal(fine.exit, 0, fine.errors);
  const worst = world.run(['keys', 'findings', 'keys', '--severity', 'critical', '--json']);
  const { findings } = result(worst) as { findings: { code: string }[] };
  assert.deepEqual(findings.map(({ code }) => code).sort(), ['KEY_WEAK', 'MODE_TOO_OPEN']);
});

test('paths and a snapshot together, or none of them, is a usage error', () => {
  for (const words of [
    ['keys', 'inventory'],
    ['keys', 'findings', 'keys', '--snapshot', 'latest'],
  ]) {
    const ran = world.run([...words, '--json']);
    assert.deepEqual([ran.exit, ran.end.code], [2, 'KEYS_PLACE_UNCLEAR']);
  }
  assert.equal(world.run(['backup', '--keys', '--stdin', '--json']).end.code, 'KEYS_NEED_PATHS');
});

test('backup --keys saves everything and tells the inventory; the snapshot tells the same', () => {
  for (const pass of ['first', 'again']) {
    const ran = world.run(['backup', '--keys', 'keys', '--json'], { environment: environment() });
    assert.equal(ran.exit, 0, ran.errors);
    const { keys, files } = result(ran) as {
      keys: { files: number; items: number; byType: Record<string, number>; counts: Record<string, number> };
      files: { unchanged: number };
    };
    // What nobody reads again, because it did not change, is in the inventory all the same.
    assert.equal(files.unchanged, pass === 'first' ? 0 : 6);
    assert.deepEqual([keys.files, keys.items, keys.byType], [4, 4, { secrets: 1, 'private-key': 3 }]);
    assert.equal(keys.counts['critical'], 2);
    assertNothingLeft(ran);
  }
  const [live, saved] = [['keys'], ['--snapshot', 'latest']].map(
    (words) => result(world.run(['keys', 'inventory', ...words, '--json']))['files'],
  );
  assert.deepEqual(saved, live);
  const path = world.path('keys/weak.key');
  assert.equal(world.run(['cat', `latest:${path}`]).output, readFileSync(path, 'utf8'));
});

test('a broken key file makes the backup partial and is saved as it is', () => {
  const folder = world.path('broken');
  mkdirSync(folder);
  const half = pkcs8(rsa(2048).privateKey).slice(0, 500);
  writeFileSync(join(folder, 'half.key'), half);
  const ran = world.run(['backup', '--keys', 'broken', '--json']);
  assert.equal(ran.exit, 1);
  const problem = ran.events.find(({ type }) => type === 'problem');
  assert.equal(problem?.code, 'KEY_FILE_BROKEN');
  assert.equal((result(ran)['keys'] as { broken: number }).broken, 1);
  const out = world.run(['cat', `latest:${join(folder, 'half.key')}`]);
  assert.equal(out.output, half);
});

test('a drill says yes and what is locked, and leaves nothing of the keys', () => {
  const words = ['keys', 'drill', 'latest', '--path', world.path('keys'), '--json'];
  const locked = world.run(words, { environment: environment() });
  assert.deepEqual([locked.exit, result(locked)['counts']], [0, { yes: 2, no: 0, 'not-provable': 1 }]);
  assertNothingLeft(locked);
  const open = world.run([...words, '--passphrase-file', 'keys/passphrase-of-the-test'], {
    environment: environment(),
  });
  assert.deepEqual([open.exit, result(open)['counts']], [0, { yes: 3, no: 0, 'not-provable': 0 }]);
  assertNothingLeft(open);
});

test('a key that does not work ends the drill with exit 8', () => {
  const ran = world.run(['keys', 'drill', 'latest', '--path', world.path('broken'), '--json']);
  assert.deepEqual([ran.exit, result(ran)['counts']], [8, { yes: 0, no: 1, 'not-provable': 0 }]);
});

test('no system call of a drill or a look writes a byte of a key anywhere', (t) => {
  if (!programsOrSkip(t, ['strace', 'openssl'], 'strace openssl')) return;
  certificate(world.path('keys'), 'shop');
  run('openssl', [
    'pkcs12',
    '-export',
    '-inkey',
    world.path('keys/shop.key'),
    '-in',
    world.path('keys/shop.crt'),
    '-passout',
    `pass:${passphrase}`,
    '-out',
    world.path('keys/shop.p12'),
  ]);
  assert.equal(world.run(['backup', '--keys', 'keys', '--json']).exit, 0);
  for (const words of [
    [
      'keys',
      'drill',
      'latest',
      '--path',
      world.path('keys'),
      '--passphrase-file',
      'keys/passphrase-of-the-test',
    ],
    ['keys', 'inventory', '--snapshot', 'latest'],
  ]) {
    const trace = world.path('trace');
    const calls = 'trace=write,pwrite64,writev,pwritev,sendto,sendmsg,openat,creat,rename,memfd_create';
    const under = ['strace', '-f', '-qq', '-e', calls, '-s', '100000', '-x', '-o', trace];
    const ran = world.run(words, { under, environment: environment() });
    assert.ok(ran.exit === 0 || ran.exit === 1, ran.errors);
    // Escapes of strace become bytes again, so that the search sees what was written.
    const text = readFileSync(trace, 'latin1').replace(/\\x([0-9a-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    assert.match(text, /write\(/);
    const written = text.split('\n').filter((line) => /write|send/.test(line));
    assert.ok(!holdsSecret(Buffer.from(written.join('\n'), 'latin1')), words.join(' '));
    assert.doesNotMatch(text, /memfd_create\(/);
    assert.deepEqual(readdirSync(world.path('tmp')), []);
  }
});
