// `holdfast runs`: what ran, when, and how it ended; `runs show` with the problems of one run; `runs cancel` stops one.

import { Failure } from '../../base/failure.ts';
import type { Outcome } from '../../model/outcome.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { policyNames, requirePolicy } from '../control/names.ts';
import { controlOptions, openCatalogOf } from '../control/places.ts';
import { failureLine, runFields, runRow } from '../control/run-lines.ts';
import { terminalTable } from '../show.ts';

const outcomes = ['succeeded', 'partial', 'failed', 'canceled'] as const;

export const command: Command = {
  name: 'runs',
  options: [
    { flags: '--policy <name>', text: 'option.onePolicy' },
    { flags: '--outcome <outcome>', choices: outcomes },
    { flags: '--limit <count>', text: 'option.listLimit' },
    { flags: '--after <mark>', text: 'option.listAfter' },
    ...controlOptions,
  ],
  subcommands: [
    { name: 'show', arguments: [{ name: 'run', required: true }], run: show },
    { name: 'cancel', arguments: [{ name: 'run', required: true }], run: cancel },
  ],
  examples: [
    'runs',
    'runs --policy documents --outcome failed',
    'runs show 0199c0de',
    'runs cancel 0199c0de',
  ],
  run: list,
};

async function list(invocation: Invocation): Promise<Ending> {
  const { options, context, output, texts } = invocation;
  await using catalog = await openCatalogOf(invocation);
  const named = options.text('policy');
  const outcome = options.text('outcome') as Outcome | undefined;
  const after = options.text('after');
  const policy = named === undefined ? undefined : await requirePolicy(catalog, named, context);
  const { listRuns } = await import('../../catalog/runs.ts');
  const page = await listRuns(
    catalog,
    {
      limit: options.count('limit', '--limit') ?? 20,
      ...(policy === undefined ? {} : { policyId: policy.id }),
      ...(outcome === undefined ? {} : { outcome }),
      ...(after === undefined ? {} : { after }),
    },
    context,
  );
  const names = await policyNames(catalog, context);
  const nameOf = (id: string) => names.get(id) ?? id;
  const head = texts.say('runs.head').split('|');
  const rows = page.items.map((run) => runRow(run, nameOf(run.policyId), invocation));
  if (rows.length === 0) output.line(texts.say('runs.none'));
  else
    for (const line of terminalTable([head, ...rows], [4, 5, 6, 7], invocation.ambient.output.columns))
      output.line(line);
  if (page.next !== undefined) output.note(texts.say('list.more', { mark: page.next }));
  const runs = page.items.map((run) => runFields(run, nameOf(run.policyId)));
  return { result: { runs, ...(page.next === undefined ? {} : { next: page.next }) } };
}

async function show(invocation: Invocation): Promise<Ending> {
  const { context, output, texts } = invocation;
  const [id = ''] = invocation.arguments;
  await using catalog = await openCatalogOf(invocation);
  const { listProblems, runById } = await import('../../catalog/runs.ts');
  const run = await runById(catalog, id, context);
  if (run === undefined) throw unknownRun(id);
  const policy = (await policyNames(catalog, context)).get(run.policyId) ?? run.policyId;
  const head = texts.say('runs.head').split('|');
  for (const line of terminalTable(
    [head, runRow(run, policy, invocation)],
    [4, 5, 6, 7],
    invocation.ambient.output.columns,
  ))
    output.line(line);
  if (run.failure !== undefined) output.line(failureLine(run.failure, texts));
  const problems = await listProblems(catalog, id, { limit: 500 }, context);
  for (const { path, code, message } of problems.items)
    output.line(`  ${path}: ${texts.phrase(message)} (${code})`);
  const untold = run.problemCount - problems.items.length;
  if (untold > 0) output.line(texts.say('runs.moreProblems', { count: untold }));
  return { result: { ...runFields(run, policy), problems: problems.items } };
}

/** By the id of a run, or of a task that waits. */
async function cancel(invocation: Invocation): Promise<Ending> {
  const { ambient, context, output, texts } = invocation;
  const [id = ''] = invocation.arguments;
  await using catalog = await openCatalogOf(invocation);
  const { requestCancel } = await import('../../control/request-cancel.ts');
  const by = { actor: ambient.userName, node: ambient.hostName };
  const asked = await requestCancel(catalog, id, by, context);
  if (asked === undefined) throw unknownRun(id);
  output.line(texts.say(asked.stopped === 'ended' ? 'runs.canceled' : 'runs.canceling', { run: id }));
  return { result: { task: asked.task.id, state: asked.stopped } };
}

function unknownRun(id: string): Failure {
  return new Failure('missing', 'RUN_UNKNOWN', `there is no run "${id}"`, {
    hint: 'Take the id from "holdfast runs".',
  });
}
