// One control plane a machine and catalog: who starts takes the lease of its node, and keeps it while it lives.

import type { Context, Instant } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import {
  acquireLease,
  heldLeases,
  type Lease,
  leaseNamed,
  nodePrefix as prefix,
  releaseLease,
} from '../../catalog/leases.ts';
import type { Ambient } from '../ambient.ts';

export const nodeHoldMs = 30_000;

export interface LiveNode {
  readonly name: string;
  readonly heldUntil: Instant;
}

export async function liveNodes(catalog: Catalog, context: Context): Promise<LiveNode[]> {
  const leases = await heldLeases(catalog, prefix, context);
  return leases.map(({ name, heldUntil }) => ({ name: name.slice(prefix.length), heldUntil }));
}

/** As the configuration names it, else after the host. */
export function nodeName(named: string | undefined, { hostName }: Pick<Ambient, 'hostName'>): string {
  const usual = hostName
    .toLowerCase()
    .replace(/[^a-z0-9._-]/g, '-')
    .replace(/\.{2,}/g, '.');
  return named ?? (usual.replace(/^[^a-z0-9]+/, '').slice(0, 63) || 'node');
}

/**
 * Fails with conflict/NODE_RUNNING while another control plane of this name lives. One of this machine that has provably ended is succeeded at
 * once; one that was killed elsewhere, as with a container, when it has been silent for long enough.
 */
export async function becomeNode(
  catalog: Catalog,
  node: string,
  ambient: Pick<Ambient, 'owner'>,
  context: Context,
): Promise<Lease> {
  const { owner } = ambient;
  const name = `${prefix}${node}`;
  const wish = { name, holder: `${owner.node} ${owner.incarnation}`, durationMs: nodeHoldMs };
  let silentUntil: Instant | undefined;
  for (;;) {
    const taken = await acquireLease(catalog, wish, context);
    if (taken !== undefined) return taken;
    const other = await leaseNamed(catalog, name, context);
    if (other === undefined) continue;
    const [host = '', ...words] = other.holder.split(' ');
    const incarnation = words.join(' ');
    if (owner.isDead(host, incarnation)) {
      await releaseLease(catalog, other, context);
      continue;
    }
    if (isHere(incarnation, owner.incarnation)) throw running(node, host);
    if (silentUntil !== undefined && other.heldUntil !== silentUntil) throw running(node, host);
    silentUntil = other.heldUntil;
    context.log.info('waits whether the one before still lives', { node, host });
    await context.clock.sleep(lookMs, context.signal);
  }
}

/** Longer than from one beat to the next. */
const lookMs = nodeHoldMs / 3 + 2000;

/** Boot, machine and space of processes are ours: it is no mystery whether it lives. */
function isHere(theirs: string, ours: string): boolean {
  const place = (text: string) => text.split(' ').slice(0, 3);
  return place(theirs).join(' ') === place(ours).join(' ') && !place(ours).includes('-');
}

function running(node: string, host: string): Failure {
  return new Failure('conflict', 'NODE_RUNNING', `"holdfast up" runs already as node "${node}"`, {
    facts: { node, host },
  });
}
