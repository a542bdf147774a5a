// T-22: a repository's life at endpoints that lie, from the first call on and from the second backup on. Either the place is refused when it is
// made, or the run fails aloud, or all that was reported restores; what only reading can show, `check` shows. docs/proofs.md has the matrix.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { Failure, isFailure } from '../../src/base/failure.ts';
import { stackStorage } from '../../src/cli/storage-stack.ts';
import { check } from '../../src/operations/check.ts';
import { prune } from '../../src/operations/prune.ts';
import { createConfiguredStorage, openConfiguredStorage, type StorageConfig } from '../../src/storage/all.ts';
import { type NetworkFiles, nodeNetworkFiles } from '../../src/storage/nfs/files.ts';
import { createNfs, openNfs } from '../../src/storage/nfs.ts';
import { probe } from '../../src/storage/probe.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { report } from '../campaign.ts';
import { patientContext } from '../patient-context.ts';
import {
  backupFolder,
  create,
  noise,
  open,
  restoredDigest,
  scratch,
  snapshotsOf,
  testContext,
  treeDigest,
  writeTree,
} from '../world.ts';
import { type Manners, startBareSftp } from './bare-sftp.ts';
import { type FtpLies, startFtpDouble } from './ftp-double.ts';
import { failed, type S3Double, type SeenRequest, startS3Double } from './s3-double.ts';
import { type DavLies, startDavDouble } from './webdav-double.ts';

interface Liar extends AsyncDisposable {
  readonly config: StorageConfig;
  lie(): void;
  stop(): void;
}

/**
 * `refused`: with this code, before there is a repository. `sound`: all runs succeed and all restores. `loud`: runs fail with these codes, and
 * what was reported restores. `shown`: a run succeeded, and `check` says with this code what is wrong.
 */
type End =
  | { readonly refused: string }
  | { readonly sound: 'A' | 'B' | 'C' }
  | { readonly loud: string }
  | { readonly shown: string };

async function s3(lie: S3Double['lie'], fields: object = {}): Promise<Liar> {
  const double = await startS3Double();
  return {
    config: {
      ...{ kind: 's3', bucket: 'bucket', endpoint: double.endpoint },
      ...{ accessKeyId: 'key', secretAccessKey: 'secret', ...fields },
    },
    lie() {
      double.lie = lie;
    },
    stop() {
      double.lie = () => undefined;
    },
    [Symbol.asyncDispose]: () => double[Symbol.asyncDispose](),
  };
}

async function ftp(lies: FtpLies): Promise<Liar> {
  const double = await startFtpDouble();
  return {
    config: {
      ...{ kind: 'ftp', host: '127.0.0.1', port: double.port, user: 'keeper', password: 'p' },
      ...{ path: '', allowPlaintext: true },
    },
    lie() {
      double.lies = lies;
    },
    stop() {
      double.lies = {};
    },
    [Symbol.asyncDispose]: () => double[Symbol.asyncDispose](),
  };
}

async function webdav(lies: DavLies): Promise<Liar> {
  const double = await startDavDouble();
  return {
    config: { kind: 'webdav', host: '127.0.0.1', port: double.port, path: 'repository' },
    lie() {
      double.lies = lies;
    },
    stop() {
      double.lies = {};
    },
    [Symbol.asyncDispose]: () => double[Symbol.asyncDispose](),
  };
}

async function sftp(lies: Partial<Manners>): Promise<Liar> {
  const double = await startBareSftp('correct horse');
  const honest = { ...double.manners };
  const fields = {
    host: '127.0.0.1',
    port: double.port,
    user: 'u',
    path: '/data',
    password: 'correct horse',
  };
  const wrong = { kind: 'sftp', ...fields, hostKey: `SHA256:${'A'.repeat(43)}` };
  const hostKey = await openConfiguredStorage(wrong, testContext()).then(
    () => assert.fail('a wrong pin was accepted'),
    (error: unknown) => {
      assert.ok(isFailure(error, 'denied', 'STORAGE_HOST_KEY'), String(error));
      return error.facts.fingerprint;
    },
  );
  return {
    config: { kind: 'sftp', ...fields, hostKey },
    lie: () => void Object.assign(double.manners, lies),
    stop: () => void Object.assign(double.manners, honest),
    [Symbol.asyncDispose]: () => double[Symbol.asyncDispose](),
  };
}

const isPut = ({ method, path }: SeenRequest) => method === 'PUT' && path !== '';

const page = '<html>log in</html>';
const emptyList = '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>';
const tagOf = (bytes: Uint8Array) => `"${createHash('md5').update(bytes).digest('hex')}"`;

const otherTag: S3Double['lie'] = (request, honest) => {
  if (!isPut(request)) return undefined;
  const answer = honest();
  const etag = '"0123456789abcdef0123456789abcdef"';
  return answer.status === 200 ? { ...answer, headers: { ...answer.headers, etag } } : answer;
};

function withoutHeader(name: string): S3Double['lie'] {
  return ({ headers }) => {
    delete headers[name];
    return undefined;
  };
}

/** Of all objects, or of large ones alone. */
function halved(isLarge: boolean): S3Double['lie'] {
  return (request, honest) => {
    const { body } = request;
    if (!isPut(request) || (isLarge && body.length < 16_384)) return undefined;
    Object.assign(request, { body: body.subarray(0, body.length / 2) });
    const answer = honest();
    return isLarge ? { ...answer, headers: { ...answer.headers, etag: tagOf(body) } } : answer;
  };
}

async function life(name: string, start: () => Promise<Liar>, isFromTheFirst: boolean): Promise<End> {
  await using liar = await start();
  using folder = scratch();
  using state = scratch();
  const context = patientContext();
  const random = () => 0;
  const openPlace = async (): Promise<Storage> =>
    stackStorage(await openConfiguredStorage(liar.config, context), {}, random, context);
  const digests: string[] = [];
  const codes = new Set<string>();
  let durability: 'A' | 'B' | 'C' = 'A';
  /** Whether it succeeded; only failures that say what is wrong may end it. */
  const attempt = async (work: () => Promise<void>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof Failure) || error.kind === 'bug') throw error;
      codes.add(error.code);
      return false;
    }
  };
  const save = (file: string) =>
    attempt(async () => {
      writeTree(folder.path, { [file]: noise(`${name} ${file}`, 60_000), lines: 'one\ntwo\r\nthree\n' });
      await using storage = await openPlace();
      durability = storage.features.durability;
      await using repository = await open(storage, state.path, file, context);
      const { outcome } = await backupFolder(folder.path, repository, context);
      assert.equal(outcome, 'succeeded');
      digests.push(treeDigest(folder.path));
    });
  const tidy = () =>
    attempt(async () => {
      await using storage = await openPlace();
      await using repository = await open(storage, state.path, 'prune', context);
      await prune({ dryRun: false, maxUnused: 0 }, repository, context);
    });

  if (isFromTheFirst) liar.lie();
  const isMade = await attempt(async () => {
    const made = await createConfiguredStorage(liar.config, context);
    await using storage = stackStorage(made, {}, random, context);
    await probe(storage, context);
    await create(storage, state.path, context);
  });
  if (!isMade) return { refused: [...codes].join() };
  await save('first');
  if (!isFromTheFirst) {
    assert.deepEqual([...codes], []);
    liar.lie();
  }
  await save('second');
  await tidy();
  liar.stop();
  await using storage = await openPlace();
  await using repository = await open(storage, state.path, 'look', context);
  const { findings } = await check({ level: 3 }, repository, context);
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) return { shown: [...new Set(errors.map(({ code }) => code))].join() };
  // What failed is finished by the next run.
  if (codes.size > 0) assert.ok(await save('third'), [...codes].join());
  await using after = await open(await openPlace(), state.path, 'after', context);
  await after.loadIndex(context);
  const restored = new Set<string>();
  for (const one of await snapshotsOf(after, context))
    restored.add(await restoredDigest(one, after, context));
  for (const digest of digests) assert.ok(restored.has(digest), 'what was reported does not restore');
  return codes.size > 0 ? { loud: [...codes].sort().join() } : { sound: durability };
}

const unsound = (code: string): readonly [End, End] => [{ refused: code }, { loud: code }];
const sound = (durability: 'A' | 'C'): readonly [End, End] => [{ sound: durability }, { sound: durability }];
const torn = unsound('STORAGE_CHANGES_BYTES');
const damaged = unsound('STORAGE_WRITE_DAMAGED');
const vague = unsound('STORAGE_UNAVAILABLE');

/** How each ends that lies from the first call on, and that lies from the second backup on. */
const lies: readonly (readonly [string, () => Promise<Liar>, readonly [End, End]])[] = [
  [
    'S3 that takes the condition of a put and ignores it',
    () => s3(withoutHeader('if-none-match')),
    [{ refused: 'STORAGE_NOT_EXCLUSIVE' }, { sound: 'A' }],
  ],
  [
    'S3 that ignores conditions, accepted as such',
    () => s3(withoutHeader('if-none-match'), { exclusive: false }),
    sound('C'),
  ],
  [
    'S3 that knows no conditions',
    () => s3(({ headers }) => (headers['if-none-match'] ? failed(501, 'NotImplemented') : undefined)),
    [{ refused: 'STORAGE_NOT_EXCLUSIVE' }, { loud: 'STORAGE_UNSUPPORTED' }],
  ],
  ['S3 with a tag of other bytes', () => s3(otherTag), sound('A')],
  [
    'S3 that keeps half of what it is sent and tells the tag of that',
    () => s3(halved(false)),
    [{ refused: 'OBJECT_TOO_SHORT' }, { loud: 'OBJECT_DIFFERS' }],
  ],
  [
    'S3 that keeps half of large objects and tells the tag of all',
    () => s3(halved(true)),
    [{ shown: 'PACK_SIZE_WRONG' }, { shown: 'PACK_SIZE_WRONG' }],
  ],
  ['S3 that sends whole objects for ranges', () => s3(withoutHeader('range')), unsound('STORAGE_UNFAITHFUL')],
  [
    'S3 whose lists are empty',
    () => s3(({ query }) => (query.has('list-type') ? { status: 200, body: emptyList } : undefined)),
    [{ refused: 'STORAGE_PROBE_UNFAITHFUL' }, { loud: 'REPOSITORY_MISSING' }],
  ],
  [
    'S3 that forgets what it acknowledged',
    () => s3((one) => (isPut(one) ? { status: 200, headers: { etag: tagOf(one.body) } } : undefined)),
    [{ refused: 'STORAGE_NOT_EXCLUSIVE' }, { loud: 'SESSION_REVOKED' }],
  ],
  [
    'S3 whose answers are a web page',
    () => s3(() => ({ status: 200, headers: { 'content-type': 'text/html' }, body: page })),
    [{ refused: 'STORAGE_NOT_EXCLUSIVE' }, { loud: 'STORAGE_LIST_INVALID' }],
  ],
  ['SFTP without extensions', () => sftp({}), sound('C')],
  ['SFTP whose renaming replaces', () => sftp({ renaming: 'replaces' }), sound('C')],
  ['SFTP that damages what is written', () => sftp({ damagesWrites: true }), damaged],
  ['SFTP that loses the last byte', () => sftp({ losesTails: true }), damaged],
  ['FTP that changes line ends', () => ftp({ convertsLineEnds: true }), torn],
  ['FTP that drops its control connection after STOR', () => ftp({ cutsAfterStore: 'stored' }), vague],
  [
    'FTP whose lists name three files',
    () => ftp({ listsAtMost: 3 }),
    [{ loud: 'STORAGE_LIST_INCOMPLETE' }, { loud: 'STORAGE_LIST_INCOMPLETE' }],
  ],
  ['FTP without MLSD', () => ftp({ isOld: true }), sound('C')],
  ['WebDAV that changes line ends', () => webdav({ convertsLineEnds: true }), torn],
  ['WebDAV that ignores ranges', () => webdav({ ignoresRanges: true }), sound('C')],
  ['WebDAV whose ranges begin a byte late', () => webdav({ shiftsRanges: true }), vague],
  ['WebDAV that does a PUT and answers nothing', () => webdav({ cutsAfter: 'PUT' }), vague],
  ['WebDAV that does a MOVE and answers nothing', () => webdav({ cutsAfter: 'MOVE' }), sound('C')],
  ['WebDAV whose lists are a web page', () => webdav({ listing: page }), unsound('STORAGE_LIST_INVALID')],
];

let tried = 0;
for (const [name, start, [fromTheFirst, fromTheSecond]] of lies) {
  test(name, async () => {
    assert.deepEqual(await life(name, start, true), fromTheFirst, 'from the first call on');
    tried += 1;
    // A weakness that is no lie to begin with has shown all that it can.
    if ('sound' in fromTheFirst && fromTheFirst.sound === 'C') return;
    assert.deepEqual(await life(name, start, false), fromTheSecond, 'from the second backup on');
    tried += 1;
  });
}

test('a share that is mounted soft is refused, by name', async () => {
  const soft: NetworkFiles = {
    ...nodeNetworkFiles,
    mountInfo: async () => '9 1 0:9 / / rw - nfs4 nas:/export rw,vers=4.2,soft,timeo=10\n',
  };
  using folder = scratch();
  const made = createNfs({ path: `${folder.path}/repository` }, soft, testContext());
  await assert.rejects(made, { code: 'STORAGE_SOFT_MOUNT' });
  await assert.rejects(openNfs({ path: folder.path }, soft, testContext()), { code: 'STORAGE_SOFT_MOUNT' });
  tried += 2;
});

test('the figures of T-22', (t) => {
  t.diagnostic(`T-22: ${tried} lives at endpoints that lie, 0 lost unnoticed`);
  report({ campaign: 'T-22', tried, lost: 0, wrong: 0, manual: 0 });
});
