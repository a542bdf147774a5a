// Policies that wait for others: "the copy after the backup". A run waits until each policy it depends on has ended a run that is at least as
// new as the one it stands for; a failure of that run may hold it back or not.

import type { Instant } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { escapeForTerminal } from '../../base/text.ts';

export interface Dependency {
  readonly policy: string;
  /** "success": only a run that succeeded lets others go on; "end": any that has ended. */
  readonly on: 'success' | 'end';
}

export interface LastRun {
  /** The due time of the newest run that has ended, and how it ended. */
  readonly due: Instant;
  readonly hasSucceeded: boolean;
}

export type Readiness =
  | { readonly state: 'ready' }
  /** Its run is due and has not ended. */
  | { readonly state: 'waiting'; readonly for: string }
  /** Its run has failed: nothing comes of waiting, until it is run again. */
  | { readonly state: 'held'; readonly by: string };

/**
 * `expected`: the newest due time of a policy up to the run's own; undefined: it was not due yet and is not waited for. `last`: its newest
 * run that has ended. Who is held back says so rather than who waits: that one needs a person.
 */
export function readinessOf(
  dependencies: readonly Dependency[],
  expected: (policy: string) => Instant | undefined,
  last: (policy: string) => LastRun | undefined,
): Readiness {
  let waiting: Readiness | undefined;
  for (const { policy, on } of dependencies) {
    const due = expected(policy);
    if (due === undefined) continue;
    const run = last(policy);
    if (run === undefined || run.due < due) waiting ??= { state: 'waiting', for: policy };
    else if (on === 'success' && !run.hasSucceeded) return { state: 'held', by: policy };
  }
  return waiting ?? { state: 'ready' };
}

/**
 * The policies so that each comes after those it depends on, else in the given order. usage/UNKNOWN_DEPENDENCY for a name that is none,
 * usage/DEPENDENCY_CYCLE for policies that wait for each other.
 */
export function orderByDependencies(
  policies: ReadonlyMap<string, readonly Pick<Dependency, 'policy'>[]>,
): string[] {
  const ordered = new Set<string>();
  for (const start of policies.keys()) {
    // An explicit stack: ten thousand policies in a chain are no reason to fail.
    const path: string[] = [];
    const onPath = new Set<string>();
    const stack: { readonly name: string; readonly isLeaving: boolean }[] = [
      { name: start, isLeaving: false },
    ];
    for (let one = stack.pop(); one !== undefined; one = stack.pop()) {
      const { name, isLeaving } = one;
      if (isLeaving) {
        onPath.delete(path.pop()!);
        ordered.add(name);
        continue;
      }
      if (ordered.has(name)) continue;
      if (onPath.has(name)) throw cycle([...path.slice(path.indexOf(name)), name]);
      path.push(name);
      onPath.add(name);
      stack.push({ name, isLeaving: true });
      for (const { policy } of policies.get(name)!.toReversed()) {
        if (!policies.has(policy)) throw unknown(name, policy);
        stack.push({ name: policy, isLeaving: false });
      }
    }
  }
  return [...ordered];
}

function cycle(names: readonly string[]): Failure {
  const shown = names.slice(0, 10).map((name) => `"${escapeForTerminal(name)}"`);
  return new Failure('usage', 'DEPENDENCY_CYCLE', `policies wait for each other: ${shown.join(' after ')}`, {
    hint: 'Take one of these dependencies away.',
  });
}

function unknown(name: string, missing: string): Failure {
  const [policy, wanted] = [escapeForTerminal(name), escapeForTerminal(missing)];
  return new Failure(
    'usage',
    'UNKNOWN_DEPENDENCY',
    `policy "${policy}" waits for "${wanted}", which is no policy`,
    {
      hint: 'Write the name of a policy as it is in the configuration.',
    },
  );
}
