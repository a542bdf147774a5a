// How a place is set up, as far as it can be asked, and how surely it keeps what was written.

import type { CallOptions, PostureFinding, Storage } from '../../storage/storage.ts';

export async function postureOf(
  storage: Storage,
  options: Pick<CallOptions, 'signal'>,
): Promise<readonly PostureFinding[]> {
  const told = (await storage.posture?.({ signal: options.signal })) ?? [];
  return [...told, durabilityOf(storage)];
}

function durabilityOf({ features: { durability, exclusivePut } }: Storage): PostureFinding {
  const detail = `class ${durability}; two writers at once ${exclusivePut ? 'cannot' : 'can'} replace each other's objects`;
  return { about: 'durability', verdict: durability === 'A' && exclusivePut ? 'good' : 'warning', detail };
}
