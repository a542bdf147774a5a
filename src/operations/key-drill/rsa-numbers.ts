// Whether the numbers of an RSA key belong together. OpenSSL signs and opens with a damaged prime, too, by the slow way that needs none:
// other programs do not, so a key that only it can use is no whole key.

import type { KeyObject } from 'node:crypto';
import { childrenOf, readDer } from '../../sources/keys/recognise/der.ts';

/** True as well for what is not judged: keys of more than two primes, and those without what makes them quick. */
export function fitsTogether(key: KeyObject): boolean {
  const bytes = key.export({ type: 'pkcs8', format: 'der' });
  try {
    const inner = childrenOf(readDer(bytes))?.[2];
    const numbers = childrenOf(inner === undefined ? undefined : readDer(inner.content));
    const [version, n, e, d, p, q, dp, dq, qi] = (numbers ?? []).map(({ content }) => numberOf(content));
    if (version !== 0n || !n || !e || !d || !p || !q || !dp || !dq || !qi) return true;
    if (p < 2n || q < 2n || p * q !== n) return false;
    const isExponent = (one: bigint, prime: bigint) => (one * e) % (prime - 1n) === 1n;
    const isOfBoth = isExponent(d, p) && isExponent(d, q);
    return isOfBoth && isExponent(dp, p) && isExponent(dq, q) && (qi * q) % p === 1n;
  } finally {
    bytes.fill(0);
  }
}

function numberOf(content: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(content).toString('hex') || '0'}`);
}
