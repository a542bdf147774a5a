// Places in a writer's chain that nothing accounts for: the numbers of entries tell of a recovery point that is gone even when whoever
// named it was forgotten since. FORMAT.md §11.

/** The places `from` to `to` of a writer's chain, both included. */
export interface Gap {
  readonly writerId: string;
  readonly from: number;
  readonly to: number;
}

/** An entry that is there, or what a tombstone says of one that was. */
export interface Placed {
  readonly writerId: string;
  readonly seq: number;
  /** Absent: the tombstone was written by a program that did not repeat it. */
  readonly prev?: readonly string[];
}

/**
 * What lies below the highest place known of each writer and is neither placed nor given up. `known` tells of names whose place is known. A
 * name that is not stands for the place before the entry that names it: whoever reports that name reports the loss, so it is no gap as well.
 */
export function gapsOf(
  placed: Iterable<Placed>,
  givenUp: Iterable<Gap>,
  known: (name: string) => boolean,
): Gap[] {
  const taken = new Map<string, Gap[]>();
  const take = (writerId: string, from: number, to: number) => {
    const ranges = taken.get(writerId);
    if (ranges === undefined) taken.set(writerId, [{ writerId, from, to }]);
    else ranges.push({ writerId, from, to });
  };
  for (const { writerId, seq, prev } of placed)
    take(writerId, prev === undefined || prev.every(known) ? seq : seq - 1, seq);
  for (const { writerId, from, to } of givenUp) take(writerId, from, to);
  const gaps: Gap[] = [];
  for (const [writerId, ranges] of taken) {
    let next = 1;
    for (const { from, to } of ranges.sort((a, b) => a.from - b.from)) {
      if (from > next) gaps.push({ writerId, from: next, to: from - 1 });
      next = Math.max(next, to + 1);
    }
  }
  return gaps;
}

/** What is a gap in both looks. */
export function inBoth(some: readonly Gap[], others: readonly Gap[]): Gap[] {
  return some.flatMap((one) =>
    others
      .filter((other) => other.writerId === one.writerId && other.from <= one.to && one.from <= other.to)
      .map((other) => ({
        writerId: one.writerId,
        from: Math.max(one.from, other.from),
        to: Math.min(one.to, other.to),
      })),
  );
}

export function lengthOf(gaps: readonly Gap[]): number {
  return gaps.reduce((sum, { from, to }) => sum + (to - from + 1), 0);
}
