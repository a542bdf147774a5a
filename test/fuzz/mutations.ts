// Ways to spoil what was valid: bytes, texts, and the values inside a document, so that a mutation reaches behind the seal. Everything
// follows from one seed: what a campaign found is found again.

export type Random = (below: number) => number;

/** Numbers from 0 to below `below` (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

export function pick<Value>(random: Random, values: readonly Value[]): Value {
  return values[random(values.length)]!;
}

const tellingBytes = [0x00, 0x01, 0x17, 0x18, 0x1b, 0x40, 0x5b, 0x7f, 0x80, 0x9b, 0xa0, 0xbb, 0xf6, 0xff];

/** One to four changes: flips, telling values, runs cut out, doubled or put elsewhere, the end cut off or prolonged. */
export function mutateBytes(original: Uint8Array, random: Random): Uint8Array {
  let bytes = Buffer.from(original);
  for (let left = 1 + random(4); left > 0; left -= 1) {
    const at = random(bytes.length + 1);
    const length = 1 + random(pick(random, [1, 4, 32, 200]));
    switch (random(7)) {
      case 0:
        if (at < bytes.length) bytes[at]! ^= 1 << random(8);
        break;
      case 1:
        if (at < bytes.length) bytes[at] = pick(random, tellingBytes);
        break;
      case 2:
        for (let index = at; index < Math.min(at + 8, bytes.length); index += 1) bytes[index] = random(256);
        break;
      case 3:
        bytes = bytes.subarray(0, at);
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
        break;
      case 5:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at)]);
        break;
      default:
        bytes = Buffer.concat([bytes, Buffer.alloc(length, random(256))]);
    }
    bytes = Buffer.from(bytes);
  }
  return Uint8Array.from(bytes);
}

const tellingTexts = [
  '\0',
  '\ud800',
  '\u{1f600}',
  '..',
  '/',
  '*',
  '[',
  '\\',
  '-',
  '--',
  '=',
  '%',
  '9',
  '99999',
  '\n',
  'é',
];

export function mutateText(original: string, random: Random): string {
  let text = original;
  for (let left = 1 + random(3); left > 0; left -= 1) {
    const at = random(text.length + 1);
    const length = 1 + random(4);
    const put = random(3) === 0 ? String.fromCharCode(random(0x180)) : pick(random, tellingTexts);
    const more = random(20) === 0 ? put.repeat(400) : put;
    text = `${text.slice(0, at)}${random(2) === 0 ? more : ''}${text.slice(at + (random(2) === 0 ? length : 0))}`;
  }
  return text;
}

/** What no field expects, and what some fields nearly do. */
const strangers: readonly unknown[] = [
  null,
  true,
  false,
  0,
  1,
  2,
  -1,
  255,
  2 ** 32 - 1,
  2 ** 32,
  Number.MAX_SAFE_INTEGER,
  -Number.MAX_SAFE_INTEGER,
  2n ** 64n - 1n,
  '',
  'x',
  '\0../',
  new Uint8Array(0),
  new Uint8Array(1),
  new Uint8Array(16),
  new Uint8Array(31),
  new Uint8Array(32).fill(255),
  new Uint8Array(64),
  new Uint8Array(4097).fill(65),
  [],
  [null],
  new Map(),
  new Map([[1, 1]]),
];

/** A copy with one value, somewhere inside, replaced, removed, doubled or changed a little. Maps and arrays are CBOR's. */
export function mutateItem(original: unknown, random: Random): unknown {
  const count = places(original);
  let chosen = random(count);
  const visit = (value: unknown): unknown => {
    const isHere = chosen === 0;
    chosen -= 1;
    if (isHere) return stranger(value, random);
    if (Array.isArray(value)) return value.map(visit).filter((one) => one !== gone);
    if (value instanceof Map) {
      return new Map(
        [...value].map(([key, one]) => [key, visit(one)]).filter(([, one]) => one !== gone) as never,
      );
    }
    return value;
  };
  const mutated = visit(original);
  return mutated === gone ? null : mutated;
}

const gone = Symbol('gone');

function places(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + places(one), 1);
  if (value instanceof Map) return [...value.values()].reduce((sum: number, one) => sum + places(one), 1);
  return 1;
}

function stranger(value: unknown, random: Random): unknown {
  const way = random(6);
  if (way === 0) return gone;
  if (way < 3) return pick(random, strangers);
  if (value instanceof Uint8Array) return mutateBytes(value, random);
  if (typeof value === 'string') return mutateText(value, random).toWellFormed();
  if (typeof value === 'number') {
    const changed = value + pick(random, [-1, 1, -value, 2 ** 31, 8.64e15]);
    return Number.isSafeInteger(changed) ? changed + 0 : Number.MAX_SAFE_INTEGER;
  }
  if (Array.isArray(value)) return random(2) === 0 ? [...value, ...value] : value.slice(1);
  if (value instanceof Map) {
    const map = new Map<unknown, unknown>(value);
    map.set(random(30), pick(random, strangers));
    return map;
  }
  return pick(random, strangers);
}
