// The table of commands: one lazy line each, in the order in which help shows them.

import type { Command } from '../command.ts';

export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  init: async () => (await import('./init.ts')).command,
  backup: async () => (await import('./backup.ts')).command,
  snapshots: async () => (await import('./snapshots.ts')).command,
  ls: async () => (await import('./ls.ts')).command,
  find: async () => (await import('./find.ts')).command,
  diff: async () => (await import('./diff.ts')).command,
  cat: async () => (await import('./cat.ts')).command,
  restore: async () => (await import('./restore.ts')).command,
  export: async () => (await import('./export.ts')).command,
  import: async () => (await import('./import.ts')).command,
  rollback: async () => (await import('./rollback.ts')).command,
  check: async () => (await import('./check.ts')).command,
  prune: async () => (await import('./prune.ts')).command,
  forget: async () => (await import('./forget.ts')).command,
  'forget-path': async () => (await import('./forget-path.ts')).command,
  stats: async () => (await import('./stats.ts')).command,
  key: async () => (await import('./key.ts')).command,
  writer: async () => (await import('./writer.ts')).command,
  keys: async () => (await import('./keys.ts')).command,
  maintainer: async () => (await import('./maintainer.ts')).command,
  copy: async () => (await import('./copy.ts')).command,
  sync: async () => (await import('./sync.ts')).command,
  repair: async () => (await import('./repair.ts')).command,
  tier: async () => (await import('./tier.ts')).command,
  storage: async () => (await import('./storage.ts')).command,
  session: async () => (await import('./session.ts')).command,
  status: async () => (await import('./status.ts')).command,
  completion: async () => (await import('./completion.ts')).command,
};
