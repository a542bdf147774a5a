// Just enough ASN.1 to look into what Node's crypto does not open: values are found where they lie, nothing is copied, and only what
// is asked for is read, so that hostile nesting costs nothing. Indefinite lengths (BER) are followed to a small depth.

/** One value: its first tag byte, its content, and itself with its head. */
export interface Der {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly whole: Uint8Array;
}

export const derTags = {
  integer: 0x02,
  octets: 0x04,
  octetsInParts: 0x24,
  oid: 0x06,
  sequence: 0x30,
  set: 0x31,
  context0: 0xa0,
} as const;

const depthMax = 24;
const childrenMax = 10_000;

/** The value at `offset`; undefined where there is none that is whole. */
export function readDer(bytes: Uint8Array, offset = 0, depth = 0): Der | undefined {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  // Tags of several bytes occur in no key format.
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f || depth > depthMax) return undefined;
  let start = offset + 2;
  let length = first;
  if (first === 0x80) return readIndefinite(bytes, offset, depth);
  if (first > 0x80) {
    const count = first & 0x7f;
    if (count > 4 || start + count > bytes.length) return undefined;
    length = 0;
    for (let index = 0; index < count; index += 1) length = length * 256 + bytes[start + index]!;
    start += count;
  }
  if (start + length > bytes.length) return undefined;
  return {
    tag,
    content: bytes.subarray(start, start + length),
    whole: bytes.subarray(offset, start + length),
  };
}

function readIndefinite(bytes: Uint8Array, offset: number, depth: number): Der | undefined {
  const start = offset + 2;
  let at = start;
  for (let count = 0; count < childrenMax; count += 1) {
    if (bytes[at] === 0 && bytes[at + 1] === 0) {
      return {
        tag: bytes[offset]!,
        content: bytes.subarray(start, at),
        whole: bytes.subarray(offset, at + 2),
      };
    }
    const child = readDer(bytes, at, depth + 1);
    if (child === undefined) return undefined;
    at += child.whole.length;
  }
  return undefined;
}

/** The values inside one; undefined when they do not fill it exactly. */
export function childrenOf(value: Der | undefined): readonly Der[] | undefined {
  if (value === undefined || (value.tag & 0x20) === 0) return undefined;
  const children: Der[] = [];
  for (let at = 0; at < value.content.length; ) {
    const child = readDer(value.content, at);
    if (child === undefined || children.length === childrenMax) return undefined;
    children.push(child);
    at += child.whole.length;
  }
  return children;
}

/** An octet string, also one that is written in parts. */
export function octetsOf(value: Der | undefined): Uint8Array | undefined {
  if (value?.tag === derTags.octets) return value.content;
  if (value?.tag !== derTags.octetsInParts) return undefined;
  const parts = childrenOf(value);
  if (parts === undefined || parts.some(({ tag }) => tag !== derTags.octets)) return undefined;
  return Buffer.concat(parts.map(({ content }) => content));
}

/** Dotted numbers. */
export function oidOf(value: Der | undefined): string | undefined {
  if (value?.tag !== derTags.oid || value.content.length === 0 || value.content.length > 64) return undefined;
  const numbers: number[] = [];
  let number = 0;
  for (const byte of value.content) {
    number = number * 128 + (byte & 0x7f);
    if ((byte & 0x80) !== 0) continue;
    if (numbers.length === 0) {
      const first = Math.min(Math.floor(number / 40), 2);
      numbers.push(first, number - first * 40);
    } else numbers.push(number);
    number = 0;
  }
  return numbers.join('.');
}

/** Length of an integer without its sign. */
export function integerBits(value: Der | undefined): number | undefined {
  if (value?.tag !== derTags.integer) return undefined;
  return bitLength(value.content);
}

/** Of a number whose first bytes are the highest. */
export function bitLength(bytes: Uint8Array): number {
  const start = bytes.findIndex((byte) => byte !== 0);
  if (start < 0) return 0;
  return (bytes.length - start - 1) * 8 + (32 - Math.clz32(bytes[start]!));
}

/** Small whole numbers only. */
export function smallInteger(value: Der | undefined): number | undefined {
  if (value?.tag !== derTags.integer || value.content.length === 0 || value.content.length > 4)
    return undefined;
  return value.content.reduce((sum, byte) => sum * 256 + byte, 0);
}
