// The private key in a file of GnuPG's agent that no passphrase protects, as crypto takes it.

import { createPrivateKey, type KeyObject } from 'node:crypto';
import { type AgentKey, agentCurves, readAgentKey } from '../../sources/keys/recognise/gnupg.ts';
import { x25519Pkcs8 } from '../../sources/keys/recognise/key-facts.ts';

/** Throws when the numbers make no key. */
export function agentPrivateKey(text: string): KeyObject {
  const key = readAgentKey(text);
  if (key === undefined) throw new TypeError('no key');
  return key.type === 'rsa' ? rsaKey(key) : curveKey(key);
}

function rsaKey({ value }: AgentKey): KeyObject {
  const number = (name: string) => bigOf(bytesOf(value(name)));
  // GnuPG keeps the inverse of p modulo q, the others that of q modulo p: p and q change places.
  const [d, p, q] = [number('d'), number('q'), number('p')];
  const key = {
    kty: 'RSA',
    n: wordOf(number('n')),
    e: wordOf(number('e')),
    d: wordOf(d),
    p: wordOf(p),
    q: wordOf(q),
    dp: wordOf(d % (p - 1n)),
    dq: wordOf(d % (q - 1n)),
    qi: wordOf(number('u')),
  };
  return createPrivateKey({ key, format: 'jwk' });
}

function curveKey({ value }: AgentKey): KeyObject {
  const crv = agentCurves[Buffer.from(bytesOf(value('curve'))).toString('latin1')];
  const [point, secret] = [bytesOf(value('q')), bytesOf(value('d'))];
  // As a number of OpenPGP its highest byte stands first, on the curve the lowest does.
  if (crv === 'X25519') {
    const scalar = Buffer.from(padded(secret, 32)).reverse();
    return createPrivateKey({ key: x25519Pkcs8(scalar), format: 'der', type: 'pkcs8' });
  }
  if (crv === 'Ed25519') {
    const key = {
      kty: 'OKP',
      crv,
      x: textOf(point.subarray(point.length - 32)),
      d: textOf(padded(secret, 32)),
    };
    return createPrivateKey({ key, format: 'jwk' });
  }
  const half = (point.length - 1) / 2;
  if (crv === undefined || point[0] !== 4 || !Number.isInteger(half))
    throw new TypeError('unsupported curve');
  const [x, y] = [point.subarray(1, 1 + half), point.subarray(1 + half)];
  const key = { kty: 'EC', crv, x: textOf(x), y: textOf(y), d: textOf(padded(secret, half)) };
  return createPrivateKey({ key, format: 'jwk' });
}

function bytesOf(bytes: Uint8Array | undefined): Uint8Array {
  if (bytes === undefined || bytes.length === 0) throw new TypeError('a number is missing');
  return bytes;
}

/** Numbers lose their leading zeros, and may have one that only keeps them positive. */
function padded(bytes: Uint8Array, length: number): Uint8Array {
  const zeros = Math.max(0, length - bytes.length);
  return Buffer.concat([Buffer.alloc(zeros), bytes]).subarray(-length);
}

function bigOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

function wordOf(number: bigint): string {
  const hex = number.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url');
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
