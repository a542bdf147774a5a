// A time zone of the IANA database: which offset holds when, and which moment a wall clock means. The rules are those of the runtime's own
// tables (Intl), asked for once per stretch of time and kept, since a scheduler asks for thousands of policies again and again.

import type { Instant } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { escapeForTerminal } from '../../base/text.ts';
import { slipsBetween } from '../nearest-name.ts';

export interface Zone {
  readonly name: string;
  /** Milliseconds east of UTC. */
  offsetAt(at: Instant): number;
  /** Changes of the offset after `from`, up to and with `to`, in order. */
  changes(from: Instant, to: Instant): Change[];
  /** The first moment whose wall clock shows `wall`; where the clock skipped it, the moment right after the skip. */
  resolve(wall: number): Resolved;
}

export interface Change {
  readonly at: Instant;
  readonly before: number;
  readonly after: number;
}

export interface Resolved {
  readonly at: Instant;
  /** "gap": the wall clock never shows this; "fold": it shows it twice. */
  readonly clock: 'plain' | 'gap' | 'fold';
}

/** usage/UNKNOWN_ZONE for what is no name of the IANA database. */
export function createZone(name: string): Zone {
  return new IntlZone(name);
}

const blockMs = 2 ** 35;
const hourMs = 3_600_000;
/** No zone has changed and changed back within such a stretch since 1970. */
const probeMs = 6 * 24 * hourMs;
/** The longest skip was a whole day (Apia, 2011). */
const reachMs = 26 * hourMs;

interface Block {
  readonly offset: number;
  readonly changes: readonly Change[];
}

class IntlZone implements Zone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #blocks = new Map<number, Block>();

  constructor(name: string) {
    this.name = name;
    this.#format = zoneFormat(name);
  }

  offsetAt(at: Instant): number {
    const { offset, changes } = this.#block(Math.floor(at / blockMs));
    return changes.findLast((change) => change.at <= at)?.after ?? offset;
  }

  changes(from: Instant, to: Instant): Change[] {
    const found: Change[] = [];
    for (let index = Math.floor(from / blockMs); index <= Math.floor(to / blockMs); index++) {
      for (const change of this.#block(index).changes) {
        if (change.at > from && change.at <= to) found.push(change);
      }
    }
    return found;
  }

  resolve(wall: number): Resolved {
    const changes = this.changes(wall - reachMs, wall + reachMs);
    const first = changes[0];
    if (first === undefined) return { at: wall - this.offsetAt(wall), clock: 'plain' };
    const starts = [Number.NEGATIVE_INFINITY, ...changes.map(({ at }) => at)];
    const shown = [first.before, ...changes.map(({ after }) => after)]
      .map((offset, index) => ({ at: wall - offset, index }))
      .filter(
        ({ at, index }) => at >= starts[index]! && at < (starts[index + 1] ?? Number.POSITIVE_INFINITY),
      );
    if (shown.length > 0) return { at: shown[0]!.at, clock: shown.length > 1 ? 'fold' : 'plain' };
    return { at: changes.find(({ at, after }) => at + after > wall)!.at, clock: 'gap' };
  }

  #block(index: number): Block {
    const known = this.#blocks.get(index);
    if (known !== undefined) return known;
    const [start, end] = [index * blockMs, (index + 1) * blockMs];
    const offset = this.#ask(start);
    const changes: Change[] = [];
    let [at, before] = [start, offset];
    while (at < end - 1) {
      const next = Math.min(at + probeMs, end - 1);
      const after = this.#ask(next);
      if (after !== before) changes.push({ at: this.#changeBetween(at, next, before), before, after });
      [at, before] = [next, after];
    }
    const block = { offset, changes };
    this.#blocks.set(index, block);
    return block;
  }

  /** The second at which `before` stops to hold. */
  #changeBetween(from: Instant, to: Instant, before: number): Instant {
    let [low, high] = [Math.floor(from / 1000), Math.ceil(to / 1000)];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#ask(middle * 1000) === before) low = middle;
      else high = middle;
    }
    return high * 1000;
  }

  #ask(at: Instant): number {
    const parts: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(at)) parts[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
  }
}

function zoneFormat(name: string): Intl.DateTimeFormat {
  // Offsets such as +01:00 are no zones: they have no rules, and who writes one means a place.
  if (/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name)) {
    try {
      return new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
        timeZone: name,
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  const shown = escapeForTerminal(name.slice(0, 100));
  const near = nearestName(name.slice(0, 100));
  throw new Failure('usage', 'UNKNOWN_ZONE', `"${shown}" is no time zone`, {
    hint:
      near === undefined
        ? 'Write a name of the IANA database, such as Europe/Zurich or UTC.'
        : `Write a name of the IANA database; perhaps you mean ${near}.`,
  });
}

/** The zone whose name, or whose city, differs least, if it differs little. */
function nearestName(name: string): string | undefined {
  const wanted = fold(name);
  const most = Math.min(3, wanted.length / 3);
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const known of Intl.supportedValuesOf('timeZone')) {
    for (const text of [fold(known), fold(known.slice(known.lastIndexOf('/') + 1))]) {
      // Names of very different lengths need no comparing.
      if (Math.abs(text.length - wanted.length) > most) continue;
      const distance = slipsBetween(wanted, text);
      if (distance <= most && distance < (best?.distance ?? most + 1)) best = { name: known, distance };
    }
  }
  return best?.name;
}

function fold(name: string): string {
  return name
    .normalize('NFD')
    .replace(/[^a-z/]/gi, '')
    .toLowerCase();
}
