// A machine whose disks, memory, processors and files are what a test says.

import type { Machine } from '../../../src/control/health/machine.ts';

export interface FakeMachine extends Machine {
  diskPercent: number;
  filesPercent: number;
  memoryPercent: number;
  busyMs: number;
  totalMs: number;
  nodeVersion: string;
  readonly texts: Map<string, string>;
}

export function fakeMachine(): FakeMachine {
  const machine: FakeMachine = {
    diskPercent: 10,
    filesPercent: 10,
    memoryPercent: 10,
    busyMs: 0,
    totalMs: 0,
    nodeVersion: '26.0.0',
    texts: new Map(),
    processors: () => ({ busyMs: machine.busyMs, totalMs: machine.totalMs }),
    memory: async () => ({ totalBytes: 100, availableBytes: 100 - machine.memoryPercent }),
    disk: async () => ({
      id: 'one',
      totalBytes: 1000,
      freeBytes: 1000 - 10 * machine.diskPercent,
      totalFiles: 1000,
      freeFiles: 1000 - 10 * machine.filesPercent,
    }),
    async readText(path) {
      const text = machine.texts.get(path);
      if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      return text;
    },
  };
  return machine;
}
