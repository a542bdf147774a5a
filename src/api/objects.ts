// What an address names, found before anybody is asked whether the caller may: permissions are checked on the thing itself.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { alertById } from '../catalog/alerts.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { policyNames } from '../catalog/changes.ts';
import { policyNamed } from '../catalog/policies.ts';
import { type Task, taskById } from '../catalog/queue.ts';
import { recoveryPointById } from '../catalog/recovery-points.ts';
import { runById } from '../catalog/runs.ts';
import { downloadPayload } from '../control/tasks/orders.ts';
import { type Principal, sightOf, type Target } from '../identity/access.ts';
import type { Permission } from '../model/permission.ts';
import type { ObjectKind } from './contract/operation.ts';

export interface Found {
  /** Ways to it, such as its copies: of one of them, all targets must be allowed. Empty when there is no such thing. */
  readonly ways: readonly (readonly Target[])[];
  /** For the audit trail: "policy school". */
  readonly label: string;
  readonly policyId: string | undefined;
  /** Who asked for it, and what they had to be allowed for that. */
  readonly asked?: { readonly actor: string; readonly permission: Permission };
}

type Params = Readonly<Record<string, string>>;
type Find = (params: Params, catalog: Catalog, context: Context, body: unknown) => Promise<Found>;

const finders: Readonly<Record<ObjectKind, Find>> = {
  async policy({ policy = '' }, catalog, context) {
    const known = await policyNamed(catalog, policy, context);
    return found(`policy ${policy}`, known === undefined ? [] : [{ policy: known.id }], known?.id);
  },
  async run({ run = '' }, catalog, context) {
    const known = await runById(catalog, run, context);
    return ofPolicy(`run ${run}`, known?.policyId);
  },
  async 'recovery-point'({ point = '' }, catalog, context, body) {
    const label = `recovery-point ${point}`;
    const known = await recoveryPointById(catalog, point, context);
    if (known === undefined) return found(label, []);
    const { policyId: policy } = known;
    const paths = pathsOf(body);
    const copies = known.copies.filter(({ removedAt }) => removedAt === undefined);
    const ways = (copies.length === 0 ? [undefined] : copies).map((copy) =>
      paths.map((path) => ({ policy, repository: copy?.repository, path })),
    );
    return { label, ways, policyId: policy };
  },
  async task({ task = '' }, catalog, context) {
    const known = await taskById(catalog, task, context);
    const policyId = policyIdOf(known?.payload);
    const asked = known === undefined ? undefined : askedFor(known);
    return {
      ...found(`task ${task}`, known === undefined ? [] : [{ policy: policyId }], policyId),
      ...(asked === undefined ? {} : { asked }),
    };
  },
  async download({ download: task = '' }, catalog, context) {
    const label = `task ${task}`;
    const known = await taskById(catalog, task, context);
    const read = known?.kind === 'download' ? downloadPayload.safeParse(known.payload) : undefined;
    if (read?.success !== true) return found(label, []);
    const { policyId: policy, repository, path } = read.data;
    return found(label, [{ policy, repository, path: bytesOf(path) }], policy);
  },
  async alert({ alert = '' }, catalog, context) {
    const known = await alertById(catalog, alert, context);
    return found(`alert ${alert}`, known === undefined ? [] : [{ policy: known.policyId }], known?.policyId);
  },
  async repository({ repository = '' }) {
    return found(`repository ${repository}`, [{ repository }]);
  },
  async channel({ channel = '' }) {
    return found(`channel ${channel}`, [{}]);
  },
};

/** `body`: as it came, not yet understood. */
export function findObject(
  kind: ObjectKind,
  params: Params,
  body: unknown,
  catalog: Catalog,
  context: Context,
): Promise<Found> {
  return finders[kind](params, catalog, context, body);
}

/** What of a recovery point is wanted: all of it where nothing is said that reads as a list of paths. */
function pathsOf(body: unknown): readonly string[] {
  if (body === null || typeof body !== 'object') return ['/'];
  const { path, include } = body as { path?: unknown; include?: unknown };
  const named = Array.isArray(include) && include.length > 0 ? include : [path];
  return named.map((one) => (typeof one === 'string' && !/[*?[\]{}!]/.test(one) ? bytesOf(one) : '/'));
}

/** Paths are byte strings inside. */
export function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function found(label: string, targets: readonly Target[], policyId?: string): Found {
  return { label, ways: targets.map((target) => [target]), policyId };
}

function ofPolicy(label: string, policyId: string | undefined): Found {
  return found(label, policyId === undefined ? [] : [{ policy: policyId }], policyId);
}

/** What one had to be allowed to ask for a task of a kind. */
const askedBy: Readonly<Record<string, Permission>> = {
  'audit-verify': 'audit:read',
  backup: 'policy:run',
  browse: 'recovery-point:browse',
  'catalog-check': 'configuration:read',
  check: 'repository:check',
  download: 'recovery-point:download',
  forget: 'recovery-point:delete',
  list: 'repository:check',
  posture: 'repository:check',
  probe: 'repository:check',
  prune: 'repository:prune',
  repair: 'repository:check',
  restore: 'recovery-point:restore',
  slots: 'key:read',
  stats: 'repository:check',
  'storage-test': 'repository:check',
};

function askedFor({ kind, payload }: Task): Found['asked'] {
  const { actor } = (payload ?? {}) as { actor?: unknown };
  const permission = Object.hasOwn(askedBy, kind) ? askedBy[kind] : undefined;
  return typeof actor === 'string' && permission !== undefined ? { actor, permission } : undefined;
}

/** Asked by them, and they may still ask for such things somewhere. */
export function isOwn({ asked }: Found, principal: Principal): boolean {
  if (asked === undefined || asked.actor !== principal.actor) return false;
  const sight = sightOf(principal, asked.permission);
  return sight.all || sight.policies.length + sight.repositories.length > 0;
}

export function policyIdOf(payload: unknown): string | undefined {
  if (payload === null || typeof payload !== 'object') return undefined;
  const { policyId } = payload as { policyId?: unknown };
  return typeof policyId === 'string' ? policyId : undefined;
}

export async function nameOfPolicy(
  catalog: Catalog,
  id: string | undefined,
  context: Context,
): Promise<string | undefined> {
  return id === undefined ? undefined : (await policyNames(catalog, [id], context)).get(id);
}

/** For reading what an address names, where there is no such thing. */
export function unknown(code: string, what: string): Failure {
  return new Failure('missing', code, `there is no ${what}`, { hint: 'Look at the list.' });
}
