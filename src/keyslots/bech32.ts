// Bech32 (BIP 173) without its limit of 90 characters, as age writes its keys. The checksum finds a mistyped key, which matters here: a
// slot for a wrong public key would open for nobody.

const alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3] as const;
const checksumLength = 6;

/** Undefined for mixed case, unknown characters, a wrong checksum or bits left over. The prefix comes back in lower case. */
export function decodeBech32(
  text: string,
): { readonly prefix: string; readonly bytes: Uint8Array } | undefined {
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return undefined;
  const separator = lower.lastIndexOf('1');
  const prefix = lower.slice(0, Math.max(separator, 0));
  const words = [...lower.slice(separator + 1)].map((letter) => alphabet.indexOf(letter));
  if (prefix === '' || words.includes(-1) || words.length < checksumLength) return undefined;
  if (checksum(prefix, words) !== 1) return undefined;
  const bytes = fromWords(words.slice(0, -checksumLength));
  return bytes && { prefix, bytes };
}

/** In lower case. */
export function encodeBech32(prefix: string, bytes: Uint8Array): string {
  const words = toWords(bytes);
  const sum = checksum(prefix, [...words, 0, 0, 0, 0, 0, 0]) ^ 1;
  for (let shift = 25; shift >= 0; shift -= 5) words.push((sum >>> shift) & 31);
  return `${prefix}1${words.map((word) => alphabet[word]).join('')}`;
}

function checksum(prefix: string, words: readonly number[]): number {
  const codes = [...prefix].map((letter) => letter.charCodeAt(0));
  const values = [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31), ...words];
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    generators.forEach((generator, bit) => {
      if ((top >>> bit) & 1) sum ^= generator;
    });
  }
  return sum >>> 0;
}

function toWords(bytes: Uint8Array): number[] {
  const words: number[] = [];
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) words.push((held >>> (bits - 5)) & 31);
    held &= (1 << bits) - 1;
  }
  if (bits > 0) words.push((held << (5 - bits)) & 31);
  return words;
}

function fromWords(words: readonly number[]): Uint8Array | undefined {
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (const word of words) {
    held = (held << 5) | word;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push(held >>> bits);
    held &= (1 << bits) - 1;
  }
  return bits >= 5 || held !== 0 ? undefined : Uint8Array.from(bytes);
}
