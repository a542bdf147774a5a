// Keystores that hold several keys: PKCS#12 (its build is read, it is never opened) and Java's JKS and JCEKS.

import { type KeyFile, type KeyItem, labelled, type Recognition } from '../key-item.ts';
import { certificate, privateKey } from './asymmetric.ts';
import { Cursor } from './cursor.ts';
import { childrenOf, type Der, derTags, octetsOf, oidOf, readDer, smallInteger } from './der.ts';

const oids = {
  data: '1.2.840.113549.1.7.1',
  signed: '1.2.840.113549.1.7.2',
  enveloped: '1.2.840.113549.1.7.3',
  encrypted: '1.2.840.113549.1.7.6',
  keyBag: '1.2.840.113549.1.12.10.1.1',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certificateBag: '1.2.840.113549.1.12.10.1.3',
  x509: '1.2.840.113549.1.9.22.1',
} as const;

export function pkcs12({ bytes, name }: KeyFile): Recognition | undefined {
  const isNamed = /\.(?:p12|pfx)$/i.test(name);
  const value = bytes[0] === derTags.sequence ? readDer(bytes) : undefined;
  const parts = childrenOf(value);
  const contents = childrenOf(parts?.[1]);
  const type = oidOf(contents?.[0]);
  const isStore = smallInteger(parts?.[0]) === 3 && (type === oids.data || type === oids.signed);
  if (!isStore || value?.whole.length !== bytes.length) {
    return isNamed ? { items: [], broken: 'the PKCS#12 file is cut off or damaged' } : undefined;
  }
  // Signed instead of with a MAC: nobody makes them, and what is in them is not needed to name it.
  if (type === oids.signed) {
    return { items: [{ type: 'keystore', format: 'pkcs12', isEncrypted: true, note: 'signed' }] };
  }
  const safe = readDer(octetsOf(childrenOf(contents?.[1])?.[0]) ?? new Uint8Array());
  const infos = childrenOf(safe);
  const items: KeyItem[] = [];
  const seen = { shrouded: 0, plain: 0, sealed: 0, certificates: 0 };
  const isWhole = infos?.every((info) => readSafe(info, items, seen)) ?? false;
  const mac = macOf(parts?.[2]);
  const note = [
    mac,
    ...count(seen.shrouded, 'protected key'),
    ...count(seen.plain, 'bare key'),
    ...count(seen.certificates, 'readable certificate'),
    ...count(seen.sealed, 'sealed part'),
  ].join(', ');
  const store: KeyItem = { type: 'keystore', format: 'pkcs12', isEncrypted: seen.plain === 0, note };
  return {
    items: [store, ...items],
    ...(isWhole ? {} : { broken: 'a part of the PKCS#12 file is damaged' }),
  };
}

function count(number: number, what: string): string[] {
  return number === 0 ? [] : [`${number} ${what}${number === 1 ? '' : 's'}`];
}

function macOf(mac: Der | undefined): string {
  if (mac === undefined) return 'no MAC';
  const rounds = smallInteger(childrenOf(mac)?.[2]) ?? 1;
  return `MAC with ${rounds} rounds`;
}

interface Seen {
  shrouded: number;
  plain: number;
  sealed: number;
  certificates: number;
}

function readSafe(info: Der, items: KeyItem[], seen: Seen): boolean {
  const [type, content] = childrenOf(info) ?? [];
  const oid = oidOf(type);
  if (oid === oids.encrypted || oid === oids.enveloped) {
    seen.sealed += 1;
    return true;
  }
  if (oid !== oids.data) return false;
  const bags = childrenOf(readDer(octetsOf(childrenOf(content)?.[0]) ?? new Uint8Array()));
  for (const bag of bags ?? []) {
    const [bagType, wrapped] = childrenOf(bag) ?? [];
    const bagOid = oidOf(bagType);
    const inner = childrenOf(wrapped)?.[0];
    if (bagOid === oids.shroudedKeyBag) seen.shrouded += 1;
    else if (bagOid === oids.keyBag) {
      seen.plain += 1;
      items.push(...((inner && privateKey(inner.whole)) ?? []));
    } else if (bagOid === oids.certificateBag) {
      const [kind, holder] = childrenOf(inner) ?? [];
      const octets = octetsOf(childrenOf(holder)?.[0]);
      if (oidOf(kind) !== oids.x509 || octets === undefined) return false;
      seen.certificates += 1;
      items.push(...(certificate(octets) ?? []));
    }
  }
  return bags !== undefined;
}

const javaKinds: Readonly<Record<number, string>> = { 4277010157: 'jks', 3469659854: 'jceks' };
const entriesMax = 10_000;
const digestBytes = 20;

/** A keystore of Java. Its secret entries have no length before them: what stands behind the first cannot be listed. */
export function javaKeystore({ bytes, name }: KeyFile): Recognition | undefined {
  const cursor = new Cursor(bytes);
  const format = javaKinds[cursor.number(4)];
  if (format === undefined) {
    return /\.(?:jks|jceks)$/i.test(name) && bytes[0] !== derTags.sequence && bytes.length > 0
      ? { items: [], broken: 'the Java keystore is damaged' }
      : undefined;
  }
  const version = cursor.number(4);
  const entries = cursor.number(4);
  const items: KeyItem[] = [];
  let unlisted = 0;
  for (let index = 0; index < Math.min(entries, entriesMax) && !cursor.isBroken; index += 1) {
    const kind = cursor.number(4);
    const alias = cursor.text(2);
    cursor.take(8);
    if (kind === 3) {
      items.push({ type: 'symmetric-key', format, isEncrypted: true, ...labelled(alias) });
      unlisted = entries - index - 1;
      cursor.take(cursor.left - digestBytes);
      break;
    }
    if (kind === 1) {
      cursor.counted(4);
      const certificates = Array.from({ length: Math.min(cursor.number(4), 100) }, () =>
        certificateEntry(cursor, version),
      );
      const { algorithm, bits, curve, keyId, fingerprint } = certificates[0]?.[0] ?? {};
      items.push({
        type: 'private-key',
        format,
        ...(algorithm === undefined ? {} : { algorithm }),
        ...(bits === undefined ? {} : { bits }),
        ...(curve === undefined ? {} : { curve }),
        ...(keyId === undefined ? {} : { keyId }),
        ...(keyId === undefined && fingerprint === undefined ? {} : { fingerprint: keyId ?? fingerprint! }),
        isEncrypted: true,
        ...labelled(alias),
      });
      for (const found of certificates) items.push(...(found ?? []));
    } else if (kind === 2) items.push(...(certificateEntry(cursor, version) ?? []));
    else {
      return { items, broken: 'an entry of the Java keystore is of an unknown kind' };
    }
  }
  if (cursor.isBroken || cursor.left !== digestBytes || entries > entriesMax) {
    return { items, broken: 'the Java keystore is cut off or damaged' };
  }
  const more = unlisted > 0 ? `, ${unlisted} behind a secret key not listed` : '';
  const store: KeyItem = { type: 'keystore', format, isEncrypted: true, note: `${entries} entries${more}` };
  return { items: [store, ...items] };
}

function certificateEntry(cursor: Cursor, version: number): readonly KeyItem[] | undefined {
  if (version === 2) cursor.text(2);
  const bytes = cursor.counted(4);
  return cursor.isBroken ? undefined : certificate(bytes);
}
