// T-40 to T-44: what somebody learns who holds every stored byte. A real repository is made; its objects must look like noise, share nothing
// with what was saved, with its names or with another repository of the same files, and have only the lengths that padding allows.

import assert from 'node:assert/strict';
import { createHash, createSecretKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { padme } from '../../src/base/bytes.ts';
import { isFailure } from '../../src/base/failure.ts';
import { Secret } from '../../src/base/secret.ts';
import { createSlot, openSlot } from '../../src/keyslots/slot.ts';
import { openBox, sealBox } from '../../src/repository/box.ts';
import { createChunker } from '../../src/repository/chunker/chunker.ts';
import { gearTable } from '../../src/repository/chunker/gear-table.ts';
import { packHeadLength } from '../../src/repository/pack.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { budgetOf, report } from '../campaign.ts';
import {
  backupFolder,
  create,
  noise,
  open,
  password,
  scratch,
  snapshotsOf,
  type TestContext,
  testContext,
  writeTree,
} from '../world.ts';

const seals = budgetOf('SEALS', 20_000);
const guesses = budgetOf('GUESSES', 12);
const windowLength = 8;
const envelopeHead = 20;
const counts = { seals: 0, windows: 0, objects: 0, guesses: 0, cuts: 0 };
after(() => {
  const result = { lost: 0, wrong: 0, manual: 0 };
  report({ campaign: 'T-40', tried: counts.objects, ...result });
  report({ campaign: 'T-41', tried: counts.windows, ...result });
  report({ campaign: 'T-42', tried: counts.cuts, ...result });
  report({ campaign: 'T-43', tried: counts.guesses, ...result });
  report({ campaign: 'T-44', tried: counts.seals, ...result });
});

/** Text that compresses, with names that nothing else has. */
const files: Readonly<Record<string, string | Buffer>> = {
  'verlobungsring-rechnung.txt': Array.from(
    { length: 4000 },
    (_, line) => `Posten ${line}: ${line * 37} Taler\n`,
  ).join(''),
  'geheimnisse/scheidungsantrag.md': 'Hiermit beantragt die Klägerin die Scheidung. '.repeat(900),
  'geheimnisse/tagebuch-1987/eintrag.bin': noise('diary', 90_000),
  'geheimnisse/tagebuch-1987/leer': '',
};
const names = Object.keys(files).flatMap((path) => path.split(/[/.]/).filter((part) => part.length >= 6));

interface World {
  readonly storage: MemoryStorage;
  readonly objects: ReadonlyMap<string, Buffer>;
  readonly state: string;
  readonly log: readonly string[];
  readonly source: string;
}

async function worldIn(
  folder: string,
  tree: Readonly<Record<string, string | Buffer>> = files,
): Promise<World> {
  const log: string[] = [];
  const write = (message: string, facts?: unknown) => void log.push(`${message} ${JSON.stringify(facts)}`);
  const context: TestContext = {
    ...testContext(),
    log: { debug: write, info: write, warn: write, error: write },
  };
  const source = join(folder, 'familienakten');
  const state = join(folder, 'state');
  writeTree(source, tree);
  const storage = new MemoryStorage();
  await create(storage, state, context);
  const repository = await open(storage, state, 'writer', context);
  await backupFolder(source, repository, context);
  writeTree(source, { 'nachtrag-erbschaft.txt': 'Nachtrag zur Erbschaft von 1987' });
  await backupFolder(source, repository, context);
  assert.equal((await snapshotsOf(repository, context)).length, 2);
  const objects = new Map<string, Buffer>();
  for (const name of storage.names())
    objects.set(name, Buffer.from(await storage.get(name, { signal: context.signal })));
  return { storage, objects, state, log, source };
}

const isSealed = (name: string): boolean => !name.startsWith('config/') && !name.startsWith('keys/slot-');
const isPack = (name: string): boolean => name.startsWith('packs/') || name.startsWith('meta/');

/** What is neither head nor tail: nothing of it may mean anything without a key. */
function opaquePart(name: string, bytes: Buffer): Buffer {
  // Before the random bytes of its head a pack names its repository, domain and session; behind it stand two lengths and two marks.
  return isPack(name)
    ? Buffer.concat([bytes.subarray(64, packHeadLength - 4), bytes.subarray(packHeadLength, -12)])
    : bytes.subarray(envelopeHead);
}

/** Chi-square over the 256 byte values: 255 ± 23 for noise; 420 is seven of these away, which no noise will ever reach. */
function chiSquare(bytes: Uint8Array): number {
  const seen = new Float64Array(256);
  for (const byte of bytes) seen[byte]! += 1;
  const expected = bytes.length / 256;
  return seen.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

function windowsOf(parts: Iterable<Uint8Array>): Set<bigint> {
  const windows = new Set<bigint>();
  for (const part of parts) {
    const view = Buffer.from(part);
    for (let at = 0; at + windowLength <= view.length; at += 1) windows.add(view.readBigUInt64LE(at));
  }
  return windows;
}

function sharedWindow(windows: ReadonlySet<bigint>, bytes: Buffer): string | undefined {
  for (let at = 0; at + windowLength <= bytes.length; at += 1) {
    counts.windows += 1;
    if (windows.has(bytes.readBigUInt64LE(at)))
      return `${at}: ${bytes.toString('hex', at, at + windowLength)}`;
  }
  return undefined;
}

test('the tests of this file see what is not noise', () => {
  const text = Buffer.from(String(files['verlobungsring-rechnung.txt']));
  assert.ok(chiSquare(text) > 10_000);
  assert.ok(chiSquare(zstdCompressSync(text)) > 420, 'even compressed text is no noise');
  assert.ok(chiSquare(noise('noise', 100_000)) < 420);
  assert.notEqual(
    sharedWindow(windowsOf([text]), Buffer.concat([noise('a', 99), text.subarray(500, 508)])),
    undefined,
  );
});

test('T-40: every stored object is noise, alone and all together, by itself and by its differences', async () => {
  using folder = scratch();
  const { objects } = await worldIn(folder.path);
  const all: Buffer[] = [];
  for (const [name, bytes] of objects) {
    if (!isSealed(name)) continue;
    const part = opaquePart(name, bytes);
    all.push(part);
    counts.objects += 1;
    if (part.length > 2000) assert.ok(chiSquare(part) < 420, `${name}: ${chiSquare(part)}`);
    assert.ok(zstdCompressSync(part).length >= part.length, `${name} gets smaller`);
  }
  const together = Buffer.concat(all);
  assert.ok(together.length > 200_000 && counts.objects > 6);
  assert.ok(chiSquare(together) < 420, `together: ${chiSquare(together)}`);
  for (const distance of [1, 2, 4, 8, 16, 32]) {
    const differences = together.subarray(distance).map((byte, at) => byte ^ together[at]!);
    assert.ok(chiSquare(differences) < 420, `at distance ${distance}: ${chiSquare(differences)}`);
  }
});

test('T-41: no eight bytes of a file, no name, no hash of content and no secret lie in any object, name, log or state file', async () => {
  using folder = scratch();
  const { objects, state, log, source } = await worldIn(folder.path);
  const plain = Object.values(files).map((content) => Buffer.from(content));
  const windows = windowsOf(plain);
  const hidden = [
    ...names,
    ...['nachtrag-erbschaft', 'familienakten', 'tester', source],
    ...plain.flatMap((content) => {
      const hash = createHash('sha256').update(content).digest();
      return [hash.toString('hex'), hash.toString('base64'), hash.toString('latin1')];
    }),
    Buffer.from(password.reveal()).toString('latin1'),
    Buffer.from(password.reveal()).toString('base64').replaceAll('=', ''),
  ];
  const places = new Map<string, Buffer>(objects);
  for (const entry of readdirSync(state, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) places.set(entry.name, readFileSync(join(entry.parentPath, entry.name)));
  }
  assert.ok(places.size > objects.size);
  places.set('names', Buffer.from([...objects.keys()].join('\n')));
  places.set('log', Buffer.from(log.join('\n')));
  for (const [name, bytes] of places) {
    assert.equal(sharedWindow(windows, bytes), undefined, `${name} holds bytes of a file`);
    const text = bytes.toString('latin1');
    for (const one of hidden) assert.ok(!text.includes(one), `${name} holds "${one.slice(0, 30)}"`);
  }
});

test('T-42: objects have only the lengths that padding allows, and names that are their own SHA-256', async () => {
  using folder = scratch();
  const { objects } = await worldIn(folder.path);
  for (const [name, bytes] of objects) {
    if (isPack(name)) {
      assert.equal(bytes.length, padme(bytes.length), name);
      assert.ok(bytes.length >= 64 * 1024, name);
    } else if (isSealed(name)) {
      const plain = bytes.length - envelopeHead - 72;
      assert.equal(plain, Math.max(256, padme(plain)), name);
    }
    if (/^(packs|meta|index|snapshots|tombstones)\//.test(name)) {
      const hash = createHash('sha256').update(bytes).digest('hex');
      assert.equal(name.slice(name.lastIndexOf('/') + 1), hash);
    }
  }
});

test('T-42: one file is cut elsewhere under every chunk key', () => {
  const content = noise('cut', 400_000);
  const seen = new Set<string>();
  const parameters = {
    minBytes: 1024,
    normalBytes: 3072,
    maxBytes: 16_384,
    strictMask: 0xfff_000n << 24n,
    looseMask: 0xffn << 24n,
  };
  for (let key = 0; key < 20; key += 1) {
    const chunker = createChunker(parameters, gearTable(noise(`key ${key}`, 32)), 512 * 1024);
    chunker.memory.set(content);
    let end = 0;
    const cuts = [...chunker.cuts(0, content.length, true)].map((length) => (end += length));
    assert.ok(cuts.length > 20);
    for (const cut of cuts.slice(0, -1)) {
      counts.cuts += 1;
      seen.add(String(cut));
    }
  }
  // Some thousand cuts in 400,000 places: a few meet by chance, a fingerprint of the file would meet everywhere.
  assert.ok(seen.size > counts.cuts * 0.95, `${seen.size} places of ${counts.cuts} cuts`);
});

test('T-43: the sizes of a small backup do not tell whether a guess beside a secret is right', async () => {
  const sizes = new Set<string>();
  for (let guess = 0; guess < guesses; guess += 1) {
    using folder = scratch();
    const secret = 'pin=4711-0815-2342';
    const chosen = guess === 0 ? secret : `pin=${noise(String(guess), 8).toString('hex').slice(0, 14)}`;
    const { objects } = await worldIn(folder.path, {
      'secret.txt': secret.repeat(3),
      'chosen.txt': chosen.repeat(50),
    });
    const packs = [...objects].filter(([name]) => isPack(name)).map(([, bytes]) => bytes.length);
    sizes.add(packs.sort().join(' '));
    counts.guesses += 1;
  }
  assert.equal(sizes.size, 1, [...sizes].join(' | '));
});

test('T-44: salts, commitments and bodies never come twice, for one plaintext under one key', () => {
  const key = createSecretKey(noise('key', 32));
  const meaning = {
    repositoryId: noise('r', 16),
    domainId: noise('d', 16),
    generation: 1,
    suite: 1,
    type: 1,
    comp: 0,
    plainLength: 32,
  };
  const plain = new Uint8Array(32);
  const seen = new Set<string>();
  for (let count = 0; count < seals; count += 1) {
    const box = sealBox(key, meaning, plain);
    for (const part of [box.subarray(0, 24), box.subarray(24, 56), box.subarray(56, 88), box.subarray(88)])
      seen.add(part.toString('latin1'));
    counts.seals += 1;
  }
  assert.equal(seen.size, 4 * seals);
});

test('T-44: a box commits to one key: a body of another key, or the commitment of another key, does not open', () => {
  const [first, second] = [createSecretKey(noise('first', 32)), createSecretKey(noise('second', 32))];
  const meaning = {
    repositoryId: noise('r', 16),
    domainId: noise('d', 16),
    generation: 1,
    suite: 1,
    type: 1,
    comp: 0,
    plainLength: 32,
  };
  const isBroken = (error: unknown) => isFailure(error, 'corrupt', 'BOX_BROKEN');
  const [one, other] = [sealBox(first, meaning, noise('p', 32)), sealBox(second, meaning, noise('q', 32))];
  for (const at of [24, 56]) {
    const mixed = Buffer.concat([one.subarray(0, at), other.subarray(at)]);
    for (const key of [first, second]) assert.throws(() => openBox(key, meaning, mixed, 'mixed'), isBroken);
  }
});

test('T-44: a key slot opens with its own secret and with no other, and two slots of one secret share nothing', async () => {
  const request = {
    repositoryId: noise('r', 16),
    masterKey: noise('m', 32),
    type: 'passphrase',
    label: '',
    createdAt: 0,
    params: { kdf: 'pbkdf2-sha256', rounds: 100_000 },
  } as const;
  const slots = [];
  for (let count = 0; count < 3; count += 1)
    slots.push((await createSlot({ ...request, secret: new Secret(Buffer.from('right')) })).bytes);
  const fields = slots.map(
    (bytes) => JSON.parse(Buffer.from(bytes).toString()) as { wrapped: string; id: string; mac: string },
  );
  for (const field of ['wrapped', 'id', 'mac'] as const)
    assert.equal(new Set(fields.map((one) => one[field])).size, 3);
  const wrapped = fields.map((one) => Buffer.from(one.wrapped, 'base64url'));
  assert.equal(sharedWindow(windowsOf([wrapped[0]!]), wrapped[1]!), undefined);
  for (const bytes of slots) {
    assert.deepEqual(
      Buffer.from((await openSlot(bytes, request.repositoryId, new Secret(Buffer.from('right')))) ?? []),
      request.masterKey,
    );
    // Not "right" with a NUL behind it: HMAC, and so PBKDF2, fills short keys with those.
    for (const wrong of ['', 'Right', 'right ', 'right\n'])
      assert.equal(await openSlot(bytes, request.repositoryId, new Secret(Buffer.from(wrong))), undefined);
  }
});

test('T-41: two repositories of equal files have no eight bytes and no name in common', async () => {
  using folder = scratch();
  const [one, other] = [await worldIn(join(folder.path, 'one')), await worldIn(join(folder.path, 'other'))];
  const parts = [...one.objects]
    .filter(([name]) => isSealed(name))
    .map(([name, bytes]) => opaquePart(name, bytes));
  const windows = windowsOf(parts);
  let compared = 0;
  for (const [name, bytes] of other.objects) {
    if (!name.startsWith('config/') && !name.startsWith('keys/bundle'))
      assert.ok(!one.objects.has(name), name);
    if (!isSealed(name)) continue;
    // The two copies of a directory in one pack are equal; those of two repositories are not.
    assert.equal(sharedWindow(windows, opaquePart(name, bytes)), undefined, name);
    compared += 1;
  }
  assert.ok(compared > 6);
});
