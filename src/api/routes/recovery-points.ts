// Recovery points. Looking into one and restoring it are tasks: the API opens no repository.

import { posix } from 'node:path';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { requireNoBrake } from '../../catalog/brake.ts';
import type { Catalog, Unit } from '../../catalog/catalog.ts';
import { policyNamed } from '../../catalog/policies.ts';
import { addTask, type NewTask, taskById } from '../../catalog/queue.ts';
import {
  holdPoint,
  listRecoveryPoints,
  type RecoveryPoint,
  recoveryPointById,
  releasePoint,
} from '../../catalog/recovery-points.ts';
import { downloaded } from '../../control/jobs/orders.ts';
import { browsePayload, downloadPayload, forgetPayload, restorePayload } from '../../control/tasks/orders.ts';
import { can, type Principal } from '../../identity/access.ts';
import type { Permission } from '../../model/permission.ts';
import { attachmentHeaders } from '../attachment.ts';
import type { recoveryPoints } from '../contract/recovery-points.ts';
import type { HandlersOf } from '../handler.ts';
import { bytesOf, unknown } from '../objects.ts';
import { rangeOf } from '../ranges.ts';
import { acceptedShown, namesFor, pageShown, present, recoveryPointShown, withinOf } from '../shown.ts';

/** Somebody waits for it in front of a screen. */
const browsePriority = 2000;
const restorePriority = 1500;

export const recoveryPointHandlers: HandlersOf<typeof recoveryPoints> = {
  listRecoveryPoints: {
    async steady({ query, sight }, catalog, context) {
      const { policy, takenFrom, takenBefore, ...rest } = query;
      const known = policy === undefined ? undefined : await policyNamed(catalog, policy, context);
      if (policy !== undefined && known === undefined) return { answer: { items: [] } };
      const filter = present({
        ...rest,
        policyId: known?.id,
        takenFrom: takenFrom === undefined ? undefined : Date.parse(takenFrom),
        takenBefore: takenBefore === undefined ? undefined : Date.parse(takenBefore),
      });
      const found = await listRecoveryPoints(catalog, { ...filter, ...withinOf(sight) }, context);
      const names = await namesFor(found.items, catalog, context);
      return { answer: pageShown(found, (point) => recoveryPointShown(point, names)) };
    },
  },

  async getRecoveryPoint({ params, tools: { catalog } }, context) {
    return shown(params.point, catalog, context);
  },

  async holdRecoveryPoint({ params, body: { reason }, principal }, unit, context) {
    await holdPoint(unit, params.point, { reason, actor: principal.actor }, context);
    return { ...(await shown(params.point, unit, context)), facts: { reason } };
  },

  async releaseRecoveryPoint({ params }, unit, context) {
    await releasePoint(unit, params.point, context);
    return shown(params.point, unit, context);
  },

  async forgetRecoveryPoint({ params, body: { reason }, principal, request }, unit, context) {
    const point = await existing(params.point, unit, context);
    await requireNoBrake(unit, context);
    if (point.hold !== undefined) throw heldPoint(point.id, point.hold.reason);
    const there = point.copies.filter(({ removedAt }) => removedAt === undefined);
    // Of a copy in a repository that is out of reach for the caller, nobody hears here.
    const open = there.filter(({ repository }) =>
      can(principal, 'recovery-point:delete', { policy: point.policyId, repository }),
    );
    if (open.length === 0) throw gone(point.id);
    const copies = open.map(({ repository, snapshot }) => ({ repository, snapshot }));
    const { policyId } = point;
    const payload = forgetPayload.parse({ point: point.id, policyId, copies, actor: principal.actor });
    const added = await addTask(unit, taskOf('forget', request.id, payload, restorePriority), context);
    return { ...acceptedShown(added), facts: { reason, copies: copies.length } };
  },

  async browseRecoveryPoint({ params, body: { path }, principal, request }, unit, context) {
    const point = await existing(params.point, unit, context);
    const { repository, snapshot } = copyFor(point, principal, 'recovery-point:browse', [path]);
    const payload = browsePayload.parse({ repository, snapshot, path, actor: principal.actor });
    const added = await addTask(unit, taskOf('browse', request.id, payload, browsePriority), context);
    return { ...acceptedShown(added), facts: { path } };
  },

  async findInRecoveryPoint({ params, body: { patterns }, principal, request }, unit, context) {
    const point = await existing(params.point, unit, context);
    const { repository, snapshot } = copyFor(point, principal, 'recovery-point:browse', ['/']);
    const payload = browsePayload.parse({ repository, snapshot, find: patterns, actor: principal.actor });
    const added = await addTask(unit, taskOf('browse', request.id, payload, browsePriority), context);
    return { ...acceptedShown(added), facts: { patterns: patterns.length } };
  },

  async compareRecoveryPoints({ params, body, principal, request }, unit, context) {
    const { older: olderId, path, after } = body;
    const point = await existing(params.point, unit, context);
    const older = await existing(olderId, unit, context);
    const mayLook = (repository: string) =>
      can(principal, 'recovery-point:browse', { policy: older.policyId, repository, path: bytesOf(path) });
    const others = older.copies.filter(
      ({ removedAt, repository }) => removedAt === undefined && mayLook(repository),
    );
    // Of one that nobody shows them, they hear no more than that.
    if (others.length === 0) throw unknown('RECOVERY_POINT_UNKNOWN', `recovery point "${olderId}"`);
    const shared = { ...point, copies: point.copies.filter((one) => inSame(one, others) !== undefined) };
    const copy = copyFor(shared, principal, 'recovery-point:browse', [path]);
    const { repository, snapshot } = copy;
    const wanted = { repository, snapshot, older: inSame(copy, others)!.snapshot, path };
    const payload = browsePayload.parse({ ...wanted, ...present({ after }), actor: principal.actor });
    const added = await addTask(unit, taskOf('browse', request.id, payload, browsePriority), context);
    return { ...acceptedShown(added), facts: { path, older: olderId } };
  },

  async prepareDownload({ params, body, principal, request }, unit, context) {
    const { path, format } = body;
    const point = await existing(params.point, unit, context);
    const copy = copyFor(point, principal, 'recovery-point:download', [path], body.repository);
    const { repository, snapshot } = copy;
    const { policyId } = point;
    const { actor } = principal;
    const payload = downloadPayload.parse({ policyId, repository, snapshot, path, format, actor });
    const added = await addTask(unit, taskOf('download', request.id, payload, browsePriority), context);
    return { ...acceptedShown(added), facts: { path } };
  },

  async download({ params: { download: id }, principal, request, tools }, context) {
    const task = await taskById(tools.catalog, id, context);
    const read = task?.kind === 'download' ? downloadPayload.safeParse(task.payload) : undefined;
    // Of what others have looked up, nobody hears.
    if (read?.data?.actor !== principal.actor) throw unknown('TASK_UNKNOWN', `download "${id}"`);
    const found = downloaded.safeParse(task?.result).data;
    if (task?.state !== 'done' || found === undefined) {
      throw new Failure('conflict', 'DOWNLOAD_NOT_READY', `the task "${id}" has found nothing to download`, {
        hint: 'Look at the task: it is on its way, or says what is wrong.',
      });
    }
    // How long an archive becomes shows only when it is written, and no two are written alike.
    const etag = found.bytes === undefined ? undefined : `"${id}"`;
    const range =
      found.bytes === undefined || etag === undefined
        ? undefined
        : rangeOf(request, { bytes: found.bytes, etag });
    const { name, bytes, content } = await tools.download(id, range, context);
    return {
      answer: '',
      lines: content,
      ...(etag === undefined ? {} : { etag }),
      ...(range === undefined ? {} : { isPart: true }),
      headers: attachmentHeaders(name, bytes, range),
      facts: { path: read.data.path, ...(bytes === undefined ? {} : { bytes }), ...range },
    };
  },

  async restoreRecoveryPoint({ params, body, principal, request, tools: { rules } }, unit, context) {
    const { target, include = [] } = body;
    requireBelow(target, rules.restoreRoots);
    const point = await existing(params.point, unit, context);
    const paths = include.length === 0 ? ['/'] : include;
    const copy = copyFor(point, principal, 'recovery-point:restore', paths, body.repository);
    const { repository, snapshot } = copy;
    const payload = restorePayload.parse({ repository, snapshot, target, include, actor: principal.actor });
    const added = await addTask(unit, taskOf('restore', request.id, payload, restorePriority), context);
    return { ...acceptedShown(added), facts: { target, repository } };
  },
};

async function existing(id: string, at: Catalog | Unit, context: Context): Promise<RecoveryPoint> {
  const point = await recoveryPointById(at, id, context);
  if (point === undefined) throw unknown('RECOVERY_POINT_UNKNOWN', `recovery point "${id}"`);
  return point;
}

async function shown(id: string, at: Catalog | Unit, context: Context) {
  const point = await existing(id, at, context);
  return { answer: recoveryPointShown(point, await namesFor([point], at, context)) };
}

/** One that is there and that the caller may read: the one proven last, then the one verified last. */
function copyFor(
  point: RecoveryPoint,
  principal: Principal,
  permission: Permission,
  paths: readonly string[],
  wanted?: string,
) {
  const open = point.copies
    .filter(({ removedAt, repository }) => removedAt === undefined && repository === (wanted ?? repository))
    .filter(({ repository }) =>
      paths.every((path) =>
        can(principal, permission, { policy: point.policyId, repository, path: bytesOf(path) }),
      ),
    );
  const best = open.sort(
    (a, b) => (b.provenAt ?? 0) - (a.provenAt ?? 0) || (b.verifiedAt ?? 0) - (a.verifiedAt ?? 0),
  )[0];
  if (best !== undefined) return best;
  throw gone(point.id);
}

type Copy = RecoveryPoint['copies'][number];

function inSame({ repository }: Copy, copies: readonly Copy[]): Copy | undefined {
  return copies.find((one) => one.repository === repository);
}

function gone(id: string): Failure {
  return new Failure('missing', 'RECOVERY_POINT_GONE', `no copy of "${id}" is left that you may read`, {
    hint: 'Look at its copies, or take another recovery point.',
  });
}

function heldPoint(id: string, reason: string): Failure {
  return new Failure('conflict', 'RECOVERY_POINT_HELD', `the recovery point "${id}" is held: "${reason}"`, {
    hint: 'End the hold first, where nobody needs it any more.',
  });
}

/** Each request is a task of its own; one that is sent again is known by its idempotency key. */
function taskOf(kind: string, request: string, payload: object, priority: number): NewTask {
  const known = Object.entries(payload).filter(([, value]) => value !== undefined);
  const plain = Object.fromEntries(known) as NewTask['payload'];
  return { kind, key: `${kind}/${request}`, payload: plain, priority };
}

/** By its words alone; who writes there looks again, folder by folder, that no link leads out. */
function requireBelow(target: string, roots: readonly string[]): void {
  const isPlain = posix.normalize(target) === target && !target.endsWith('/');
  const isBelow = roots.some((root) => {
    const base = root.endsWith('/') ? root : `${root}/`;
    return target.startsWith(base) && target.length > base.length;
  });
  if (isPlain && isBelow) return;
  throw new Failure('denied', 'RESTORE_TARGET_OUTSIDE', `nothing is restored to "${target}" from here`, {
    hint: 'Name a folder below one of "api.restoreRoots", or restore on the machine itself.',
  });
}
