// Where a catalog is named, every verb of the command line that is more than a look has exactly one entry in its audit trail: written down
// before it begins, so that a kill leaves one, and brought into the trail when it has ended.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { AuditAct } from '../catalog/audit.ts';
import { endedBadly } from '../catalog/audited.ts';
import type { CatalogPlace } from '../catalog/open.ts';
import type { AuditedVerb } from './audit-actions.ts';
import { type SpooledAct, spool, spoolFolder, takeSpool, unspool } from './audit-spool.ts';
import { localActor, namedCatalog } from './catalog-place.ts';
import type { Ending, Invocation } from './command.ts';
import { exitOf, toFailure } from './exit.ts';

/** `title` as the parser has it, such as "key add". */
export async function runAudited(
  { title, verb }: { readonly title: string; readonly verb: AuditedVerb },
  invocation: Invocation,
  run: () => Promise<Ending>,
): Promise<Ending> {
  const place = namedCatalog(invocation);
  if (place === undefined) return run();
  const { ambient, context } = invocation;
  const { node, incarnation } = ambient.owner;
  const act = actOf(title, verb, invocation);
  const spooled: SpooledAct = {
    id: Buffer.from(ambient.random(16)).toString('hex'),
    at: context.clock.now(),
    owner: { node, incarnation },
    isOpen: true,
    act: { ...act, outcome: 'failed' },
  };
  const folder = spoolFolder(ambient);
  await requireTrail(title, { verb, place, folder }, invocation);
  spool(folder, spooled);
  const end = (ended: AuditAct) => writeDown({ ...spooled, isOpen: false, act: ended }, place, invocation);
  try {
    const ending = await run();
    await end(endedAs(act, ending));
    return ending;
  } catch (error) {
    await end(endedBadly(act, toFailure(error, context.signal.aborted)));
    throw error;
  }
}

/** The trail can be written, or this verb may do with the spool. What was spooled before is taken in. */
async function requireTrail(
  title: string,
  {
    verb,
    place,
    folder,
  }: { readonly verb: AuditedVerb; readonly place: CatalogPlace; readonly folder: string },
  { ambient, context }: Invocation,
): Promise<void> {
  try {
    const { openCatalog } = await import('../catalog/open.ts');
    await using catalog = await openCatalog(place, context, { migrate: false });
    await takeSpool(folder, { catalog, owner: ambient.owner }, context);
  } catch (cause) {
    if (context.signal.aborted) throw cause;
    const { code, message } = toFailure(cause, false);
    if (verb.whenAway === 'spool') {
      context.log.warn(`the audit trail cannot be reached, this is written down for later: ${message}`, {
        code,
      });
      return;
    }
    throw new Failure(
      'unavailable',
      'AUDIT_UNREACHABLE',
      `"${title}" is not done without an audit trail: ${message}`,
      {
        hint: 'Make the catalog reachable, or name another with --catalog or HOLDFAST_CATALOG.',
        cause,
      },
    );
  }
}

/** Stays in the spool where the catalog does not answer. A signal that stops the command does not stop this. */
async function writeDown(
  spooled: SpooledAct,
  place: CatalogPlace,
  { ambient, context }: Invocation,
): Promise<void> {
  const folder = spoolFolder(ambient);
  const within: Context = { ...context, signal: new AbortController().signal };
  try {
    spool(folder, spooled);
    const { openCatalog } = await import('../catalog/open.ts');
    const { takeAct } = await import('../catalog/audit-taken.ts');
    await using catalog = await openCatalog(place, within, { migrate: false });
    await takeAct(catalog, spooled.id, spooled.act, within);
    unspool(folder, spooled.id);
  } catch (error) {
    const { code, message } = toFailure(error, false);
    context.log.warn(`the audit entry waits in "${folder}": ${message}`, { code });
  }
}

function actOf(title: string, { action }: AuditedVerb, invocation: Invocation): Omit<AuditAct, 'outcome'> {
  const { ambient, options } = invocation;
  const repository = options.text('repository') ?? ambient.environment.HOLDFAST_REPOSITORY;
  const words = [title, ...invocation.arguments.map(harmless)].join(' ').slice(0, 500);
  return {
    ...localActor(invocation),
    action,
    ...(repository === undefined || repository === '' ? {} : { object: withoutUser(repository) }),
    // A plan is no deed.
    facts: { words, ...(options.flag('dryRun') ? { dryRun: true } : {}) },
  };
}

/** The path of a URL may be its secret, as with webhooks. */
function harmless(word: string): string {
  return word.replace(/:\/\/[\s\S]*$/, '://…');
}

/** Secrets have no place in the address of a repository; should one stand there, it is not carried further. */
function withoutUser(address: string): string {
  return address.replace(/\/\/[^/]*@/, '//').replace(/[?#].*$/, '');
}

function endedAs(act: Omit<AuditAct, 'outcome'>, ending: Ending): AuditAct {
  const exit = exitOf(ending);
  const isWell = exit === 0 || ending.outcome === 'partial';
  return { ...act, outcome: isWell ? 'succeeded' : 'failed', facts: { ...act.facts, exit } };
}
