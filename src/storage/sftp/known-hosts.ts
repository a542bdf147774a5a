// Which host keys are believed: the lines of OpenSSH's known_hosts, plain or hashed, with patterns, ports and @revoked; or one pinned
// fingerprint. Lines of certificate authorities are passed over, because host certificates are not understood here.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export type HostKeyVerdict = 'known' | 'unknown' | 'changed' | 'revoked';

export interface KnownHost {
  readonly isRevoked: boolean;
  readonly type: string;
  readonly blob: Buffer;
  matches(host: string): boolean;
}

/** As known_hosts names a host: with its port unless that is 22. */
export function knownHostName(host: string, port: number): string {
  const lower = host.toLowerCase();
  return port === 22 ? lower : `[${lower}]:${port}`;
}

/** As `ssh-keygen -l` shows it. */
export function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** Such as "ssh-ed25519": a key's own first word. */
export function keyTypeOf(blob: Buffer): string {
  const length = blob.length >= 4 ? blob.readUInt32BE(0) : 0;
  return blob.toString('latin1', 4, 4 + Math.min(length, 64));
}

/** Lines that cannot be read are passed over, as OpenSSH does: they make no host known. */
export function readKnownHosts(text: string): KnownHost[] {
  const hosts: KnownHost[] = [];
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/[ \t]+/);
    const marker = fields[0]?.startsWith('@') ? fields.shift() : undefined;
    const [names, type, key] = fields;
    if (names === undefined || names.startsWith('#') || type === undefined || key === undefined) continue;
    if (marker !== undefined && marker !== '@revoked') continue;
    const blob = Buffer.from(key, 'base64');
    if (keyTypeOf(blob) !== type) continue;
    hosts.push({ isRevoked: marker !== undefined, type, blob, matches: matcherOf(names) });
  }
  return hosts;
}

/** `pin` replaces the file's word on what is known; what the file calls revoked stays so. */
export function judgeHostKey(
  blob: Buffer,
  name: string,
  hosts: readonly KnownHost[],
  pin: string | undefined,
): HostKeyVerdict {
  const ours = hosts.filter((host) => host.matches(name));
  const isSame = (host: KnownHost) => host.blob.equals(blob);
  if (ours.some((host) => host.isRevoked && isSame(host))) return 'revoked';
  if (pin !== undefined) return fingerprintOf(blob) === pin ? 'known' : 'changed';
  const trusted = ours.filter((host) => !host.isRevoked);
  if (trusted.some(isSame)) return 'known';
  // Also when only the type is new: whoever sits in between would offer a type that we have never seen.
  return trusted.length > 0 ? 'changed' : 'unknown';
}

/**
 * What to ask the server for: the types that are known first, so that it shows a key that can be judged. SHA-1 signatures are never
 * asked for.
 */
export function hostKeyAlgorithms(name: string, hosts: readonly KnownHost[]): string[] {
  const known = new Set(
    hosts.filter((host) => !host.isRevoked && host.matches(name)).map(({ type }) => type),
  );
  const isKnown = (algorithm: string) => known.has(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm);
  return [...algorithms.filter(isKnown), ...algorithms.filter((algorithm) => !isKnown(algorithm))];
}

const algorithms: readonly string[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

function matcherOf(names: string): (host: string) => boolean {
  if (names.startsWith('|1|')) {
    const [salt, hash] = names
      .slice(3)
      .split('|')
      .map((part) => Buffer.from(part, 'base64'));
    return (host) => {
      if (salt === undefined || hash?.length !== 20) return false;
      return timingSafeEqual(createHmac('sha1', salt).update(host).digest(), hash);
    };
  }
  const patterns = names
    .toLowerCase()
    .split(',')
    .map((pattern) => ({
      isExcluding: pattern.startsWith('!'),
      pattern: pattern.replace(/^!/, ''),
    }));
  return (host) => {
    const hits = patterns.filter(({ pattern }) => isLike(host, pattern));
    return hits.length > 0 && !hits.some(({ isExcluding }) => isExcluding);
  };
}

/** "*" and "?" only. Goes back to the last star alone, so that no line of the file makes matching slow. */
function isLike(text: string, pattern: string): boolean {
  let at = 0;
  let star: { readonly pattern: number; text: number } | undefined;
  let place = 0;
  while (place < text.length) {
    if (pattern[at] === '*') {
      star = { pattern: at, text: place };
      at += 1;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[place])) {
      at += 1;
      place += 1;
    } else if (star !== undefined) {
      star.text += 1;
      at = star.pattern + 1;
      place = star.text;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}
