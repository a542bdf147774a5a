// Downloads as the process of the API sees them: it asks the control process, gets the end of a pipe that a job writes to, and reads from it at
// the pace of its caller. Whether all of it came, the control process says.

import type { Socket } from 'node:net';
import type { ApiTools, Incoming } from '../../api/handler.ts';
import { Failure } from '../../base/failure.ts';
import type { JobFailure } from '../../control/job.ts';
import { asFailure } from '../../control/jobs/failure.ts';
import { downloaded } from '../../control/jobs/orders.ts';
import type { ApiNews, DownloadWord } from './api-wire.ts';

/** Each is a process with keys beside this one. */
const most = 4;
/** A name may be long; what is longer is none. */
const headBytesMax = 64 * 1024;

interface Going {
  take(end: Socket | undefined): void;
  end(failure: JobFailure | undefined): void;
}

export function createDownloads(tell: (news: ApiNews) => void): ApiTools['download'] {
  const going = new Map<number, Going>();
  let last = 0;
  process.on('message', (word: DownloadWord, end?: Socket) => {
    if (word.type === 'stream') {
      const wanted = going.get(word.download);
      if (wanted === undefined) end?.destroy();
      else wanted.take(end);
    } else if (word.type === 'over') {
      going.get(word.download)?.end(word.failure);
      going.delete(word.download);
    }
  });
  return async (task, range) => {
    if (going.size >= most) {
      throw new Failure('exhausted', 'TOO_MANY_DOWNLOADS', `${most} downloads are on their way already`, {
        hint: 'Wait until one of them has ended.',
        facts: { retryAfterSeconds: 30 },
      });
    }
    last += 1;
    const id = last;
    const over = Promise.withResolvers<Failure | undefined>();
    const stream = Promise.withResolvers<Socket | undefined>();
    going.set(id, {
      take: stream.resolve,
      end(failure) {
        over.resolve(failure === undefined ? undefined : asFailure(failure));
        stream.resolve(undefined);
      },
    });
    tell({ type: 'download', download: id, task, ...(range === undefined ? {} : { range }) });
    const end = await stream.promise;
    if (end === undefined) throw (await over.promise) ?? broken();
    end.on('error', () => undefined);
    tell({ type: 'reading', download: id });
    return incoming(end, over.promise);
  };
}

async function incoming(end: Socket, over: Promise<Failure | undefined>): Promise<Incoming> {
  const pieces = end[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const parts: Buffer[] = [];
  let at = -1;
  for (let length = 0; at < 0; ) {
    const step = await next(pieces);
    if (step === undefined || length > headBytesMax) {
      end.destroy();
      throw (await over) ?? broken();
    }
    const line = step.indexOf(0x0a);
    if (line >= 0) at = length + line;
    length += step.length;
    parts.push(step);
  }
  const first = Buffer.concat(parts);
  const { name, bytes } = downloaded.parse(JSON.parse(first.subarray(0, at).toString('utf8')));
  const rest = first.subarray(at + 1);
  let isBegun = false;
  const content: AsyncIterator<Uint8Array> = {
    async next() {
      if (!isBegun) {
        isBegun = true;
        if (rest.length > 0) return { done: false, value: rest };
      }
      const piece = await next(pieces);
      if (piece !== undefined) return { done: false, value: piece };
      const failure = await over;
      if (failure !== undefined) throw failure;
      return { done: true, value: undefined };
    },
    async return() {
      end.destroy();
      return { done: true, value: undefined };
    },
  };
  return {
    name,
    ...(bytes === undefined ? {} : { bytes }),
    content: { [Symbol.asyncIterator]: () => content },
  };
}

/** Undefined at the end, also at one that came too early: what it means, its end says. */
async function next(pieces: AsyncIterator<Buffer>): Promise<Buffer | undefined> {
  try {
    const step = await pieces.next();
    return step.done === true ? undefined : step.value;
  } catch {
    return undefined;
  }
}

function broken(): Failure {
  return new Failure('unavailable', 'DOWNLOAD_BROKEN', 'the download broke off', {
    hint: 'Ask for it again.',
  });
}
