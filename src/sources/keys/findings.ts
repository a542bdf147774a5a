// What is wrong with the keys of an inventory. Pure: the inventory and the time go in, findings come out, the worst first.

import type { Instant } from '../../base/context.ts';
import type { InventoryFile } from './inventory.ts';
import type { KeyItem } from './key-item.ts';

export type FindingSeverity = 'critical' | 'warning' | 'note';

export interface KeyFinding {
  readonly severity: FindingSeverity;
  /** Stable. */
  readonly code: FindingCode;
  /** A byte string. */
  readonly path: string;
  readonly facts: Readonly<Record<string, string | number>>;
  /** Of duplicates: where else it lies. Byte strings. */
  readonly others?: readonly string[];
}

export type FindingCode =
  | 'KEY_WEAK'
  | 'KEY_SHORT'
  | 'KEY_OUTDATED'
  | 'SIGNATURE_WEAK'
  | 'EXPIRED'
  | 'EXPIRES_SOON'
  | 'KEY_UNPROTECTED'
  | 'MODE_TOO_OPEN'
  | 'KEY_WITHOUT_CERTIFICATE'
  | 'CERTIFICATE_WITHOUT_KEY'
  | 'KEY_DUPLICATE';

const soonMs = 30 * 24 * 60 * 60 * 1000;
const ranks: Readonly<Record<FindingSeverity, number>> = { critical: 0, warning: 1, note: 2 };

export function findKeyTrouble(files: readonly InventoryFile[], now: Instant): readonly KeyFinding[] {
  const findings: KeyFinding[] = [];
  const pairs = pairsOf(files);
  for (const file of files) {
    const told = new Set<string>();
    for (const item of file.items) {
      for (const found of [
        ...strength(item),
        ...expiry(item, now),
        ...protection(item),
        ...partners(item, file, pairs),
      ]) {
        // A certificate says of its key what the key in the same file says already.
        const mark = `${found.code} ${item.keyId ?? JSON.stringify(found.facts)}`;
        if (told.has(mark)) continue;
        told.add(mark);
        findings.push({ ...found, path: file.path, facts: { ...nameOf(item), ...found.facts } });
      }
    }
    findings.push(...modeOf(file));
  }
  findings.push(...duplicates(files));
  return findings.sort(
    (a, b) => ranks[a.severity] - ranks[b.severity] || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0),
  );
}

type Found = Omit<KeyFinding, 'path'>;

function nameOf({ type, algorithm, fingerprint, label }: KeyItem): KeyFinding['facts'] {
  return {
    type,
    ...(algorithm === undefined ? {} : { algorithm }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(label === undefined ? {} : { label }),
  };
}

/** NIST SP 800-57: 112 bits of strength at least, 128 beyond 2030. */
function* strength(item: KeyItem): Generator<Found> {
  const { algorithm = '', bits, curve, signature = '' } = item;
  const facts = { ...(bits === undefined ? {} : { bits }), ...(curve === undefined ? {} : { curve }) };
  if (/^(?:RSA|RSA-PSS|DSA|DH|ElGamal)$/.test(algorithm) && bits !== undefined) {
    if (bits < 2048) yield { severity: 'critical', code: 'KEY_WEAK', facts };
    else if (bits < 3072) yield { severity: 'warning', code: 'KEY_SHORT', facts };
  }
  if (/^(?:EC|ECDSA|ECDH)$/.test(algorithm) && bits !== undefined && bits < 224) {
    yield { severity: 'critical', code: 'KEY_WEAK', facts };
  }
  if (algorithm.startsWith('des-')) yield { severity: 'critical', code: 'KEY_WEAK', facts };
  if (algorithm === 'DSA' || algorithm.startsWith('des3-') || algorithm === 'arcfour-hmac') {
    yield { severity: 'warning', code: 'KEY_OUTDATED', facts };
  }
  // Nobody checks the signature of a root: it is trusted because it lies where it lies.
  if (item.note === 'root CA') return;
  if (/md[245]/i.test(signature))
    yield { severity: 'critical', code: 'SIGNATURE_WEAK', facts: { signature } };
  else if (/sha-?1(?![0-9])/i.test(signature)) {
    yield { severity: 'warning', code: 'SIGNATURE_WEAK', facts: { signature } };
  }
}

function* expiry({ expiresAt }: KeyItem, now: Instant): Generator<Found> {
  if (expiresAt === undefined) return;
  const facts = { expiresAt: new Date(expiresAt).toISOString() };
  if (expiresAt <= now) yield { severity: 'warning', code: 'EXPIRED', facts };
  else if (expiresAt <= now + soonMs) yield { severity: 'warning', code: 'EXPIRES_SOON', facts };
}

function* protection({ type, isEncrypted }: KeyItem): Generator<Found> {
  if ((type === 'private-key' || type === 'keystore') && isEncrypted === false) {
    yield { severity: 'warning', code: 'KEY_UNPROTECTED', facts: {} };
  }
}

const secretTypes: ReadonlySet<string> = new Set(['private-key', 'symmetric-key', 'keystore', 'secrets']);

/** One finding a file. A passphrase between the reader and the key makes it less bad. */
function* modeOf({ path, mode, items }: InventoryFile): Generator<KeyFinding> {
  const secrets = items.filter(({ type }) => secretTypes.has(type));
  if (secrets.length === 0 || (mode & 0o077) === 0) return;
  const isBare = secrets.some(({ isEncrypted }) => isEncrypted === false);
  const isForAll = (mode & 0o007) !== 0;
  const severity = isForAll ? (isBare ? 'critical' : 'warning') : isBare ? 'warning' : 'note';
  yield { severity, code: 'MODE_TOO_OPEN', path, facts: { mode: mode.toString(8).padStart(4, '0') } };
}

interface Pairs {
  readonly certified: ReadonlySet<string>;
  readonly withKey: ReadonlySet<string>;
  /** Folders with a private key that nobody can tell the public half of: it may be any certificate's. */
  readonly closed: ReadonlySet<string>;
}

function pairsOf(files: readonly InventoryFile[]): Pairs {
  const certified = new Set<string>();
  const withKey = new Set<string>();
  const closed = new Set<string>();
  for (const { path, items } of files) {
    for (const { type, keyId } of items) {
      if (type === 'certificate' && keyId !== undefined) certified.add(keyId);
      if (type === 'private-key' && keyId !== undefined) withKey.add(keyId);
      if ((type === 'private-key' || type === 'keystore') && keyId === undefined) closed.add(folderOf(path));
    }
  }
  return { certified, withKey, closed };
}

function* partners(item: KeyItem, file: InventoryFile, pairs: Pairs): Generator<Found> {
  const { type, format, keyId, algorithm } = item;
  if (keyId === undefined) return;
  // Keys of OpenSSH, OpenPGP, age and WireGuard have none by nature.
  const isForCertificates =
    /^(?:pkcs1|pkcs8|sec1)$/.test(format) && !/^(?:X25519|X448|DH)$/.test(algorithm ?? '');
  if (type === 'private-key' && isForCertificates && !pairs.certified.has(keyId)) {
    yield { severity: 'note', code: 'KEY_WITHOUT_CERTIFICATE', facts: {} };
  }
  const isAuthority = item.note === 'CA' || item.note === 'root CA';
  if (
    type === 'certificate' &&
    !isAuthority &&
    !pairs.withKey.has(keyId) &&
    !pairs.closed.has(folderOf(file.path))
  ) {
    yield { severity: 'note', code: 'CERTIFICATE_WITHOUT_KEY', facts: {} };
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function* duplicates(files: readonly InventoryFile[]): Generator<KeyFinding> {
  const places = new Map<string, { readonly item: KeyItem; readonly paths: Set<string> }>();
  for (const { path, items } of files) {
    for (const item of items) {
      if (item.type !== 'private-key' || item.keyId === undefined) continue;
      const known = places.get(item.keyId);
      if (known === undefined) places.set(item.keyId, { item, paths: new Set([path]) });
      else known.paths.add(path);
    }
  }
  for (const { item, paths } of places.values()) {
    const [path, ...others] = [...paths];
    if (path === undefined || others.length === 0) continue;
    yield {
      severity: 'note',
      code: 'KEY_DUPLICATE',
      path,
      facts: { ...nameOf(item), files: paths.size },
      others,
    };
  }
}
