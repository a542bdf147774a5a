// PKCS#1, PKCS#8, SEC1, SubjectPublicKeyInfo, X.509 and PKCS#10, in PEM blocks or as bare DER.

import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { type KeyFile, type KeyItem, labelled, type Recognition } from '../key-item.ts';
import { childrenOf, type Der, derTags, integerBits, octetsOf, oidOf, readDer, smallInteger } from './der.ts';
import { certificateItem, keyFacts } from './key-facts.ts';

const bare = /\.(?:der|crt|cer|key|p8|pk8|csr|p10)$/i;

/** One PEM block; undefined when it is broken. */
export function asymmetricBlock(label: string, body: string): readonly KeyItem[] | undefined {
  // What OpenSSL encrypted in its old way says so in lines before the data.
  const head = /^\s*(?:[A-Za-z-]+: [^\n]*\n(?:[ \t][^\n]*\n)*)+\r?\n/.exec(body)?.[0] ?? '';
  if (/^Proc-Type: *4, *ENCRYPTED/m.test(head)) {
    const algorithm = /^(RSA|EC|DSA)/.exec(label)?.[1];
    const cipher = /^DEK-Info: *([A-Za-z0-9-]{1,40})/m.exec(head)?.[1];
    return [
      {
        type: 'private-key',
        format: 'pem-legacy',
        ...(algorithm === undefined ? {} : { algorithm }),
        isEncrypted: true,
        ...(cipher === undefined ? {} : { note: cipher }),
      },
    ];
  }
  const bytes = base64Of(body.slice(head.length));
  if (bytes === undefined) return undefined;
  if (label.endsWith('DH PARAMETERS')) return parameters(bytes);
  if (label.endsWith('PRIVATE KEY')) return privateKey(bytes);
  if (label.endsWith('PUBLIC KEY')) return publicKey(bytes);
  if (label.endsWith('REQUEST')) return request(bytes);
  return certificate(bytes);
}

/** A file that is one DER value. Only a name that promises a key makes damage worth telling. */
export function der({ bytes, name }: KeyFile): Recognition | undefined {
  if (bytes[0] !== derTags.sequence || bytes.length < 16) return undefined;
  const value = readDer(bytes);
  if (value === undefined || value.whole.length !== bytes.length) {
    return bare.test(name) ? { items: [], broken: 'the DER value is cut off or damaged' } : undefined;
  }
  const items = privateKey(bytes) ?? publicKey(bytes) ?? request(bytes) ?? certificate(bytes) ?? undefined;
  if (items !== undefined) return { items };
  return bare.test(name) ? { items: [], broken: 'the DER value is no key that can be read' } : undefined;
}

function base64Of(text: string): Buffer | undefined {
  const packed = text.replace(/\s+/g, '');
  if (packed.length === 0 || packed.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(packed))
    return undefined;
  return Buffer.from(packed, 'base64');
}

/** What is whole as DER and of a known build is tried; what crypto refuses then is broken. */
export function privateKey(bytes: Uint8Array): readonly KeyItem[] | undefined {
  const parts = sequence(bytes);
  if (parts === undefined) return undefined;
  const [first, second] = parts;
  // EncryptedPrivateKeyInfo: an algorithm, then octets, and nothing else.
  if (first?.tag === derTags.sequence && parts.length === 2 && octetsOf(second) !== undefined) {
    const oid = oidOf(childrenOf(first)?.[0]);
    if (oid === undefined) return undefined;
    return [{ type: 'private-key', format: 'pkcs8', isEncrypted: true, note: schemes[oid] ?? oid }];
  }
  const version = smallInteger(first);
  if (version === undefined || version > 1) return undefined;
  const type = second?.tag === derTags.sequence ? 'pkcs8' : second?.tag === derTags.octets ? 'sec1' : 'pkcs1';
  const key = attempt(() =>
    createPrivateKey(
      type === 'pkcs1' && parts.length === 6
        ? { key: legacyPem('DSA', bytes), format: 'pem' }
        : { key: Buffer.from(bytes), format: 'der', type },
    ),
  );
  if (key === undefined) return undefined;
  const format = type === 'pkcs1' && parts.length === 6 ? 'dsa' : type;
  return [{ type: 'private-key', format, ...keyFacts(key), ...dhBits(key, second), isEncrypted: false }];
}

/** Node takes the old form of DSA keys as PEM only. */
function legacyPem(label: string, bytes: Uint8Array): string {
  const body = Buffer.from(bytes).toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN ${label} PRIVATE KEY-----\n${body}\n-----END ${label} PRIVATE KEY-----\n`;
}

const schemes: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.5.13': 'PBES2',
  '1.2.840.113549.1.5.3': 'PBE-MD5-DES',
  '1.2.840.113549.1.5.10': 'PBE-SHA1-DES',
  '1.2.840.113549.1.12.1.3': 'PBE-SHA1-3DES',
  '1.2.840.113549.1.12.1.6': 'PBE-SHA1-RC2-40',
};

export function publicKey(bytes: Uint8Array): readonly KeyItem[] | undefined {
  const parts = sequence(bytes);
  if (parts?.length !== 2) return undefined;
  const type = parts[0]!.tag === derTags.integer ? 'pkcs1' : 'spki';
  if (type === 'spki' && parts[0]!.tag !== derTags.sequence) return undefined;
  const key = attempt(() => createPublicKey({ key: Buffer.from(bytes), format: 'der', type }));
  if (key === undefined) return undefined;
  return [{ type: 'public-key', format: type, ...keyFacts(key), ...dhBits(key, parts[0]) }];
}

/** Node does not tell the size of Diffie-Hellman keys: it is that of the prime in the algorithm's parameters. */
function dhBits(key: KeyObject, algorithm: Der | undefined): { bits?: number } {
  if (key.asymmetricKeyType !== 'dh') return {};
  const bits = integerBits(childrenOf(childrenOf(algorithm)?.[1])?.[0]);
  return bits === undefined ? {} : { bits };
}

export function certificate(bytes: Uint8Array): readonly KeyItem[] | undefined {
  const parts = sequence(bytes, true);
  if (parts === undefined || parts.length < 3 || parts[0]!.tag !== derTags.sequence) return undefined;
  const found = attempt(() => new X509Certificate(bytes));
  return found === undefined ? undefined : [certificateItem(found, 'x509')];
}

/** Node does not open requests; what is in them is little. */
export function request(bytes: Uint8Array): readonly KeyItem[] | undefined {
  const parts = sequence(bytes);
  if (parts?.length !== 3) return undefined;
  const [version, subject, spki, attributes] = childrenOf(parts[0]) ?? [];
  if (smallInteger(version) !== 0 || spki?.tag !== derTags.sequence || attributes?.tag !== derTags.context0)
    return undefined;
  const key = attempt(() => createPublicKey({ key: Buffer.from(spki.whole), format: 'der', type: 'spki' }));
  if (key === undefined) return undefined;
  const oid = oidOf(childrenOf(parts[1])?.[0]) ?? '';
  const signature = signatures[oid];
  return [
    {
      type: 'certificate-request',
      format: 'pkcs10',
      ...keyFacts(key),
      ...(signature === undefined ? {} : { signature }),
      ...labelled(nameOf(subject)),
    },
  ];
}

const signatures: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.4': 'md5WithRSAEncryption',
  '1.2.840.113549.1.1.5': 'sha1WithRSAEncryption',
  '1.2.840.113549.1.1.11': 'sha256WithRSAEncryption',
  '1.2.840.113549.1.1.12': 'sha384WithRSAEncryption',
  '1.2.840.113549.1.1.13': 'sha512WithRSAEncryption',
  '1.2.840.10045.4.1': 'ecdsa-with-SHA1',
  '1.2.840.10045.4.3.2': 'ecdsa-with-SHA256',
  '1.2.840.10045.4.3.3': 'ecdsa-with-SHA384',
  '1.2.840.10045.4.3.4': 'ecdsa-with-SHA512',
  '1.2.840.10040.4.3': 'dsaWithSHA1',
  '1.3.101.112': 'ED25519',
};

/** The common name of a subject. */
function nameOf(subject: Der | undefined): string | undefined {
  for (const set of childrenOf(subject) ?? []) {
    for (const pair of childrenOf(set) ?? []) {
      const [oid, value] = childrenOf(pair) ?? [];
      if (oidOf(oid) === '2.5.4.3' && value !== undefined)
        return `CN=${Buffer.from(value.content).toString('utf8')}`;
    }
  }
  return undefined;
}

function parameters(bytes: Uint8Array): readonly KeyItem[] | undefined {
  const bits = integerBits(sequence(bytes)?.[0]);
  return bits === undefined ? undefined : [{ type: 'parameters', format: 'dh', algorithm: 'DH', bits }];
}

function sequence(bytes: Uint8Array, isOpen = false): readonly Der[] | undefined {
  const value = readDer(bytes);
  if (value?.tag !== derTags.sequence) return undefined;
  // A trusted certificate of OpenSSL has its trust behind it.
  if (!isOpen && value.whole.length !== bytes.length) return undefined;
  return childrenOf(value);
}

/** Crypto answers damage with many kinds of errors: all mean that there is no key. */
function attempt<Result>(make: () => Result): Result | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
