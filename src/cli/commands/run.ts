// `holdfast run`: asks the control plane to run a policy now, and with --wait tells how it went.

import type { Counter } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { formatBytes, formatCount, formatDuration } from '../../base/text.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import type { Policy } from '../../catalog/policies.ts';
import type { Run } from '../../catalog/runs.ts';
import { addDuration, parseDuration } from '../../model/time.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { requirePolicy } from '../control/names.ts';
import { liveNodes } from '../control/nodes.ts';
import { controlOptions, openCatalogOf } from '../control/places.ts';
import { failureLine, outcomeText, runFields } from '../control/run-lines.ts';
import { isoTime } from '../show.ts';

export const command: Command = {
  name: 'run',
  arguments: [{ name: 'policy', required: true }],
  options: [
    { flags: '-w, --wait' },
    { flags: '--timeout <duration>', text: 'option.waitTimeout' },
    ...controlOptions,
  ],
  examples: ['run documents', 'run documents --wait', 'run documents --timeout 2h'],
  run,
};

const lookMs = 500;
/** How often it is looked whether anybody is there who could do it. */
const lookForNodesMs = 2000;
const problemsShownMax = 500;

async function run(invocation: Invocation): Promise<Ending> {
  const { options, ambient, context, output, texts } = invocation;
  const [name = ''] = invocation.arguments;
  const timeoutMs = timeoutOf(invocation);
  await using catalog = await openCatalogOf(invocation);
  const policy = await requirePolicy(catalog, name, context);
  const { requestRun } = await import('../../control/request-run.ts');
  const wish = { actor: ambient.userName, node: ambient.hostName };
  const { taskId, dueAt } = await requestRun(catalog, policy, wish, context);
  const asked = { policy: name, taskId, dueAt: isoTime(dueAt) };
  const nodes = await liveNodes(catalog, context);
  output.line(texts.say('run.asked', { policy: name }));
  if (nodes.length === 0) tellNobody(invocation);
  if (!options.flag('wait') && timeoutMs === undefined) return { result: asked };
  const until = timeoutMs === undefined ? Number.POSITIVE_INFINITY : context.clock.elapsed() + timeoutMs;
  const isAlone = nodes.length === 0;
  const ended = await waitFor({ taskId, dueAt, policy, until, isAlone }, catalog, invocation);
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
  /** By the clock that only goes forward. */
  readonly until: number;
  /** It was said already that nobody is at work. */
  readonly isAlone: boolean;
}

function timeoutOf({ options }: Invocation): number | undefined {
  const text = options.text('timeout');
  return text === undefined ? undefined : addDuration(0, parseDuration(text), 1, () => 0);
}

function tellNobody({ output, texts }: Invocation): void {
  output.note(texts.say('run.nobody'));
  output.emit('waiting', { nodes: 0 });
}

/** The last attempt of what was asked for. An attempt that failed and is tried again later has ended, too, and is told. */
async function waitFor(
  { taskId, dueAt, policy, until, ...wanted }: Wanted,
  catalog: Catalog,
  invocation: Invocation,
): Promise<Run> {
  const { context } = invocation;
  const { attemptsAt, listProblems } = await import('../../catalog/runs.ts');
  const { taskById } = await import('../../catalog/queue.ts');
  const shown = { entries: 0, entriesUnchanged: 0, sourceBytes: 0, newBlobs: 0, storedBytes: 0, objects: 0 };
  let problems: string | undefined;
  let told = 0;
  let { isAlone } = wanted;
  let lookAt = context.clock.elapsed() + lookForNodesMs;
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
    const now = context.clock.elapsed();
    if (now >= until) throw takesLonger(policy.name, task?.state !== 'waiting');
    if (now >= lookAt) {
      lookAt = now + lookForNodesMs;
      const isNobody = (await liveNodes(catalog, context)).length === 0;
      if (isNobody && !isAlone) tellNobody(invocation);
      isAlone = isNobody;
    }
    await context.clock.sleep(Math.min(lookMs, Math.max(1, until - now)), context.signal);
  }
}

/** It is not stopped: who wants that says so. */
function takesLonger(policy: string, hasBegun: boolean): Failure {
  const facts = { policy, hasBegun };
  const hint = 'Look at it with "holdfast runs", and whether "holdfast up" runs with "holdfast node list".';
  if (hasBegun) {
    const message = `the run of "${policy}" has not ended in time; it goes on`;
    return new Failure('exhausted', 'RUN_WAIT_TIMEOUT', message, { facts, hint });
  }
  const message = `the run of "${policy}" has not begun in time; it stays wanted`;
  return new Failure('exhausted', 'RUN_WAIT_TIMEOUT', message, { facts, hint });
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
  if (run.failure !== undefined) told.push(failureLine(run.failure, texts));
  return told;
}
