// Trees by chance: names that meet what is planted in the targets, links that lead out, groups across kinds, and in some of them something
// that the format forbids.

import { type Chance, pick } from '../simulation/scheduler.ts';
import type { HostileNode, NodeKind, Twist } from './hostile-trees.ts';

/** The planted names, and names that mean something somewhere. */
const names = [
  'a',
  'b',
  'c',
  'd',
  'e',
  'f',
  'g',
  'h',
  'i',
  'k',
  'own',
  'victim',
  'x',
  'y',
  'z',
  'A',
  'CON',
  '...',
];
const forbidden = [
  '',
  '.',
  '..',
  '/',
  '../victim',
  '../outside/new',
  'a/b',
  'x\0',
  '/victim',
  'y'.repeat(2000),
];
const kinds: readonly NodeKind[] = [
  ...(['file', 'file', 'file', 'directory', 'directory', 'directory', 'symlink', 'symlink'] as const),
  ...(['fifo', 'socket', 'characterDevice', 'blockDevice', 'implied'] as const),
];
const modes = [0o644, 0o755, 0o700, 0, 0o4755, 0o2755, 0o7777, 0xffff];
const ids = [0, 0, 1000, 0x7fffffff, 0xffffffff];
const times = [0n, 1_600_000_000_000_000_000n, -1n, 2n ** 63n - 1n, -(2n ** 63n)];
const attributes: readonly (readonly [string, string])[] = [
  ['user.note', 'hostile'],
  ['security.capability', '\x01\x00\x00\x02\xff\xff\xff\xff\0\0\0\0\0\0\0\0\0\0\0\0'],
  ['trusted.overlay.opaque', 'y'],
  ['system.posix_acl_access', '\x02\x00\x00\x00'],
  ['no such space', ''],
  ['', ''],
];

export interface HostileTree {
  readonly below: NonNullable<HostileNode['below']>;
  readonly twist?: Twist;
}

/** `holes`: how far into a file data may lie. */
export function hostileTree(chance: Chance, box: string, holes: readonly bigint[]): HostileTree {
  const grow = (depth: number): HostileNode[] => {
    const wanted = new Set(Array.from({ length: Math.floor(chance() * 7) }, () => pick(names, chance)));
    return [...wanted].sort().map((name) => node(name, depth));
  };
  const node = (name: string, depth: number): HostileNode => {
    const kind = pick(kinds, chance);
    const inner = kind === 'directory' || kind === 'implied';
    return {
      name,
      kind,
      mode: pick(modes, chance),
      uid: pick(ids, chance),
      gid: pick(ids, chance),
      mtimeNs: pick(times, chance),
      ...(chance() < 0.15 ? { xattrs: [pick(attributes, chance)] } : {}),
      ...(chance() < 0.3 ? { group: pick(['g1', 'g2'], chance) } : {}),
      ...(kind === 'file' ? fileOf(chance, holes) : {}),
      ...(kind === 'symlink' ? { target: targetOf(chance, box) } : {}),
      ...(kind.endsWith('Device')
        ? {
            device: pick(
              [
                [1, 3],
                [8, 0],
                [0xffffffff, 1],
              ] as const,
              chance,
            ),
          }
        : {}),
      ...(inner ? { below: depth < 3 ? grow(depth + 1) : [] } : {}),
    };
  };
  const nodes = grow(0);
  if (chance() < 0.6) return { below: nodes };
  return spoil(nodes, grow(1), chance);
}

function fileOf(chance: Chance, holes: readonly bigint[]): Partial<HostileNode> {
  const data = pick(['hostile', 'hostile', '#!/bin/sh\nrm -rf /nonexistent\n', ''], chance);
  if (data === '') return { content: new Uint8Array(0) };
  if (chance() < 0.8) return { data };
  const offset = pick(holes, chance);
  return { data, runs: [[offset, BigInt(data.length)]], size: offset + BigInt(data.length) };
}

function targetOf(chance: Chance, box: string): string {
  const steps = ['..', '.', 'a', 'd', 'x', 'victim', 'outside', 'folder', 'new'];
  const way = Array.from({ length: 1 + Math.floor(chance() * 4) }, () => pick(steps, chance)).join('/');
  const known = [
    '../outside',
    '../outside/victim',
    '../../outside',
    `${box}/outside`,
    `${box}/victim`,
    'a',
    '.',
  ];
  return chance() < 0.5 ? way : pick(known, chance);
}

/** Something that the format forbids, somewhere. */
function spoil(nodes: HostileNode[], others: HostileNode[], chance: Chance): HostileTree {
  const at = Math.floor(chance() * nodes.length);
  const one = nodes[at] ?? { name: 'a', kind: 'file' as const };
  const change = (more: Partial<HostileNode>): HostileTree => ({
    below: [...nodes.slice(0, at), { ...one, ...more }, ...nodes.slice(at + 1)],
  });
  const twist = (change: Twist): HostileTree => ({ below: nodes, twist: change });
  const choices: (() => HostileTree)[] = [
    () => change({ name: pick(forbidden, chance) }),
    () => change({ kind: 'directory', below: [{ ...one, name: pick(forbidden, chance) }] }),
    () => ({ below: [...nodes, ...others] }),
    () => ({ below: [...nodes].reverse() }),
    () => ({ below: { parts: [nodes, others] } }),
    () => ({ below: { parts: [nodes, nodes] } }),
    () => ({ below: { parts: [nodes, [], others] } }),
    () => ({
      below: { parts: [nodes, [], [], [{ name: one.name, kind: 'symlink', target: '../outside' }]] },
    }),
    () => change({ rawKind: Math.floor(chance() * 256) }),
    () => change({ size: pick([0n, 1n, 2n ** 32n, 2n ** 53n, 2n ** 64n - 1n], chance) }),
    () =>
      change({ runs: [[pick([0n, 5n, 2n ** 63n], chance), pick([0n, 7n, 2n ** 63n], chance)]], size: 9n }),
    () => change({ content: Buffer.alloc(pick([0, 1, 8, 32, 64, 96, 5000], chance)) }),
    () => change({ isIndirect: true }),
    () => twist((item) => item.delete(1 + Math.floor(chance() * 14))),
    () => twist((item) => item.set(1 + Math.floor(chance() * 14), Buffer.alloc(Math.floor(chance() * 80)))),
    () => twist((item) => item.set(11 + Math.floor(chance() * 4), new Map([[at, [[Buffer.alloc(3)]]]]))),
    () => twist((item) => item.set(0, Buffer.alloc(Math.floor(chance() * 3) * 32))),
  ];
  return pick(choices, chance)();
}
