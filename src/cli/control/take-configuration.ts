// How `holdfast up` takes up the file of its machine: what is new in it is applied, what is wrong or older than what holds is told, and then
// what was applied last goes on.

import { type Failure, isFailure } from '../../base/failure.ts';
import { raiseAlert, resolveAlert } from '../../catalog/alerts.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import { applyConfiguration, lastApplied } from '../../catalog/configurations.ts';
import { heldLeases, nodePrefix } from '../../catalog/leases.ts';
import { fileDigest, nodeFiles, noteNodeFile } from '../../catalog/node-files.ts';
import { changesBy, tellShortenings } from '../../control/configuration-changes.ts';
import type { Invocation } from '../command.ts';
import type { ConfigurationFile } from './configuration-input.ts';

export interface Taking {
  readonly catalog: Catalog;
  readonly node: string;
}

/** Fails where the file cannot be applied; then nothing has changed. */
export async function takeConfiguration(
  file: ConfigurationFile,
  { catalog, node }: Taking,
  invocation: Invocation,
): Promise<void> {
  const { ambient, context, output, texts } = invocation;
  const { path, input } = file;
  const seen = { node, path, digest: fileDigest(input) };
  if (await isOlder(seen.digest, { catalog, node }, invocation)) {
    await noteNodeFile(catalog, seen, context);
    await resolveAlert(catalog, unusableAlert(node), context);
    output.log.warn(texts.say('up.differs', { path }));
    output.emit('differs', { path });
    return;
  }
  const zoneOffset = (at: number) => ambient.zoneOffsetMinutes(at);
  const { shortenings } = await changesBy(input, catalog, zoneOffset, context);
  await tellShortenings(path, shortenings, catalog, context);
  if (shortenings.length > 0) {
    // Backups go on with what holds; nothing is kept shorter before somebody has said so.
    const policies = shortenings.map(({ policy }) => policy).join(', ');
    await resolveAlert(catalog, unusableAlert(node), context);
    output.log.warn(texts.say('up.shorter', { path, policies }));
    output.emit('shorter', { path, shortenings });
    return;
  }
  const applied = await applyConfiguration(catalog, input, { actor: ambient.userName, node }, context);
  await noteNodeFile(catalog, seen, context);
  await resolveAlert(catalog, unusableAlert(node), context);
  if (!applied.changed) return;
  const { savedPolicies, deletedPolicies, revision } = applied;
  const counts = { saved: savedPolicies.length, deleted: deletedPolicies.length, revision };
  output.line(texts.say('up.applied', { path, ...counts }));
  output.emit('applied', { path, revision, savedPolicies, deletedPolicies });
}

/**
 * Something else was applied since this node read this very file; or the node is new among others that are at work. A file that was changed since
 * is somebody's will, and newer.
 */
async function isOlder(digest: string, { catalog, node }: Taking, { context }: Invocation): Promise<boolean> {
  const { files, applied } = await nodeFiles(catalog, context);
  if (applied === undefined || applied === digest) return false;
  const own = files.find((one) => one.node === node);
  if (own !== undefined) return own.digest === digest;
  const others = await heldLeases(catalog, nodePrefix, context);
  return others.some(({ name }) => name !== `${nodePrefix}${node}`);
}

/** What is wrong is told at the terminal and to people, and what was applied last goes on; without anything of the kind it fails. */
export async function goOnWithout(
  path: string,
  failure: unknown,
  { catalog, node }: Taking,
  { context, output, texts }: Invocation,
): Promise<void> {
  if (!isUnusable(failure) || (await lastApplied(catalog, context)) === undefined) throw failure;
  const { code, message } = failure;
  context.log.error(message, { code });
  output.note(texts.say('up.unusable', { path }));
  output.emit('unusable', { path, code });
  const title = `The configuration "${path}" of node "${node}" cannot be used; what was applied before goes on`;
  const facts = { object: node, path, code, message };
  await raiseAlert(catalog, { key: unusableAlert(node), severity: 'critical', title, facts }, context);
}

/** A mistake of the file, and no trouble on the way to it. */
export function isUnusable(error: unknown): error is Failure {
  return isFailure(error) && (error.kind === 'usage' || unusableCodes.includes(error.code));
}

const unusableCodes: readonly string[] = [
  'CONFIG_MISSING',
  'CONFIG_TOO_OPEN',
  'CONFIG_UNREADABLE',
  'CONFIG_STILL_NEEDED',
];

function unusableAlert(node: string): string {
  return `configuration:unusable:${node}`;
}
