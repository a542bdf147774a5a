// A second reader of the repository format, written from FORMAT.md alone in one file of plain JavaScript: it imports nothing of src/.
//
//   node test/interop/reader.mjs REPOSITORY SECRET_FILE list
//   node test/interop/reader.mjs REPOSITORY SECRET_FILE restore SNAPSHOT TARGET
//
// SECRET_FILE holds a passphrase, a private key (no age) or an opened recovery kit, or is a key file. SNAPSHOT is "latest" or the first digits of a snapshot id; every saved path lands
// below TARGET under its whole name. --from=packs reads the directories of the packs, --from=index the index, --from=both (the
// default) both, and they must agree. Sockets and devices are not made, owners and extended attributes not set.

import { spawnSync } from 'node:child_process';
import {
  argon2Sync,
  constants,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  decapsulate,
  diffieHellman,
  hkdfSync,
  pbkdf2Sync,
  privateDecrypt,
  scryptSync,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';

const MiB = 2 ** 20;
const zeros = Buffer.alloc(32);
const noDomain = Buffer.alloc(16);
const types = {
  data: 1,
  tree: 2,
  skeleton: 3,
  directory: 4,
  index: 5,
  snapshot: 9,
  tombstone: 10,
  bundle: 12,
  revoked: 13,
};

function refuse(message) {
  throw new Error(message);
}
function must(condition, message) {
  if (!condition) refuse(message);
}

// §2 Primitives

const sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const hmac = (key, ...parts) =>
  parts.reduce((mac, part) => mac.update(part), createHmac('sha256', key)).digest();
const derive = (secret, purpose) => Buffer.from(hkdfSync('sha256', secret, '', `bkp1/${purpose}\0`, 32));
const u32 = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

function hkdfExpand(prk, info, length) {
  const blocks = [];
  for (let last = Buffer.alloc(0), n = 1; blocks.length * 32 < length; n += 1) {
    last = hmac(prk, last, info, Buffer.of(n));
    blocks.push(last);
  }
  return Buffer.concat(blocks).subarray(0, length);
}

function padme(length) {
  if (length < 2) return length;
  const e = Math.floor(Math.log2(length));
  const s = Math.floor(Math.log2(e)) + 1;
  const step = 2 ** (e - s);
  return Math.ceil(length / step) * step;
}

const suites = { 1: 'aes-256-gcm', 2: 'chacha20-poly1305' };

const overheadOf = (suite) => (suite === 4 ? 88 : 72);

/** `okm`: 32 bytes of key, 32 of commitment, and in suite 4 the inner key. */
function decrypt(suite, okm, sealed, aad) {
  if (suite === 4) return decryptWith(2, okm.subarray(64), decryptWith(1, okm, sealed, aad), aad);
  return decryptWith(suite, okm, sealed, aad);
}

function decryptWith(suite, okm, sealed, aad) {
  const name = suites[suite] ?? refuse(`unknown suite ${suite}`);
  const key = okm.subarray(0, 32);
  const decipher = createDecipheriv(name, key, Buffer.alloc(12), { authTagLength: 16 });
  const plainLength = sealed.length - 16;
  decipher.setAAD(aad, { plaintextLength: plainLength });
  decipher.setAuthTag(sealed.subarray(plainLength));
  return Buffer.concat([decipher.update(sealed.subarray(0, plainLength)), decipher.final()]);
}

function decompress(comp, bytes, length) {
  if (comp === 0) return bytes;
  const bounds = { maxOutputLength: Math.max(1, length) };
  if (comp === 1) return zstdDecompressSync(bytes, bounds);
  if (comp === 2) return gunzipSync(bytes, bounds);
  if (comp === 3) return brotliDecompressSync(bytes, bounds);
  const program = { 4: 'bzip2', 5: 'xz' }[comp] ?? refuse(`unknown compression ${comp}`);
  const done = spawnSync(program, ['-dc'], { input: bytes, maxBuffer: Math.max(1, length) });
  must(done.status === 0, `${program}: ${done.error ?? done.stderr}`);
  return done.stdout;
}

/** `how`: key, repoId, domainId, g, suite, type, comp, length. */
function openBox(box, how) {
  must(box.length >= overheadOf(how.suite), 'the box is too short');
  const salt = box.subarray(0, 24);
  const info = Buffer.concat([Buffer.from('bkp1/box\0'), Buffer.of(how.suite, how.type), salt]);
  const okm = hkdfExpand(how.key, info, how.suite === 4 ? 96 : 64);
  must(timingSafeEqual(okm.subarray(32, 64), box.subarray(24, 56)), 'the commitment is wrong');
  const aad = Buffer.concat([
    Buffer.from('bkp1'),
    how.repoId,
    how.domainId,
    u32(how.g),
    Buffer.of(how.suite, how.type, how.comp),
    u32(how.length),
  ]);
  const plain = decompress(how.comp, decrypt(how.suite, okm, box.subarray(56), aad), how.length);
  must(plain.length === how.length, 'the plain bytes have another length');
  return plain;
}

/** An object that is one box: its CBOR item. `keys` maps generations to keys. */
function openEnvelope(bytes, type, keys, repoId) {
  must(bytes.length >= 92 && bytes.toString('latin1', 0, 8) === 'BKPOBJ1\0', 'not an envelope');
  must(bytes[9] === type && bytes[11] === 0, 'an envelope of another type');
  const g = bytes.readUInt32LE(12);
  const key = keys.get(g) ?? refuse(`no key of generation ${g}`);
  const plain = openBox(bytes.subarray(20), {
    key,
    repoId,
    domainId: noDomain,
    g,
    suite: bytes[8],
    type,
    comp: bytes[10],
    length: bytes.readUInt32LE(16),
  });
  const { item, end } = decodeCborPrefix(plain);
  must(plain.length === Math.max(256, padme(end)), 'the padding has another length');
  must(
    plain.subarray(end).every((byte) => byte === 0),
    'the padding is not zero',
  );
  return item;
}

// CBOR: unsigned and negative integers, byte and text strings, arrays, maps, true, false, null; deterministic only.

function decodeCborPrefix(bytes) {
  let at = 0;
  const take = (length) => {
    must(at + length <= bytes.length, 'the CBOR item ends early');
    at += length;
    return bytes.subarray(at - length, at);
  };
  const argument = (info) => {
    if (info < 24) return info;
    must(info <= 27, 'CBOR of indefinite length');
    const size = 2 ** (info - 24);
    const raw = take(size);
    const value = size === 8 ? raw.readBigUInt64BE() : BigInt(raw.readUIntBE(0, size));
    must(value >= [24n, 256n, 65_536n, 4_294_967_296n][info - 24], 'a CBOR number longer than needed');
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
  };
  const item = (depth) => {
    must(depth <= 16, 'the CBOR item is too deep');
    const [head] = take(1);
    const major = head >> 5;
    if (major === 7) {
      must(head >= 0xf4 && head <= 0xf6, 'a CBOR value that the format does not know');
      return head === 0xf6 ? null : head === 0xf5;
    }
    const value = argument(head & 31);
    if (major === 0) return value;
    if (major === 1) return typeof value === 'bigint' ? -1n - value : -1 - value;
    must(major < 6 && typeof value === 'number', 'a CBOR value that the format does not know');
    if (major === 2) return take(value);
    if (major === 3) return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(take(value));
    if (major === 4) return Array.from({ length: capped(value) }, () => item(depth + 1));
    const map = new Map();
    let previous;
    for (let left = capped(value); left > 0; left -= 1) {
      const start = at;
      const key = item(depth + 1);
      must(typeof key === 'string' || (typeof key === 'number' && key >= 0), 'a CBOR key of a wrong kind');
      const raw = bytes.subarray(start, at);
      must(previous === undefined || Buffer.compare(previous, raw) < 0, 'CBOR keys out of order');
      previous = raw;
      map.set(key, item(depth + 1));
    }
    return map;
  };
  const capped = (count) => {
    must(count <= bytes.length - at, 'the CBOR item ends early');
    return count;
  };
  return { item: item(1), end: at };
}

function decodeCbor(bytes) {
  const { item, end } = decodeCborPrefix(bytes);
  must(end === bytes.length, 'bytes after the CBOR item');
  return item;
}

function encodeCbor(value) {
  const head = (major, count) => {
    if (count < 24) return Buffer.of((major << 5) | Number(count));
    const info = count < 256 ? 0 : count < 65_536 ? 1 : count < 2 ** 32 ? 2 : 3;
    const bytes = Buffer.alloc(9);
    bytes.writeBigUInt64BE(BigInt(count), 1);
    const out = bytes.subarray(8 - 2 ** info);
    out[0] = (major << 5) | (24 + info);
    return out;
  };
  if (value === null) return Buffer.of(0xf6);
  if (typeof value === 'boolean') return Buffer.of(value ? 0xf5 : 0xf4);
  if (typeof value === 'number' || typeof value === 'bigint')
    return value >= 0 ? head(0, value) : head(1, -1n - BigInt(value));
  if (typeof value === 'string') {
    const text = Buffer.from(value, 'utf8');
    return Buffer.concat([head(3, text.length), text]);
  }
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(encodeCbor)]);
  const pairs = [...value].map(([key, one]) => [encodeCbor(key), encodeCbor(one)]);
  pairs.sort(([a], [b]) => Buffer.compare(a, b));
  return Buffer.concat([head(5, value.size), ...pairs.flat()]);
}

function jcs(value) {
  if (Array.isArray(value)) return `[${value.map(jcs).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${jcs(value[key])}`).join(',')}}`;
}

function parseJcs(bytes) {
  must(bytes.length <= 16 * 1024, 'the object is too long');
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  const value = JSON.parse(text);
  must(jcs(value) === text, 'not canonical JSON');
  return value;
}

function withoutMac({ mac: _mac, ...rest }) {
  return jcs(rest);
}

function split(bytes, width) {
  must(bytes.length % width === 0, 'joined values have a wrong length');
  return Array.from({ length: bytes.length / width }, (_, n) => bytes.subarray(n * width, (n + 1) * width));
}

const equal = (a, b) => a.length === b.length && timingSafeEqual(a, b);
const hex = (bytes) => bytes.toString('hex');
const ordinals = (names) => names.filter((name) => /^[1-9][0-9]*$/.test(name)).sort((a, b) => b - a);

// The storage: a folder.

function objectStore(folder) {
  const path = (name) => `${folder}/${name}`;
  const names = (prefix) => {
    const found = [path(prefix), path(`twin/${prefix}`)]
      .filter((one) => existsSync(one))
      .flatMap((one) => readdirSync(one, { withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name);
    return [...new Set(found)];
  };
  const copies = (name) => [name, `twin/${name}`].filter((one) => existsSync(path(one)));
  const read = (name) => readFileSync(path(copies(name)[0] ?? name));
  const hashed = (name) => {
    const bytes = copies(name)
      .map((one) => readFileSync(path(one)))
      .find((one) => hex(sha256(one)) === name.slice(-64));
    must(bytes !== undefined, `${name} is damaged`);
    return bytes;
  };
  const packNames = () => {
    const found = [];
    for (const prefix of ['packs', 'meta']) {
      if (!existsSync(path(prefix))) continue;
      for (const part of readdirSync(path(prefix)).filter((name) => /^[0-9a-f]{2}$/.test(name))) {
        const inside = names(`${prefix}/${part}`).filter((name) => /^[0-9a-f]{64}$/.test(name));
        for (const name of inside) found.push(`${prefix}/${part}/${name}`);
      }
    }
    return found;
  };
  const range = (name, offset, length) => {
    const file = openSync(path(name), 'r');
    try {
      const bytes = Buffer.alloc(length);
      must(readSync(file, bytes, 0, length, offset) === length, `${name} ends early`);
      return bytes;
    } finally {
      closeSync(file);
    }
  };
  return {
    names,
    read,
    hashed,
    packNames,
    range,
    size: (name) => statSync(path(name)).size,
    hasObject: (name) => copies(name).length > 0,
  };
}

// §4 Key slots, §3 config, §5 bundle

function keyEncryptionKey({ id, type, params }, secret, repoId) {
  const sealed = Buffer.from(params.sealed ?? '', 'base64url');
  if (type === 'rsa') return openRsa(sealed, secret, repoId);
  if (type in kems) return openHpke(type, sealed, secret, Buffer.concat([repoId, Buffer.from(id)]));
  if (type !== 'key-file' && type !== 'passphrase') return undefined;
  const salt = Buffer.from(params.salt, 'base64url');
  must(salt.length === 32, 'the salt of a slot has a wrong length');
  if (type === 'key-file') {
    const key = Buffer.from(secret.toString('latin1').split('\n')[0].trim(), 'base64url');
    return key.length === 32 ? Buffer.from(hkdfSync('sha256', key, salt, 'bkp1/key-file\0', 32)) : undefined;
  }
  const phrase = Buffer.from(
    secret
      .toString('utf8')
      .replace(/\r?\n$/, '')
      .normalize('NFC'),
    'utf8',
  );
  if (params.kdf === 'pbkdf2-sha256') {
    must(params.rounds >= 100_000 && params.rounds <= 1e7, 'PBKDF2 rounds out of bounds');
    return pbkdf2Sync(phrase, salt, params.rounds, 32, 'sha256');
  }
  if (params.kdf === 'scrypt') {
    const memory = 128 * params.cost * params.blockSize * params.lanes;
    must(params.cost >= 16_384 && memory <= 1024 * MiB, 'scrypt costs out of bounds');
    const { cost, blockSize, lanes } = params;
    return scryptSync(phrase, salt, 32, {
      cost,
      blockSize,
      parallelization: lanes,
      maxmem: 2 * memory + MiB,
    });
  }
  must(params.kdf === 'argon2id', `unknown derivation "${params.kdf}"`);
  must(params.memoryKiB >= 8192 && params.memoryKiB <= 4 * 1024 * 1024, 'Argon2 memory out of bounds');
  const { memoryKiB, passes, lanes } = params;
  return argon2Sync('argon2id', {
    message: phrase,
    nonce: salt,
    memory: memoryKiB,
    passes,
    parallelism: lanes,
    tagLength: 32,
  });
}

function openRsa(sealed, secret, repoId) {
  try {
    const key = createPrivateKey(secret);
    const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256', oaepLabel: repoId };
    return privateDecrypt({ key, ...oaep }, sealed);
  } catch {
    return undefined;
  }
}

const kems = {
  x25519: { id: 0x0020, encLength: 32, prefix: 'HOLDFAST-SECRET-X25519-', shared: dhkem },
  'mlkem768-x25519': { id: 0x647a, encLength: 1120, prefix: 'HOLDFAST-SECRET-PQ-', shared: xWing },
};

// HPKE, mode base, one message (RFC 9180 §5.1, §6.1).
function openHpke(type, sealed, secret, aad) {
  const { id, encLength, prefix, shared } = kems[type];
  const privateKey = rawPrivate(secret.toString('latin1'), prefix);
  if (privateKey === undefined || sealed.length !== encLength + 48) return undefined;
  const suite = Buffer.from([...Buffer.from('HPKE'), id >> 8, id & 255, 0, 1, 0, 2]);
  const info = Buffer.from(`bkp1/slot-${type}`);
  const context = Buffer.concat([
    Buffer.of(0),
    extractLabeled(suite, '', 'psk_id_hash', ''),
    extractLabeled(suite, '', 'info_hash', info),
  ]);
  const secretKey = extractLabeled(suite, shared(privateKey, sealed.subarray(0, encLength)), 'secret', '');
  const key = expandLabeled(suite, secretKey, 'key', context, 32);
  const nonce = expandLabeled(suite, secretKey, 'base_nonce', context, 12);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
  decipher.setAAD(aad).setAuthTag(sealed.subarray(-16));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(encLength, -16)), decipher.final()]);
  } catch {
    return undefined;
  }
}

function extractLabeled(suite, salt, label, ikm) {
  return hmac(salt, Buffer.concat([Buffer.from('HPKE-v1'), suite, Buffer.from(label), Buffer.from(ikm)]));
}

function expandLabeled(suite, prk, label, info, length) {
  const head = Buffer.concat([Buffer.of(0, length), Buffer.from('HPKE-v1'), suite, Buffer.from(label), info]);
  return hkdfExpand(prk, head, length);
}

function dhkem(privateKey, enc) {
  const own = rawKey(privateKey);
  const suite = Buffer.from([...Buffer.from('KEM'), 0, 0x20]);
  const prk = extractLabeled(suite, '', 'eae_prk', exchange(own, enc));
  return expandLabeled(suite, prk, 'shared_secret', Buffer.concat([enc, publicOf(own)]), 32);
}

function xWing(seed, enc) {
  const expanded = createHash('shake256', { outputLength: 96 }).update(seed).digest();
  const lattice = createPrivateKey({
    key: expanded.subarray(0, 64),
    format: 'raw-seed',
    asymmetricKeyType: 'ml-kem-768',
  });
  const own = rawKey(expanded.subarray(64));
  const theirs = enc.subarray(1088);
  const parts = [decapsulate(lattice, enc.subarray(0, 1088)), exchange(own, theirs), theirs, publicOf(own)];
  return createHash('sha3-256')
    .update(Buffer.concat([...parts, Buffer.from('5c2e2f2f5e5c', 'hex')]))
    .digest();
}

function rawKey(key) {
  return createPrivateKey({ key, format: 'raw-private', asymmetricKeyType: 'x25519' });
}

function publicOf(privateKey) {
  return createPublicKey(privateKey).export({ format: 'raw-public' });
}

function exchange(privateKey, bytes) {
  const publicKey = createPublicKey({ key: bytes, format: 'raw-public', asymmetricKeyType: 'x25519' });
  return diffieHellman({ privateKey, publicKey });
}

/** The 32 bytes of a line in Bech32. Its checksum is left out: a mistyped key opens nothing. */
function rawPrivate(text, prefix) {
  const line = text.split('\n').find((one) => one.startsWith(`${prefix}1`));
  if (line === undefined) return undefined;
  const letters = [
    ...line
      .trim()
      .slice(prefix.length + 1, -6)
      .toLowerCase(),
  ];
  const words = letters.map((letter) => 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'.indexOf(letter));
  const bits = words.map((word) => word.toString(2).padStart(5, '0')).join('');
  return Buffer.from(
    Array.from({ length: 32 }, (_, at) => Number.parseInt(bits.slice(at * 8, at * 8 + 8), 2)),
  );
}

/** Of a recovery kit that was opened. */
function masterKeyLine(secret) {
  const found = /^HOLDFAST-MASTER-KEY ([0-9a-f]{64})$/m.exec(secret.toString('latin1'));
  return found === null ? undefined : Buffer.from(found[1], 'hex');
}

function masterKeyOf(slot, secret, repoId) {
  const kek = keyEncryptionKey(slot, secret, repoId);
  if (kek === undefined) return undefined;
  const wrapped = Buffer.from(slot.wrapped, 'base64url');
  must(wrapped.length === 24 + 32 + 32 + 16, 'the wrapped key has a wrong length');
  const info = Buffer.concat([
    Buffer.from(`bkp1/slot${slot.id}${slot.type}`),
    sha256(jcs(slot.params)),
    wrapped.subarray(0, 24),
  ]);
  const okm = hkdfExpand(kek, info, 64);
  if (!equal(okm.subarray(32), wrapped.subarray(24, 56))) return undefined;
  const masterKey = decrypt(1, okm.subarray(0, 32), wrapped.subarray(56), repoId);
  const mac = hmac(derive(masterKey, 'slot-mac'), withoutMac(slot));
  must(equal(mac, Buffer.from(slot.mac, 'hex')), `slot ${slot.id} was changed`);
  return masterKey;
}

function openConfig(store, secret) {
  const configs = ordinals(store.names('config')).map((n) => parseJcs(store.read(`config/${n}`)));
  must(configs.length > 0, 'there is no repository');
  const slots = store.names('keys').filter((name) => name.startsWith('slot-'));
  for (const config of configs) {
    const repoId = Buffer.from(config.repoId, 'hex');
    const fromSlot = (name) => {
      const slot = parseJcs(store.read(`keys/${name}`));
      must(slot.v === 1 && name === `slot-${slot.id}`, `${name} is no slot of this version`);
      return masterKeyOf(slot, secret, repoId);
    };
    const given = masterKeyLine(secret);
    for (const open of given === undefined ? slots.map((name) => () => fromSlot(name)) : [() => given]) {
      const masterKey = open();
      if (masterKey === undefined) continue;
      const mac = hmac(derive(masterKey, 'config'), withoutMac(config));
      if (!equal(mac, Buffer.from(config.mac, 'hex'))) continue;
      must(config.format <= 1 && config.minReader <= 1, `format ${config.format} is not known`);
      must(config.features.read.length === 0, `unknown features: ${config.features.read}`);
      return { repoId, masterKey };
    }
  }
  return refuse('the secret opens no key slot');
}

/** The shred map of a domain says whether a further secret goes into its data keys, and whether this is the one. */
function shredKeyOf(domain, repoId, given) {
  const shred = domain.get(7);
  if (shred === undefined) return zeros;
  must(shred.get(4) === undefined, 'the shred key was destroyed');
  must(given !== undefined, 'the shred key is missing');
  const key = Buffer.from(given.toString('latin1').split('\n')[0].trim(), 'base64url');
  const check = hmac(key, Buffer.from('bkp1/shred-check\0'), repoId, domain.get(1));
  must(key.length === 32 && equal(check, shred.get(1)), 'the shred key is of another repository');
  return key;
}

function openBundle(store, masterKey, repoId, shredKey) {
  const keys = new Map([[0, derive(masterKey, 'bundle')]]);
  const numbers = ordinals(store.names('keys').map((name) => name.replace(/^bundle-/, '')));
  for (const n of numbers) {
    let bundle;
    try {
      bundle = openEnvelope(store.read(`keys/bundle-${n}`), types.bundle, keys, repoId);
    } catch {
      continue;
    }
    must(bundle.get(1) === 1 && bundle.get(2) === Number(n), 'the bundle is of another version');
    const isUsable = (one) => one.get(3) !== 2;
    const generations = (list) => new Map(list.filter(isUsable).map((one) => [one.get(1), one.get(2)]));
    const domains = bundle.get(3).map((domain) => {
      const salt = shredKeyOf(domain, repoId, shredKey);
      const deks = domain
        .get(6)
        .filter(isUsable)
        .map((one) => [one.get(1), hmac(salt, one.get(2))]);
      return [hex(domain.get(1)), { id: domain.get(1), idKey: domain.get(3), dataKeys: new Map(deks) }];
    });
    const signers = bundle.get(6).map((one) => [hex(one.get(1)), one]);
    return {
      domains: new Map(domains),
      indexKeys: generations(bundle.get(4)),
      metaKeys: generations(bundle.get(5)),
      signers: new Map(signers),
    };
  }
  return refuse('no bundle opens');
}

// §8 Packs, §9 index: where every blob lies

function framesOf(name, directory, directoryLength, domainOf) {
  const frames = [];
  const suite = directory.get(2);
  let offset = 124 + directoryLength;
  for (const [length, type, comp, plainLength, g, commit8, ids, lens] of directory.get(1)) {
    must((type === types.data) === name.startsWith('packs/'), `${name}: a frame of type ${type}`);
    const blobs = split(ids, 32);
    must(lens.length === 4 * blobs.length, `${name}: a frame with a wrong list of lengths`);
    const lengths = split(lens, 4).map((one) => one.readUInt32LE());
    must(lengths.reduce((sum, one) => sum + one, 0) === plainLength, `${name}: a frame with a wrong length`);
    frames.push({
      name,
      offset,
      length,
      type,
      comp,
      plainLength,
      g,
      commit8,
      blobs,
      lengths,
      suite,
      domainOf,
    });
    offset += length;
  }
  return frames;
}

function readPack(name, repository) {
  const { store, repoId, indexKeys } = repository;
  const bytes = store.hashed(name);
  const size = bytes.length;
  must(size >= 64 * 1024 && size <= 128 * MiB && padme(size) === size, `${name} has a wrong length`);
  must(bytes.toString('latin1', 0, 8) === 'BKPPACK1', `${name} is not a pack`);
  must(bytes.toString('latin1', size - 8) === 'BKPEND01', `${name} has no end`);
  const g = bytes.readUInt32LE(8);
  const suite = bytes[12];
  const key = indexKeys.get(g) ?? refuse(`no index key of generation ${g}`);
  const mac = hmac(derive(key, 'pack-head'), bytes.subarray(0, 88));
  must(equal(mac, bytes.subarray(88, 120)), `${name}: the head was changed`);
  must(equal(bytes.subarray(16, 32), repoId), `${name} belongs to another repository`);
  must((bytes[13] === 1) === name.startsWith('meta/'), `${name} lies under the wrong prefix`);
  const dirLen = bytes.readUInt32LE(120);
  must(bytes.readUInt32LE(size - 12) === dirLen, `${name}: the two directories differ in length`);
  const box = bytes.subarray(124, 124 + dirLen);
  must(equal(box, bytes.subarray(size - 12 - dirLen, size - 12)), `${name}: the two directories differ`);
  const how = {
    key,
    repoId,
    domainId: noDomain,
    g,
    suite,
    type: types.directory,
    comp: 0,
    length: dirLen - overheadOf(suite),
  };
  const raw = openBox(box, how);
  return { raw, directory: decodeCbor(raw), dirLen, domainId: Buffer.from(bytes.subarray(32, 48)) };
}

function domainOfPack(store, name) {
  let domainId;
  return () => {
    domainId ??= store.range(name, 32, 16);
    return domainId;
  };
}

function framesFromPacks(repository) {
  const packs = new Map();
  for (const name of repository.store.packNames()) {
    const { raw, directory, dirLen, domainId } = readPack(name, repository);
    const frames = framesOf(name, directory, dirLen, () => domainId);
    packs.set(name, { raw, frames });
  }
  return packs;
}

function framesFromIndex(repository) {
  const { store, repoId, indexKeys } = repository;
  const names = store.names('index').filter((name) => /^[0-9a-f]{64}$/.test(name));
  const superseded = new Set();
  const indexes = names.map((name) => {
    const item = openEnvelope(store.hashed(`index/${name}`), types.index, indexKeys, repoId);
    for (const old of item.get(2)) superseded.add(hex(old));
    return { name, item };
  });
  const packs = new Map();
  for (const { name: index, item } of indexes) {
    if (superseded.has(index)) continue;
    for (const [packName, size, isMetadata, raw] of item.get(1)) {
      const digits = hex(packName);
      const name = `${isMetadata ? 'meta' : 'packs'}/${digits.slice(0, 2)}/${digits}`;
      if (!store.hasObject(name)) continue;
      must(store.size(name) === size, `${name} has another length than the index says`);
      const directory = decodeCbor(raw);
      const length = raw.length + overheadOf(directory.get(2));
      packs.set(name, { raw, frames: framesOf(name, directory, length, domainOfPack(store, name)) });
    }
  }
  return packs;
}

function locateBlobs(repository, from) {
  const fromPacks = from === 'index' ? new Map() : framesFromPacks(repository);
  const fromIndex = from === 'packs' ? new Map() : framesFromIndex(repository);
  for (const [name, { raw }] of fromPacks) {
    const listed = fromIndex.get(name);
    must(listed === undefined || equal(listed.raw, raw), `${name}: index and pack differ`);
  }
  const blobs = new Map();
  for (const { frames } of [...fromIndex.values(), ...fromPacks.values()]) {
    for (const frame of frames) {
      let start = 0;
      for (const [n, id] of frame.blobs.entries()) {
        blobs.set(`${frame.type}:${hex(id)}`, { frame, start, length: frame.lengths[n] });
        start += frame.lengths[n];
      }
    }
  }
  return blobs;
}

function blobReader(repository, blobs) {
  const { store, repoId, indexKeys, domains } = repository;
  let last = { frame: undefined, plain: undefined };
  return (type, id) => {
    const place = blobs.get(`${type}:${hex(id)}`) ?? refuse(`blob ${hex(id)} is missing`);
    const { frame } = place;
    const domainId = frame.domainOf();
    const domain = domains.get(hex(domainId)) ?? refuse(`${frame.name} is of an unknown domain`);
    if (last.frame !== frame) {
      const keys = type === types.skeleton ? indexKeys : domain.dataKeys;
      const key = keys.get(frame.g) ?? refuse(`no key of generation ${frame.g}`);
      const box = store.range(frame.name, frame.offset, frame.length);
      must(
        equal(box.subarray(24, 32), frame.commit8),
        `${frame.name}: a frame is not the one in the directory`,
      );
      const { g, suite, comp, plainLength: length } = frame;
      last = { frame, plain: openBox(box, { key, repoId, domainId, g, suite, type, comp, length }) };
    }
    const plain = last.plain.subarray(place.start, place.start + place.length);
    must(equal(hmac(domain.idKey, Buffer.of(type), plain), id), `blob ${hex(id)} is not what its id says`);
    return plain;
  };
}

// §11 Snapshots and tombstones

/** Tells of an absolute path of a snapshot whether the re-delete ledger names it. */
function erasedTest(snapshot, ledger) {
  const about = ledger.filter((erasure) => {
    const only = erasure.get(4);
    if (only === undefined) return snapshot.time <= erasure.get(2);
    return split(only, 16).some((id) => hex(id) === snapshot.original);
  });
  return (path) =>
    about.some((erasure) => {
      const host = Buffer.from(`${snapshot.host}\0`, 'utf8');
      const hash = hmac(erasure.get(1), host, path);
      return split(erasure.get(3), 32).some((one) => equal(one, hash));
    });
}

function openSigned(prefix, type, role, repository) {
  const { store, repoId, metaKeys, signers } = repository;
  const names = store.names(prefix).filter((name) => /^[0-9a-f]{64}$/.test(name));
  return names.map((name) => {
    const item = openEnvelope(store.hashed(`${prefix}/${name}`), type, metaKeys, repoId);
    const signed = new Map(item);
    signed.delete(99);
    const digest = sha256(encodeCbor(signed));
    const isGood = item.get(99).some((signature) => {
      const signer = signers.get(hex(signature.get(2)));
      if (signer === undefined || signature.get(1) !== 1 || signer.get(2) !== 1) return false;
      if (!equal(sha256(signer.get(3)).subarray(0, 16), signature.get(2))) return false;
      if (!signer.get(4).includes(role) || !equal(signer.get(8), item.get(2))) return false;
      const key = createPublicKey({
        key: { kty: 'OKP', crv: 'Ed25519', x: signer.get(3).toString('base64url') },
        format: 'jwk',
      });
      return verify(null, digest, key, signature.get(3));
    });
    must(isGood, `${prefix}/${name} is not signed by its writer`);
    return { name, item };
  });
}

function loadSnapshots(repository) {
  const snapshots = openSigned('snapshots', types.snapshot, 1, repository);
  const tombstones = openSigned('tombstones', types.tombstone, 2, repository);
  const known = new Set([...snapshots, ...tombstones].map(({ name }) => name));
  const gone = tombstones.flatMap(({ item }) => item.get(10));
  const forgotten = new Set(gone.map((one) => hex(one.get(1))));
  const missing = new Set();
  const before = [...snapshots, ...tombstones].map(({ item }) => item.get(4));
  for (const prev of [...before, ...gone.map((one) => one.get(6) ?? Buffer.alloc(0))]) {
    for (const name of split(prev, 32).map(hex)) {
      if (!known.has(name) && !forgotten.has(name)) missing.add(name);
    }
  }
  const listed = snapshots
    .map(({ item }) => ({
      id: hex(item.get(10)),
      original: hex(item.get(25) ?? item.get(10)),
      domainId: item.get(11),
      time: item.get(5),
      host: item.get(12),
      paths: item.get(14),
      root: item.get(15)[0],
      entries: item.get(17).get(1),
      isConfirmed: !isRevoked(item.get(19), repository),
    }))
    .sort((a, b) => a.time - b.time);
  const ledger = tombstones.flatMap(({ item }) => item.get(13) ?? []);
  return { listed, missing: [...missing], forgotten: forgotten.size, ledger };
}

/** By a mark that opens and names the session; who signed it is not looked at here. */
function isRevoked(session, { store, repoId, indexKeys }) {
  const name = `sessions/${hex(session)}.revoked`;
  if (!store.hasObject(name)) return false;
  try {
    return equal(openEnvelope(store.read(name), types.revoked, indexKeys, repoId).get(1), session);
  } catch {
    return false;
  }
}

// §10 Trees, and putting them back

const kindNames = ['file', 'directory', 'symlink', 'fifo', 'socket', 'character', 'block', 'implied'];

function readNodes(treeId, read) {
  const tree = decodeCbor(read(types.tree, treeId));
  if (tree.has(0))
    return split(tree.get(0), 32).flatMap((part) => nodesOf(decodeCbor(read(types.tree, part))));
  return nodesOf(tree);
}

function nodesOf(tree) {
  let previous;
  return tree.get(1).map((name, n) => {
    const text = name.toString('latin1');
    const isName = /^[^/\0]{1,1024}$/s.test(text) && text !== '.' && text !== '..';
    must(isName, 'a tree with a name that is none');
    must(previous === undefined || Buffer.compare(previous, name) < 0, 'a tree whose names are out of order');
    previous = name;
    return {
      name,
      kind: kindNames[tree.get(2)[n]] ?? refuse('a node of an unknown kind'),
      mode: tree.get(3).readUInt16LE(2 * n),
      mtimeNs: tree.get(6).readBigInt64LE(8 * n),
      size: Number(tree.get(9).readBigUInt64LE(8 * n)),
      content: tree.get(10)[n],
      runs: tree.get(12)?.get(n),
      link: tree.get(13)?.get(n),
      isIndirect: tree.get(14)?.get(n) === 1,
    };
  });
}

function setTime(path, mtimeNs, set) {
  // Node takes seconds as a float: times to the microsecond are what this reader can promise.
  set(path, Number(mtimeNs) / 1e9, Number(mtimeNs) / 1e9);
}

function writeAll(file, bytes, position) {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, bytes.length - done, position + done);
  }
}

function writeFile(path, node, read) {
  const lists = node.isIndirect
    ? split(node.content, 32).map((id) => decodeCbor(read(types.skeleton, id)).get(2))
    : [node.content];
  const runs =
    node.runs === undefined
      ? [{ offset: 0, left: node.size }]
      : split(node.runs, 16).map((run) => ({
          offset: Number(run.readBigUInt64LE()),
          left: Number(run.readBigUInt64LE(8)),
        }));
  const file = openSync(path, 'wx', 0o600);
  try {
    let run = runs.shift();
    for (const id of lists.flatMap((list) => split(list, 32))) {
      let data = read(types.data, id);
      while (data.length > 0) {
        while (run?.left === 0) run = runs.shift();
        must(run !== undefined, 'a file with more data than its size');
        const length = Math.min(run.left, data.length);
        writeAll(file, data.subarray(0, length), run.offset);
        run.offset += length;
        run.left -= length;
        data = data.subarray(length);
      }
    }
    must(
      (run?.left ?? 0) === 0 && runs.every(({ left }) => left === 0),
      'a file with less data than its size',
    );
    ftruncateSync(file, node.size);
    must(fstatSync(file).size === node.size, 'a file of another size');
  } finally {
    closeSync(file);
  }
}

function restoreTree(treeId, folder, read, links, skipped, isErased, at = Buffer.alloc(0)) {
  for (const node of readNodes(treeId, read)) {
    const inside = Buffer.concat([at, Buffer.from('/'), node.name]);
    if (isErased(inside)) continue;
    const path = Buffer.concat([folder, Buffer.from('/'), node.name]);
    const first = node.link === undefined ? undefined : links.get(hex(node.link));
    if (first !== undefined) {
      linkSync(first, path);
      continue;
    }
    if (node.link !== undefined) links.set(hex(node.link), path);
    if (node.kind === 'directory' || node.kind === 'implied') {
      mkdirSync(path, { mode: 0o700, recursive: true });
      restoreTree(node.content.subarray(0, 32), path, read, links, skipped, isErased, inside);
    } else if (node.kind === 'file') {
      writeFile(path, node, read);
    } else if (node.kind === 'symlink') {
      symlinkSync(node.content, path);
    } else {
      skipped.push(path);
      if (node.link !== undefined) links.delete(hex(node.link));
      continue;
    }
    if (node.kind === 'implied') continue;
    if (node.kind !== 'symlink') chmodSync(path, node.mode);
    setTime(path, node.mtimeNs, node.kind === 'symlink' ? lutimesSync : utimesSync);
  }
}

function main(words) {
  const from = words.find((word) => word.startsWith('--from='))?.slice(7) ?? 'both';
  must(['both', 'index', 'packs'].includes(from), `--from=${from} is none of both, index, packs`);
  const [folder, secretFile, command, wanted, target] = words.filter((word) => !word.startsWith('--'));
  must(
    command === 'list' || (command === 'restore' && target !== undefined),
    'list, or restore SNAPSHOT TARGET',
  );
  const store = objectStore(folder);
  const { repoId, masterKey } = openConfig(store, readFileSync(secretFile));
  const shredFile = words.find((word) => word.startsWith('--shred-key='))?.slice(12);
  const shredKey = shredFile === undefined ? undefined : readFileSync(shredFile);
  const repository = { store, repoId, ...openBundle(store, masterKey, repoId, shredKey) };
  const { listed, missing, forgotten, ledger } = loadSnapshots(repository);
  if (command === 'list') {
    const snapshots = listed.map(({ id, time, host, paths, entries, isConfirmed }) => ({
      id,
      time,
      host,
      paths: paths.map((path) => path.toString('latin1')),
      entries,
      isConfirmed,
    }));
    process.stdout.write(`${JSON.stringify({ snapshots, missing, forgotten })}\n`);
    return;
  }
  must(missing.length === 0, `${missing.length} recovery points are missing`);
  const found = listed.filter(({ id }) => id.startsWith(wanted));
  const snapshot = wanted === 'latest' ? listed.at(-1) : found.length === 1 ? found[0] : undefined;
  must(snapshot !== undefined, `no single snapshot "${wanted}"`);
  const read = blobReader(repository, locateBlobs(repository, from));
  mkdirSync(target, { recursive: true });
  const skipped = [];
  const isErased = erasedTest(snapshot, ledger);
  restoreTree(snapshot.root, Buffer.from(target), read, new Map(), skipped, isErased);
  process.stdout.write(`${JSON.stringify({ snapshot: snapshot.id, skipped: skipped.length })}\n`);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`reader: ${error.message}\n`);
  process.exitCode = 1;
}
