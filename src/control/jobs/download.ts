// The job behind a download: one file as it is, or a folder as an archive, piece by piece to whoever reads. Without a reader it only tells what
// there is.

import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { findFormat, levelOf, writeArchive } from '../../archives/all.ts';
import type { OutgoingEntry } from '../../archives/archive.ts';
import { zipHolds } from '../../archives/zip.ts';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { JsonValue } from '../../base/jcs.ts';
import { resolveSnapshot } from '../../model/snapshot-selection.ts';
import { cat, ls, type Span } from '../../operations/browse.ts';
import { snapshotEntries } from '../../operations/export/of-snapshot.ts';
import { type ListedSnapshot, loadErasures } from '../../repository/chain.ts';
import { erasedIn } from '../../repository/erasures.ts';
import type { Repository } from '../../repository/repository.ts';
import { listSnapshots } from '../../repository/snapshots.ts';
import { displayPath } from '../../sources/files/system.ts';
import type { JobKind } from '../job.ts';
import { type Downloaded, type DownloadOrder, downloadOrder } from './orders.ts';

interface Wanted {
  readonly snapshot: ListedSnapshot;
  /** Absolute byte string. */
  readonly path: string;
  readonly format: string;
}

export const job: JobKind<DownloadOrder> = {
  order: downloadOrder,
  async run(order, tools, context) {
    await using repository = await tools.openers.repository(order.repository.rules, 'read', context);
    await repository.loadIndex(context);
    const snapshot = resolveSnapshot(await listSnapshots(repository, context), order.snapshot);
    const path = `/${Buffer.from(order.path)
      .toString('latin1')
      .split('/')
      .filter((part) => part !== '')
      .join('/')}`;
    const wanted: Wanted = { snapshot, path, format: order.format };
    const downloaded = await describe(wanted, repository, context);
    const out = await tools.out?.();
    const result = { ...downloaded } as JsonValue;
    if (out === undefined) return { outcome: 'succeeded', counts: {}, result };
    const problems: string[] = [];
    const watched: Context = {
      ...context,
      monitor: {
        ...context.monitor,
        problem: (problem) => {
          problems.push(problem.path);
          context.monitor.problem(problem);
        },
      },
    };
    const content =
      downloaded.kind === 'file'
        ? cat({ snapshot, path, ...spanOf(order.range) }, repository, watched)
        : archive(wanted, repository, watched);
    const bytes = await send(downloaded, content, out, context);
    if (problems.length > 0) throw incomplete(problems[0]!, problems.length);
    return { outcome: 'succeeded', counts: { bytes }, result };
  },
};

function spanOf(range: DownloadOrder['range']): { readonly span?: Span } {
  return range === undefined ? {} : { span: { from: range.from, until: range.to + 1 } };
}

async function describe(
  { snapshot, path, format }: Wanted,
  repository: Repository,
  context: Context,
): Promise<Downloaded> {
  const name = displayPath(path.slice(path.lastIndexOf('/') + 1)) || snapshot.id.slice(0, 12);
  const folder: Downloaded = { kind: 'folder', name: `${name}.${format}` };
  if (path === '/') return folder;
  for await (const { path: first, node, contentBytes } of ls(
    { snapshot, path, recursive: false },
    repository,
    context,
  )) {
    if (first !== path) break;
    if (node.kind !== 'file') {
      throw new Failure('usage', 'DOWNLOAD_KIND', `"${displayPath(path)}" is neither a file nor a folder`, {
        hint: 'Download the folder that it lies in.',
      });
    }
    // An erased one is refused here, before anybody waits for its bytes.
    const isErased = erasedIn(snapshot, await loadErasures(repository, context))?.(path) === true;
    if (isErased) await cat({ snapshot, path }, repository, context).next();
    return { kind: 'file', name, bytes: contentBytes };
  }
  return folder;
}

function archive(
  { snapshot, path, format: name }: Wanted,
  repository: Repository,
  context: Context,
): AsyncIterable<Uint8Array> {
  const format = findFormat(name);
  const entries = snapshotEntries({ snapshot, path }, repository, context);
  const held = name === 'zip' ? heldByZip(entries) : entries;
  return writeArchive(held, format, levelOf(format, undefined), context);
}

/** Devices and the like say nothing to who takes a zip. */
async function* heldByZip(entries: AsyncIterable<OutgoingEntry>): AsyncGenerator<OutgoingEntry> {
  for await (const one of entries) if (zipHolds(one.entry)) yield one;
}

/** A line that says what comes, then its bytes, at the pace of who reads. */
async function send(
  downloaded: Downloaded,
  content: AsyncIterable<Uint8Array>,
  out: Writable,
  { signal }: Context,
): Promise<number> {
  let bytes = 0;
  let broken: unknown;
  const pieces = async function* () {
    yield Buffer.from(`${JSON.stringify(downloaded)}\n`);
    try {
      for await (const piece of content) {
        bytes += piece.length;
        // The operation may use its buffer again before the bytes have gone.
        yield Buffer.from(piece);
      }
    } catch (error) {
      broken = error;
      throw error;
    }
  };
  try {
    await pipeline(pieces, out, { signal });
  } catch (cause) {
    if (broken !== undefined) throw broken;
    signal.throwIfAborted();
    throw new Failure('unavailable', 'DOWNLOAD_LEFT', 'whoever downloaded went away before the end', {
      facts: { bytes },
      cause,
    });
  }
  return bytes;
}

function incomplete(path: string, count: number): Failure {
  return new Failure(
    'corrupt',
    'DOWNLOAD_INCOMPLETE',
    `${count} of the entries could not be read, the first of them "${path}"`,
    {
      hint: 'Restore it instead, which tells what is lost, or take another copy; then check the repository.',
    },
  );
}
