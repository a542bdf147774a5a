// What GnuPG keeps in its home: the keybox `pubring.kbx` and the agent's files `private-keys-v1.d/<keygrip>.key`.

import { type KeyFile, type KeyItem, labelled, type Recognition } from '../key-item.ts';
import { Cursor } from './cursor.ts';
import { bitLength } from './der.ts';
import { curveBits, factsOfJwk } from './key-facts.ts';
import { openpgpItems, pointFacts } from './openpgp.ts';

/** A keybox: blobs behind their length, each with a row of packets. */
export function keybox({ bytes, text }: KeyFile): Recognition | undefined {
  if (bytes[4] !== 1 || text.slice(8, 12) !== 'KBXf') return undefined;
  const items: KeyItem[] = [];
  let broken: string | undefined;
  const cursor = new Cursor(bytes);
  while (cursor.left > 0 && broken === undefined) {
    const start = cursor.at;
    const blob = bytes.subarray(start, start + cursor.number(4));
    cursor.take(blob.length - 4);
    const view = new Cursor(blob, 4);
    const type = view.number(1);
    view.take(3);
    const offset = view.number(4);
    const length = view.number(4);
    if (cursor.isBroken || blob.length < 5) broken = 'the keybox is cut off or damaged';
    else if (type === 2) {
      const found = openpgpItems(blob.subarray(offset, offset + length));
      if (found === undefined) broken = 'a key in the keybox is damaged';
      else items.push(...found);
    }
  }
  return { items, ...(broken === undefined ? {} : { broken }) };
}

const canonical = /^\((?:11:private-key|21:protected-private-key|20:shadowed-private-key)/;
const extended =
  /^(?:[A-Z][A-Za-z-]*:[^\n]*\n(?:[ \t][^\n]*\n)*)*?Key: *\((?:protected-|shadowed-)?private-key/;

/** One file of the agent, in the canonical form or in the extended one of lines. */
export function agentKey({ text, name, folder, bytes }: KeyFile): Recognition | undefined {
  const isAgents = folder === 'private-keys-v1.d' && name.endsWith('.key');
  if (bytes.length > 65_536) return undefined;
  const isCanonical = canonical.test(text);
  if (!isCanonical && !extended.test(text)) {
    return isAgents ? { items: [], broken: 'the agent key is damaged' } : undefined;
  }
  const key = readAgentKey(text);
  const item = key === undefined ? undefined : itemOf(key, name);
  return item === undefined
    ? { items: [], broken: 'the agent key is cut off or damaged' }
    : { items: [item] };
}

/** What an agent's file says: secret numbers are behind `value`, too, where no passphrase protects them. */
export interface AgentKey {
  readonly kind: string;
  /** As GnuPG names it: `rsa`, `ecc`, … */
  readonly type: string;
  /** The bytes of a number or word by its name. */
  readonly value: (name: string) => Uint8Array | undefined;
}

export function readAgentKey(text: string): AgentKey | undefined {
  const source = canonical.test(text) ? text : text.slice(text.search(/^Key:/m) + 4);
  const [kind, key] = readList(source) ?? [];
  if (typeof kind !== 'string' || !Array.isArray(key)) return undefined;
  const [type, ...parts] = key as readonly Expression[];
  if (typeof type !== 'string') return undefined;
  return {
    kind,
    type,
    value(wanted) {
      const part = parts.find((one) => Array.isArray(one) && one[0] === wanted);
      const found = Array.isArray(part) ? part[1] : undefined;
      return typeof found === 'string' ? Buffer.from(found, 'latin1') : undefined;
    },
  };
}

/** A list of byte strings and lists. */
type Expression = string | readonly Expression[];

const depthMax = 16;

/** The first list; undefined when it is not whole. */
function readList(source: string): readonly Expression[] | undefined {
  const token = /\s*(?:(\d{1,6}):|#([0-9A-Fa-f\s]*)#|"((?:[^"\\]|\\.)*)"|([()])|([A-Za-z][A-Za-z0-9._-]*))/y;
  const stack: Expression[][] = [];
  for (let at = 0; at < source.length; at = token.lastIndex) {
    token.lastIndex = at;
    const match = token.exec(source);
    if (match === null) return undefined;
    const [, counted, hex, quoted, bracket, word] = match;
    if (bracket === '(') {
      if (stack.length === depthMax) return undefined;
      stack.push([]);
      continue;
    }
    const top = stack.pop();
    if (top === undefined) return undefined;
    if (bracket === ')') {
      const parent = stack.at(-1);
      if (parent === undefined) return top;
      parent.push(top);
      continue;
    }
    stack.push(top);
    if (counted !== undefined) {
      const start = token.lastIndex;
      token.lastIndex = start + Number(counted);
      if (token.lastIndex > source.length) return undefined;
      top.push(source.slice(start, token.lastIndex));
    } else if (hex !== undefined) {
      top.push(Buffer.from(hex.replace(/\s+/g, ''), 'hex').toString('latin1'));
    } else top.push(quoted ?? word ?? '');
  }
  return undefined;
}

const algorithms: Readonly<Record<string, string>> = {
  rsa: 'RSA',
  dsa: 'DSA',
  elg: 'ElGamal',
  ecc: 'EC',
  ecdsa: 'EC',
};

function itemOf({ kind, type, value }: AgentKey, name: string): KeyItem | undefined {
  const algorithm = algorithms[type];
  if (algorithm === undefined) return undefined;
  const facts = algorithm === 'EC' ? curveFacts(value) : numberFacts(algorithm, value);
  if (facts === undefined) return undefined;
  return {
    type: 'private-key',
    format: 'gnupg-agent',
    algorithm,
    ...facts,
    isEncrypted: kind !== 'private-key',
    ...(kind.startsWith('shadowed') ? { note: 'on a card' } : {}),
    // The file's name is the keygrip, by which GnuPG knows the key.
    ...labelled(/^[0-9A-F]{40}\.key$/.test(name) ? `keygrip ${name.slice(0, 40)}` : undefined),
  };
}

type Value = AgentKey['value'];
type Facts = Pick<KeyItem, 'bits' | 'curve' | 'keyId' | 'fingerprint'>;

function numberFacts(algorithm: string, value: Value): Facts | undefined {
  const number = value(algorithm === 'RSA' ? 'n' : 'p');
  const e = value('e');
  if (number === undefined) return undefined;
  const bits = bitLength(number);
  if (algorithm !== 'RSA' || e === undefined) return { bits };
  const plain = number[0] === 0 ? number.subarray(1) : number;
  const jwk = {
    kty: 'RSA',
    n: Buffer.from(plain).toString('base64url'),
    e: Buffer.from(e).toString('base64url'),
  };
  return { bits, ...withoutAlgorithm(factsOfJwk(jwk)) };
}

/** GnuPG's names of curves as JSON Web Keys have them. */
export const agentCurves: Readonly<Record<string, string>> = {
  Ed25519: 'Ed25519',
  Curve25519: 'X25519',
  'NIST P-256': 'P-256',
  'NIST P-384': 'P-384',
  'NIST P-521': 'P-521',
};

function curveFacts(value: Value): Facts | undefined {
  const named = value('curve');
  const point = value('q');
  if (named === undefined || point === undefined) return undefined;
  const name = Buffer.from(named).toString('latin1');
  if (!/^[A-Za-z0-9 .-]{1,40}$/.test(name)) return undefined;
  const curve = agentCurves[name] ?? name;
  const bits = curveBits(curve);
  return { curve, ...(bits === undefined ? {} : { bits }), ...withoutAlgorithm(pointFacts(curve, point)) };
}

function withoutAlgorithm(facts: Facts | undefined): Pick<KeyItem, 'keyId' | 'fingerprint'> {
  return facts?.keyId === undefined ? {} : { keyId: facts.keyId, fingerprint: facts.keyId };
}
