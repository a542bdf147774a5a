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
 * What lies between the first place and the last one known of each writer. `known` tells of names whose place is known. A name that is not
 * stands for the place before the entry that names it: whoever reports that name reports the loss, so it is no gap as well.
 */
export function gapsOf(placed: Iterable<Placed>, known: (name: string) => boolean): Gap[] {
  const places = new Map<string, Set<number>>();
  for (const { writerId, seq, prev } of placed) {
    const taken = places.get(writerId) ?? new Set<number>();
    places.set(writerId, taken);
    taken.add(seq);
    if (prev !== undefined && !prev.every(known)) taken.add(seq - 1);
  }
  const gaps: Gap[] = [];
  for (const [writerId, taken] of places) {
    let next = 1;
    for (const seq of [...taken].sort((a, b) => a - b)) {
      if (seq > next) gaps.push({ writerId, from: next, to: seq - 1 });
      next = Math.max(next, seq + 1);
    }
  }
  return gaps;
}

/** What is a gap in both looks. Both lists ascend within each writer, so their number stays that of the entries. */
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
