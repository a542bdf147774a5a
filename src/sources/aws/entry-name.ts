// Names of AWS as paths of a tree. "~" is in no name there, so it parts a name from what is said of it: "prod/db~value" never meets the
// secret "prod/db/value".

import { createHash } from 'node:crypto';

const segmentBytesMax = 180;

/** A byte string without a slash at its begin; segments that no file system takes are written so that it does. */
export function entryPath(name: string): string {
  return name.replace(/^\//, '').split('/').map(segment).join('/');
}

function segment(text: string): string {
  if (text === '') return '~';
  if (text === '.' || text === '..') return `~${text}`;
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  const plain = bytes.replace(/[^A-Za-z0-9_+=.@-]/g, (byte) => `~${hexOf(byte)}`);
  if (plain.length <= segmentBytesMax) return plain;
  // Longer than file systems take: the hash keeps apart what begins alike.
  return `${plain.slice(0, 120)}~~${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

function hexOf(byte: string): string {
  return byte.charCodeAt(0).toString(16).padStart(2, '0');
}
