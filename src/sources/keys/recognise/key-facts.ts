// What is told about a key that Node's crypto has opened: algorithm, size, curve and the id that its two halves share.

import {
  createHash,
  createPublicKey,
  type KeyObject,
  type webcrypto,
  type X509Certificate,
} from 'node:crypto';
import { type KeyItem, labelled } from '../key-item.ts';

const curves: Readonly<Record<string, readonly [name: string, bits: number]>> = {
  prime192v1: ['P-192', 192],
  secp224r1: ['P-224', 224],
  prime256v1: ['P-256', 256],
  secp384r1: ['P-384', 384],
  secp521r1: ['P-521', 521],
};

const names: Readonly<Record<string, string>> = {
  rsa: 'RSA',
  'rsa-pss': 'RSA-PSS',
  dsa: 'DSA',
  ec: 'EC',
  dh: 'DH',
};

type Facts = Pick<KeyItem, 'algorithm' | 'bits' | 'curve' | 'keyId' | 'fingerprint'>;

/** Of either half of a pair. */
export function keyFacts(key: KeyObject): Facts {
  const type = key.asymmetricKeyType;
  if (type === undefined) return {};
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  const curve = namedCurve === undefined ? undefined : (curves[namedCurve]?.[0] ?? namedCurve);
  const bits = modulusLength ?? curveBits(namedCurve ?? type);
  const keyId = keyIdOf(key);
  return {
    algorithm:
      names[type] ?? type.replace(/^(ed|x)/, (letters) => letters[0]!.toUpperCase() + letters.slice(1)),
    ...(bits === undefined ? {} : { bits }),
    ...(curve === undefined ? {} : { curve }),
    ...(keyId === undefined ? {} : { keyId, fingerprint: keyId }),
  };
}

/** The size of a curve by its name: the number in it, where the table has none. */
export function curveBits(name: string): number | undefined {
  const known = curves[name]?.[1];
  if (known !== undefined) return known;
  if (/25519$/.test(name)) return 255;
  if (/448$/.test(name)) return 448;
  const digits = /(?:sec[pt]|brainpoolP|c2[a-z]+|wap-wsg.*?|P-)(\d{3})/i.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Undefined where the key has no public half in this form. */
export function keyIdOf(key: KeyObject): string | undefined {
  try {
    const half = key.type === 'private' ? createPublicKey(key) : key;
    return createHash('sha256')
      .update(half.export({ type: 'spki', format: 'der' }))
      .digest('hex');
  } catch {
    return undefined;
  }
}

/** Facts of a public key that is known by its numbers; undefined when they make none. */
export function factsOfJwk(jwk: webcrypto.JsonWebKey): Facts | undefined {
  try {
    return keyFacts(createPublicKey({ key: jwk, format: 'jwk' }));
  } catch {
    return undefined;
  }
}

const x25519Head = Buffer.from('302a300506032b656e032100', 'hex');
const x25519PrivateHead = Buffer.from('302e020100300506032b656e04220420', 'hex');

/** The private half of an X25519 pair as PKCS#8, from its 32 bytes. */
export function x25519Pkcs8(scalar: Uint8Array): Buffer {
  return Buffer.concat([x25519PrivateHead, scalar]);
}

/** The public half as SubjectPublicKeyInfo, from its 32 bytes. */
export function x25519Spki(point: Uint8Array): Buffer {
  return Buffer.concat([x25519Head, point]);
}

/** The 32 bytes of the public half. */
export function x25519Point(key: KeyObject): Uint8Array {
  return key.export({ type: 'spki', format: 'der' }).subarray(x25519Head.length);
}

export function certificateItem(certificate: X509Certificate, format: string): KeyItem {
  const expiresAt = Date.parse(certificate.validTo);
  const signature = certificate.signatureAlgorithm;
  return {
    type: 'certificate',
    format,
    ...publicFacts(certificate),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    ...(Number.isNaN(expiresAt) ? {} : { expiresAt }),
    ...(signature === undefined ? {} : { signature }),
    ...labelled(certificate.subject ?? ''),
    ...(certificate.ca ? { note: isRoot(certificate) ? 'root CA' : 'CA' } : {}),
  };
}

function isRoot(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer;
}

/** A key that this machine's crypto cannot open leaves a certificate that is still worth listing. */
function publicFacts(certificate: X509Certificate): Facts {
  try {
    return keyFacts(certificate.publicKey);
  } catch {
    return {};
  }
}
