// One entry of a snapshot as a line for people and as JSON, for `ls` and `find`.

import { formatBytes } from '../base/text.ts';
import type { Node, NodeKind } from '../model/node.ts';
import type { Invocation } from './command.ts';
import { localTime, pathFields, pathText } from './show.ts';

const letters: Readonly<Record<NodeKind, string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  fifo: 'p',
  socket: 's',
  'character-device': 'c',
  'block-device': 'b',
  implied: 'd',
};

/** `drwxr-xr-x  1000:1000  4.0 KiB  2026-11-20 15:00:00  /path -> target`. */
export function entryLine(path: string, node: Node, bytes: number, { texts, ambient }: Invocation): string {
  const target = node.target === undefined ? '' : ` -> ${Buffer.from(node.target).toString('utf8')}`;
  return [
    modeText(node),
    `${node.uid}:${node.gid}`.padEnd(11),
    (node.kind === 'file' ? formatBytes(bytes, texts.language) : '').padStart(10),
    localTime(Number(node.mtimeNs / 1_000_000n), ambient.zoneOffsetMinutes),
    pathText(path) + target,
  ].join('  ');
}

export function entryFields(path: string, node: Node): Record<string, unknown> {
  return {
    ...pathFields(path),
    kind: node.kind,
    mode: node.mode.toString(8).padStart(4, '0'),
    uid: node.uid,
    gid: node.gid,
    sizeBytes: node.sizeBytes,
    mtimeNs: node.mtimeNs,
    ...(node.target === undefined ? {} : targetFields(node.target)),
    ...(node.link === undefined ? {} : { link: node.link }),
    ...(node.device === undefined ? {} : { device: node.device }),
  };
}

function targetFields(target: Uint8Array): Record<string, unknown> {
  const { path, pathBase64 } = pathFields(Buffer.from(target).toString('latin1'));
  return { target: path, ...(pathBase64 === undefined ? {} : { targetBase64: pathBase64 }) };
}

function modeText({ kind, mode }: Node): string {
  const triple = (shift: number, special: boolean, letter: string) => {
    const bits = mode >> shift;
    const execute = special ? (bits & 1 ? letter : letter.toUpperCase()) : bits & 1 ? 'x' : '-';
    return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${execute}`;
  };
  return (
    letters[kind] +
    triple(6, (mode & 0o4000) !== 0, 's') +
    triple(3, (mode & 0o2000) !== 0, 's') +
    triple(0, (mode & 0o1000) !== 0, 't')
  );
}
