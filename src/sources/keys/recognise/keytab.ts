// Keytabs of Kerberos (MIT's format 0x0502): principals with their key versions and kinds of encryption.

import { type KeyFile, type KeyItem, labelled, type Recognition } from '../key-item.ts';
import { Cursor } from './cursor.ts';

const entriesMax = 10_000;

const kinds: Readonly<Record<number, readonly [name: string, bits: number]>> = {
  1: ['des-cbc-crc', 56],
  3: ['des-cbc-md5', 56],
  16: ['des3-cbc-sha1', 168],
  17: ['aes128-cts-hmac-sha1-96', 128],
  18: ['aes256-cts-hmac-sha1-96', 256],
  19: ['aes128-cts-hmac-sha256-128', 128],
  20: ['aes256-cts-hmac-sha384-192', 256],
  23: ['arcfour-hmac', 128],
  25: ['camellia128-cts-cmac', 128],
  26: ['camellia256-cts-cmac', 256],
};

export function keytab({ bytes, name }: KeyFile): Recognition | undefined {
  const isNamed = /\.?keytab$/i.test(name);
  if (bytes[0] !== 5 || bytes[1] !== 2) {
    return isNamed && bytes.length > 0 ? { items: [], broken: 'the keytab is damaged' } : undefined;
  }
  const items: KeyItem[] = [];
  const cursor = new Cursor(bytes, 2);
  let isWhole = true;
  for (let count = 0; cursor.left > 0 && isWhole && count < entriesMax; count += 1) {
    const size = cursor.number(4) | 0;
    // A negative length is the room of an entry that was deleted.
    const record = cursor.take(Math.abs(size));
    const item = size < 0 ? 'hole' : size === 0 || cursor.isBroken ? undefined : itemOf(record);
    if (item === undefined || cursor.isBroken) isWhole = false;
    else if (item !== 'hole') items.push(item);
  }
  if (isWhole && cursor.left === 0) return items.length === 0 && !isNamed ? undefined : { items };
  // Two bytes alone prove nothing: without a name or a good entry it is another file.
  return isNamed || items.length > 0 ? { items, broken: 'the keytab is cut off or damaged' } : undefined;
}

function itemOf(record: Uint8Array): KeyItem | undefined {
  const cursor = new Cursor(record);
  const parts = cursor.number(2);
  const realm = cursor.text(2);
  if (parts > 32) return undefined;
  const principal = Array.from({ length: parts }, () => cursor.text(2)).join('/');
  cursor.take(8);
  const short = cursor.number(1);
  const kind = cursor.number(2);
  const key = cursor.counted(2);
  if (cursor.isBroken || key.length === 0) return undefined;
  const version = cursor.left >= 4 ? cursor.number(4) || short : short;
  const known = kinds[kind];
  return {
    type: 'symmetric-key',
    format: 'keytab',
    algorithm: known?.[0] ?? `enctype ${kind}`,
    bits: known?.[1] ?? key.length * 8,
    isEncrypted: false,
    ...labelled(`${principal}@${realm}`),
    note: `kvno ${version}`,
  };
}
