// What a job's process takes of the machine, for the counts of its run: processor, memory, disk, and the bytes of all its connections.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';

/** Counts of a run that tell what it took; jobs have others of their own. */
export const usageCounts = [
  'cpuMs',
  'memoryPeakBytes',
  'diskReadBytes',
  'diskWrittenBytes',
  'networkReceivedBytes',
  'networkSentBytes',
] as const;
export type Usage = Readonly<Partial<Record<(typeof usageCounts)[number], number>>>;

/** From its call on; the result tells what was taken since. For a process that does one job alone. */
export function measureUsage(): () => Usage {
  const started = process.resourceUsage();
  const disk = diskBytes();
  const sockets = new Set<Socket>();
  let received = 0;
  let sent = 0;
  const settle = (socket: Socket) => {
    if (!sockets.delete(socket)) return;
    received += socket.bytesRead;
    sent += socket.bytesWritten;
  };
  const watch = (message: unknown) => {
    const { socket } = message as { readonly socket: Socket };
    sockets.add(socket);
    socket.once('close', () => settle(socket));
  };
  subscribe('net.client.socket', watch);
  return () => {
    unsubscribe('net.client.socket', watch);
    for (const socket of sockets) settle(socket);
    const now = process.resourceUsage();
    const diskNow = diskBytes();
    return {
      cpuMs: Math.round(
        (now.userCPUTime + now.systemCPUTime - started.userCPUTime - started.systemCPUTime) / 1000,
      ),
      memoryPeakBytes: now.maxRSS * 1024,
      networkReceivedBytes: received,
      networkSentBytes: sent,
      ...(disk === undefined || diskNow === undefined
        ? {}
        : { diskReadBytes: diskNow.read - disk.read, diskWrittenBytes: diskNow.written - disk.written }),
    };
  };
}

/** What this process made the disks do, by the kernel; undefined where it does not tell. */
function diskBytes(): { readonly read: number; readonly written: number } | undefined {
  try {
    const text = readFileSync('/proc/self/io', 'utf8');
    const of = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1]);
    const [read, written] = [of('read_bytes'), of('write_bytes')];
    return Number.isFinite(read) && Number.isFinite(written) ? { read, written } : undefined;
  } catch {
    return undefined;
  }
}
