// A source whose walk begins before anybody asks for it: while a passphrase is stretched on another thread, the main thread lists what
// will be compared. Bounded, so that a repository that is slow to open costs no memory.

import { setImmediate } from 'node:timers/promises';
import type { Context, Problem } from '../base/context.ts';
import type { Source, WalkEvent } from './source.ts';

const entriesMax = 50_000;
const eventsAtOnce = 16;

/** Walks ahead until `opening` is settled. The first walk() of the result tells what was listed meanwhile, then goes on. */
export function walkAhead(source: Source, opening: Promise<unknown>, context: Context): Source {
  const events: WalkEvent[] = [];
  const problems: Problem[] = [];
  let report = (problem: Problem): void => {
    problems.push(problem);
  };
  const monitor = { ...context.monitor, problem: (problem: Problem) => report(problem) };
  const walk = source.walk({ ...context, monitor });
  let isOpen = false;
  const settle = () => {
    isOpen = true;
  };
  opening.then(settle, settle);
  let failure: unknown;
  const ahead = async () => {
    for (let entries = 0; !isOpen && entries < entriesMax; await setImmediate()) {
      for (let count = 0; count < eventsAtOnce; count += 1) {
        const next = walk.next();
        if (next.done === true) return;
        events.push(next.value);
        if (next.value.type === 'directory') entries += next.value.listing.count;
      }
    }
  };
  // What stops the walk stops whoever walks: it is told there.
  ahead().catch((error: unknown) => {
    failure = error;
  });
  let isTaken = false;
  return {
    location: source.location,
    probe: (into) => source.probe(into),
    *walk(into): Generator<WalkEvent, void, undefined> {
      if (isTaken) {
        yield* source.walk(into);
        return;
      }
      isTaken = true;
      isOpen = true;
      for (const problem of problems) into.monitor.problem(problem);
      report = (problem) => into.monitor.problem(problem);
      for (let event = events.shift(); event !== undefined; event = events.shift()) yield event;
      if (failure !== undefined) throw failure;
      yield* walk;
    },
    open: (path, expected, into) => source.open(path, expected, into),
    link: (listing, row, into) => source.link(listing, row, into),
    attributes: (listing, row, into) => source.attributes(listing, row, into),
    owners: () => source.owners(),
    [Symbol.dispose]: () => source[Symbol.dispose](),
  };
}
