// The name that somebody meant: the one that the fewest slips of the finger lie from what was typed.

/** Undefined where none is near enough to be meant. */
export function nearestName(typed: string, names: readonly string[]): string | undefined {
  const plain = plainOf(typed);
  let best: string | undefined;
  let fewest = Math.floor(plain.length / 3) + 1;
  for (const name of names) {
    const slips = slipsBetween(plain, plainOf(name));
    if (slips >= fewest) continue;
    fewest = slips;
    best = name;
  }
  return best ?? shortened(plain, names);
}

/** "daily" for keepDaily: a part of a name, where it is the beginning or end of one alone. */
function shortened(plain: string, names: readonly string[]): string | undefined {
  if (plain.length < 4) return undefined;
  const longer = names.filter((name) => plainOf(name).startsWith(plain) || plainOf(name).endsWith(plain));
  return longer.length === 1 ? longer[0] : undefined;
}

/** keep_daily, keep-daily and keepDaily are the same to people. */
function plainOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[-_. ]/g, '')
    .slice(0, 64);
}

/** Letters put in, left out, changed, or two neighbours exchanged. */
export function slipsBetween(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(changed, row[j]! + 1, next[j - 1]! + 1);
      const isExchange = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isExchange) least = Math.min(least, before[j - 2]! + 1);
      next.push(least);
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
}
