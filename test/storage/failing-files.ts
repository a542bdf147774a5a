// A file system, the real one unless told otherwise, one call of which fails with an errno: by the number of the call, or by its kind.

import { type LocalFiles, nodeFiles, type OpenFile } from '../../src/storage/local/files.ts';

export type FileCall = keyof LocalFiles | 'write' | 'read' | 'size' | 'sync' | 'close';

/** Asked before each call, which is the n-th from 1; an errno such as "EIO" fails it. */
export type Trouble = (call: FileCall, number: number, path: string) => string | undefined;

export interface FailingFiles extends LocalFiles {
  readonly calls: FileCall[];
}

export function failingFiles(trouble: Trouble, inner: LocalFiles = nodeFiles): FailingFiles {
  const calls: FileCall[] = [];
  const pass = async <Result>(call: FileCall, path: string, run: () => Promise<Result>): Promise<Result> => {
    calls.push(call);
    const code = trouble(call, calls.length, path);
    if (code !== undefined) throw Object.assign(new Error(`${code}: ${call}`), { code });
    return run();
  };
  const wrap = (file: OpenFile, path: string): OpenFile => ({
    write: (bytes, offset, position) => pass('write', path, () => file.write(bytes, offset, position)),
    read: (bytes, offset, position) => pass('read', path, () => file.read(bytes, offset, position)),
    size: () => pass('size', path, () => file.size()),
    sync: () => pass('sync', path, () => file.sync()),
    async close() {
      // A close that fails has closed all the same.
      await file.close();
      await pass('close', path, async () => undefined);
    },
  });
  const opening = (call: 'create' | 'openForReading' | 'openDirectory') => (path: string) =>
    pass(call, path, async () => wrap(await inner[call](path), path));
  return {
    calls,
    create: opening('create'),
    openForReading: opening('openForReading'),
    openDirectory: opening('openDirectory'),
    link: (from, to) => pass('link', to, () => inner.link(from, to)),
    unlink: (path) => pass('unlink', path, () => inner.unlink(path)),
    mkdir: (path) => pass('mkdir', path, () => inner.mkdir(path)),
    readdir: (path) => pass('readdir', path, () => inner.readdir(path)),
    stat: (path) => pass('stat', path, () => inner.stat(path)),
  };
}
