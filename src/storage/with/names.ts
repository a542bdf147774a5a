// Guards the port in both directions: no name leaves that is none, no object is too large, no answer has another length than was
// asked for, and what lies beside the objects (a ".DS_Store", a "lost+found") is never taken for one.

import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { ByteRange, CallOptions, ObjectStat, Storage } from '../storage.ts';
import { forwarding } from './forwarding.ts';

const nameLengthMax = 120;
const objectBytesMax = 128 * 1024 * 1024;

/** Relative, lower-case ASCII (a-z 0-9 - . / _), at most 120 characters, no part empty or with a dot in front. */
export function isObjectName(name: string): boolean {
  return name.length <= nameLengthMax && /^[a-z0-9_-][a-z0-9._-]*(\/[a-z0-9_-][a-z0-9._-]*)*$/.test(name);
}

/** A beginning of an object name; the empty one is the beginning of all. */
export function isObjectPrefix(prefix: string): boolean {
  return prefix === '' || isObjectName(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix);
}

export function withNames(inner: Storage, context: Context): Storage {
  return forwarding(inner, {
    async put(name, bytes, options) {
      checkName(name);
      if (bytes.length > objectBytesMax) {
        throw new Failure('bug', 'OBJECT_TOO_LARGE', `object "${name}" has ${bytes.length} bytes`);
      }
      await inner.put(name, bytes, options);
    },
    async get(name, options) {
      checkName(name);
      if (options.range !== undefined) checkRange(name, options.range);
      const bytes = await inner.get(name, options);
      const asked = options.range?.length ?? bytes.length;
      if (bytes.length === asked) return bytes;
      throw new Failure(
        'corrupt',
        'OBJECT_TOO_SHORT',
        `object "${name}" gave ${bytes.length} bytes, not ${asked}`,
      );
    },
    async stat(name, options) {
      checkName(name);
      return inner.stat(name, options);
    },
    list: (prefix, options) => listObjects(inner, prefix, options, context),
    async delete(name, options) {
      checkName(name);
      await inner.delete(name, options);
    },
  });
}

async function* listObjects(
  inner: Storage,
  prefix: string,
  options: CallOptions,
  context: Context,
): AsyncIterable<ObjectStat> {
  if (!isObjectPrefix(prefix)) throw invalidName(prefix);
  let foreign = 0;
  for await (const object of inner.list(prefix, options)) {
    if (!object.name.startsWith(prefix)) {
      throw new Failure(
        'unavailable',
        'STORAGE_LIST_INVALID',
        `a list of "${prefix}" names "${object.name}"`,
        {
          hint: 'The storage answers wrongly. Nothing was changed; ask who runs it.',
        },
      );
    }
    if (isObjectName(object.name)) yield object;
    else foreign += 1;
  }
  if (foreign > 0) context.log.debug('passed over what is no object', { count: foreign, prefix });
}

function checkName(name: string): void {
  if (!isObjectName(name)) throw invalidName(name);
}

function invalidName(name: string): Failure {
  return new Failure('bug', 'OBJECT_NAME_INVALID', `"${name.slice(0, 200)}" is no object name`);
}

function checkRange(name: string, { offset, length }: ByteRange): void {
  const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0;
  if (isCount(offset) && isCount(length) && length <= objectBytesMax) return;
  throw new Failure(
    'bug',
    'OBJECT_RANGE_INVALID',
    `${length} bytes at ${offset} are no range of object "${name}"`,
  );
}
