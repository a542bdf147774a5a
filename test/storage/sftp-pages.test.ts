// A folder of an SFTP server, page by page: how many answers are waited for, and that none is lost whatever order a server gives them in.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Done, NamedEntry, SFTPWrapper } from 'ssh2';
import type { SftpSession } from '../../src/storage/sftp/connection.ts';
import { entriesOf } from '../../src/storage/sftp/files.ts';

type Page = Done<NamedEntry[]>;

const endOfFile = Object.assign(new Error('end of file'), { code: 1 });

/** Hands every request for a page to `answer`, which may keep it. */
function sessionOf(answer: (page: Page) => void): SftpSession {
  const sftp = {
    opendir: (_path: string, done: Done<Buffer>) => done(undefined, Buffer.from('h')),
    readdir: (_handle: Buffer, done: Page) => answer(done),
    close: (_handle: Buffer, done: Done<void>) => done(undefined, undefined),
  } as unknown as SFTPWrapper;
  return {
    hasFsync: true,
    hasHardlink: true,
    hasStatvfs: true,
    chunkBytes: 32 * 1024,
    ask: (send) =>
      new Promise((resolve, reject) =>
        send(sftp, (error, result) => (error ? reject(error) : resolve(result!))),
      ),
  };
}

function pageOf(...names: readonly string[]): NamedEntry[] {
  const attrs = { mode: 0o100600, size: 1, mtime: 0 } as NamedEntry['attrs'];
  return names.map((filename) => ({ filename, longname: filename, attrs }));
}

async function namesIn(session: SftpSession): Promise<string[]> {
  return (await Array.fromAsync(entriesOf(session, '/folder'))).map(({ name }) => name);
}

test('the end of a folder is asked for together with its only page', async () => {
  const asked: Page[] = [];
  const names = namesIn(sessionOf((page) => void asked.push(page)));
  // Nobody was answered yet but opendir.
  await new Promise(setImmediate);
  assert.ok(asked.length >= 2, `${asked.length} requests are under way`);
  const [first, ...others] = asked.splice(0);
  first!(undefined, pageOf('.', '..', 'a', 'b'));
  for (const other of others) other(endOfFile, undefined as never);
  await new Promise(setImmediate);
  for (const late of asked) late(endOfFile, undefined as never);
  assert.deepEqual(await names, ['a', 'b']);
});

test('a page that a server gives to a later request than the end is not lost', async () => {
  const pages = [pageOf('a'), pageOf('b')];
  let requests = 0;
  const session = sessionOf((page) => {
    requests += 1;
    const next = requests === 1 ? undefined : pages.shift();
    if (next === undefined) page(endOfFile, undefined as never);
    else page(undefined, next);
  });
  assert.deepEqual(await namesIn(session), ['a', 'b']);
});

test('a folder of many pages is given whole, in order, with few requests beyond its end', async () => {
  const pages = Array.from({ length: 40 }, (_, number) => pageOf(`${number}`));
  let requests = 0;
  const session = sessionOf((page) => {
    requests += 1;
    const next = pages.shift();
    setImmediate(() => (next === undefined ? page(endOfFile, undefined as never) : page(undefined, next)));
  });
  assert.deepEqual(
    await namesIn(session),
    Array.from({ length: 40 }, (_, number) => `${number}`),
  );
  assert.ok(requests <= 44, `${requests} requests`);
});
