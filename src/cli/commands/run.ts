// `holdfast run`: asks the control plane to run a policy now, and with --wait tells how it went.

import type { Counter } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { formatBytes, formatCount, formatDuration } from '../../base/text.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import type { Policy } from '../../catalog/policies.ts';
import type { Run } from '../../catalog/runs.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { requirePolicy } from '../control/names.ts';
import { liveNodes } from '../control/nodes.ts';
import { controlOptions, openCatalogOf } from '../control/places.ts';
import { failureLine, outcomeText, runFields } from '../control/run-lines.ts';
import { isoTime } from '../show.ts';

export const command: Command = {
  name: 'run',
  arguments: [{ name: 'policy', required: true }],
  options: [{ flags: '-w, --wait' }, ...controlOptions],
  examples: ['run documents', 'run documents --wait'],
  run,
};

const lookMs = 500;
const problemsShownMax = 500;

async function run(invocation: Invocation): Promise<Ending> {
  const { options, ambient, context, output, texts } = invocation;
  const [name = ''] = invocation.arguments;
  await using catalog = await openCatalogOf(invocation);
  const policy = await requirePolicy(catalog, name, context);
  const { requestRun } = await import('../../control/request-run.ts');
  const wish = { actor: ambient.userName, node: ambient.hostName };
  const { taskId, dueAt } = await requestRun(catalog, policy, wish, context);
  const asked = { policy: name, taskId, dueAt: isoTime(dueAt) };
  const nodes = await liveNodes(catalog, context);
  output.line(texts.say('run.asked', { policy: name }));
  if (nodes.length === 0) output.note(texts.say('run.nobody'));
  if (!options.flag('wait')) return { result: asked };
  const ended = await waitFor({ taskId, dueAt, policy }, catalog, invocation);
  for (const line of lines(ended, invocation)) output.line(line);
  const result = { ...asked, run: runFields(ended, name) };
  if (ended.outcome === 'canceled') return { exit: 130, outcome: 'failed', result };
  if (ended.outcome === 'failed') return { exit: exitOfFailed, outcome: 'failed', result };
  return { outcome: ended.outcome ?? 'failed', result };
}

/** A run that failed is trouble of the world as a rule: what can be tried again. */
const exitOfFailed = 6;

interface Wanted {
  readonly taskId: string;
  readonly dueAt: number;
  readonly policy: Policy;
}

/** The last attempt of what was asked for. An attempt that failed and is tried again later has ended, too, and is told. */
async function waitFor(
  { taskId, dueAt, policy }: Wanted,
  catalog: Catalog,
  invocation: Invocation,
): Promise<Run> {
  const { context } = invocation;
  const { attemptsAt, listProblems } = await import('../../catalog/runs.ts');
  const { taskById } = await import('../../catalog/queue.ts');
  const shown = { entries: 0, entriesUnchanged: 0, sourceBytes: 0, newBlobs: 0, storedBytes: 0, objects: 0 };
  let problems: string | undefined;
  let told = 0;
  for (;;) {
    const task = await taskById(catalog, taskId, context);
    const run = (await attemptsAt(catalog, policy.id, dueAt, context)).at(-1);
    if (run !== undefined) {
      context.monitor.phase('running');
      for (const counter of Object.keys(shown) as Counter[]) {
        const more = (run.counts[counter] ?? 0) - shown[counter];
        if (more > 0) context.monitor.count(counter, more);
        shown[counter] += Math.max(0, more);
        const expected = run.counts[`${counter}Expected`];
        if (expected !== undefined) context.monitor.total(counter, expected);
      }
      while (told < Math.min(run.problemCount, problemsShownMax)) {
        const page = await listProblems(
          catalog,
          run.id,
          { limit: 100, ...(problems === undefined ? {} : { after: problems }) },
          context,
        );
        for (const problem of page.items) context.monitor.problem(problem);
        told += page.items.length;
        if (page.items.length === 0 || page.next === undefined) break;
        problems = page.next;
      }
      if (run.state === 'ended' && (task === undefined || task.state !== 'claimed')) return run;
    } else {
      context.monitor.phase('waiting');
      if (task?.state === 'done') throw endedWithout(task.result, policy.name);
    }
    await context.clock.sleep(lookMs, context.signal);
  }
}

function endedWithout(result: unknown, policy: string): Failure {
  const failure = (result as { failure?: { code?: string; message?: string } } | null)?.failure;
  const why = failure === undefined ? '' : `: ${failure.message} (${failure.code})`;
  return new Failure('conflict', 'RUN_NOT_STARTED', `the run of "${policy}" was not started${why}`, {
    hint: 'Look into "holdfast logs" for the reason.',
  });
}

function lines(run: Run, invocation: Invocation): string[] {
  const { texts } = invocation;
  const { language } = texts;
  const told = [
    texts.say('run.ended', {
      outcome: outcomeText(run, invocation),
      time: formatDuration((run.endedAt ?? run.startedAt) - run.startedAt, language),
      entries: formatCount(run.counts.entries ?? 0, language),
      bytes: formatBytes(run.counts.sourceBytes ?? 0, language),
      stored: formatBytes(run.counts.storedBytes ?? 0, language),
      problems: formatCount(run.problemCount, language),
    }),
  ];
  if (run.failure !== undefined) told.push(failureLine(run.failure));
  return told;
}
