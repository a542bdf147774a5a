// Which addresses a channel may connect to. A URL that somebody typed must not make this machine speak to its own services, to its
// neighbours, or to the metadata service of its cloud: what is checked is the address that the name has, and that one is connected to.

import { BlockList, isIP, isIPv4 } from 'node:net';
import { Failure } from '../../base/failure.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** All addresses of a name, as the system finds them. */
export type Resolve = (host: string) => Promise<readonly ResolvedAddress[]>;

export const systemResolve: Resolve = async (host) => {
  const { lookup } = await import('node:dns/promises');
  const found = await lookup(host, { all: true });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
};

export interface TargetRules {
  /** `public`: the internet alone. `internal`: also private networks and this machine, as mail and log servers have them. */
  readonly scope: 'public' | 'internal';
  /** Networks that are allowed besides, such as "10.1.0.0/16"; never the metadata services. */
  readonly allowNetworks: readonly string[];
}

export const networkPattern: RegExp = /^[0-9a-f.:]+\/\d{1,3}$/i;

type Verdict = 'public' | 'internal' | 'never';

/** Resolves the name once and checks every address that it has: one bad one is enough to refuse. */
export async function resolveTarget(
  host: string,
  rules: TargetRules,
  resolve: Resolve,
): Promise<readonly ResolvedAddress[]> {
  const name = host.toLowerCase().replace(/\.$/, '');
  if (metadataNames.has(name)) throw refused(host);
  const found = await addressesOf(host, resolve);
  checkNetworks(rules.allowNetworks);
  for (const { address } of found) {
    const verdict = judgeAddress(address);
    if (verdict === 'public') continue;
    if (verdict === 'internal' && (rules.scope === 'internal' || isAllowed(address, rules.allowNetworks)))
      continue;
    throw refused(host);
  }
  return found;
}

async function addressesOf(host: string, resolve: Resolve): Promise<readonly ResolvedAddress[]> {
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family: family === 6 ? 6 : 4 }];
  let found: readonly ResolvedAddress[];
  try {
    found = await resolve(host);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'EAI';
    throw unknownName(host, code);
  }
  if (found.length === 0) throw unknownName(host, 'ENODATA');
  return found;
}

function unknownName(host: string, code: string): Failure {
  return new Failure('unavailable', 'CHANNEL_NAME_UNKNOWN', `no address is known for "${host}"`, {
    facts: { code },
    hint: 'Check how the name is written, and the name servers of this machine. The message can be sent again.',
  });
}

/** The address itself is not shown: it would tell who may only type URLs how the inner network is made. */
function refused(host: string): Failure {
  return new Failure(
    'denied',
    'CHANNEL_TARGET_REFUSED',
    `"${host}" lies in a network that channels must not reach`,
    {
      hint: 'Private, loopback and link-local addresses are refused. If the receiver really is there, an administrator allows its network by allowNetworks, such as "10.1.0.0/16". Metadata services are never allowed.',
    },
  );
}

const metadataNames = new Set([
  'metadata',
  'metadata.google.internal',
  'instance-data',
  'instance-data.ec2.internal',
]);

const neverNetworks = listOf([
  '0.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // The metadata services of Alibaba and Oracle outside of link-local.
  '100.100.100.200/32',
  '192.0.0.192/32',
  '::/128',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
  'fd00:ec2::/32',
  'fd20:ce::254/128',
]);
const internalNetworks = listOf([
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
]);
/** Of IPv6 only 2000::/3 is given out, and parts of that are tunnels, examples and the like. */
const globalSix = listOf(['2000::/3']);
const notGlobalSix = listOf(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);

export function judgeAddress(address: string): Verdict {
  if (isIPv4(address)) {
    if (neverNetworks.check(address, 'ipv4')) return 'never';
    return internalNetworks.check(address, 'ipv4') ? 'internal' : 'public';
  }
  const groups = groupsOf(address);
  // What cannot be read cannot be judged.
  if (groups === undefined) return 'never';
  const inner = embedded(groups);
  if (inner !== undefined) return judgeAddress(inner);
  const plain = address.replace(/%.*$/, '');
  if (neverNetworks.check(plain, 'ipv6')) return 'never';
  return globalSix.check(plain, 'ipv6') && !notGlobalSix.check(plain, 'ipv6') ? 'public' : 'internal';
}

/** The IPv4 address in a mapped, compatible, translated (NAT64) or 6to4 one: that is where the bytes go. */
function embedded(groups: readonly number[]): string | undefined {
  const four = (high: number, low: number) => `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  const starts = (...prefix: number[]) => prefix.every((group, index) => groups[index] === group);
  const [, high = 0, low = 0, , , , sixth = 0, seventh = 0] = groups;
  if (starts(0, 0, 0, 0, 0, 0xffff) || starts(0, 0, 0, 0, 0xffff, 0) || starts(0x64, 0xff9b, 0, 0, 0, 0)) {
    return four(sixth, seventh);
  }
  // "::" and "::1" are addresses of their own.
  if (starts(0, 0, 0, 0, 0, 0) && (sixth !== 0 || seventh > 1)) return four(sixth, seventh);
  return starts(0x2002) ? four(high, low) : undefined;
}

/** The eight groups of an IPv6 address, by way of the URL parser, which writes all forms in one. */
function groupsOf(address: string): number[] | undefined {
  let text: string;
  try {
    text = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
  } catch {
    return undefined;
  }
  const [head = '', tail] = text.split('::');
  const read = (part: string) =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  if (tail === undefined) return read(head);
  const first = read(head);
  const last = read(tail);
  return [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
}

/** A list of IPv6 networks would take IPv4 addresses for mapped ones, so each is asked for its own family alone. */
function isAllowed(address: string, networks: readonly string[]): boolean {
  const groups = isIPv4(address) ? undefined : groupsOf(address);
  const plain = (groups && embedded(groups)) ?? address.replace(/%.*$/, '');
  const isFour = isIPv4(plain);
  const list = listOf(networks.filter((network) => isIPv4(network.split('/')[0] ?? '') === isFour));
  return list.check(plain, isFour ? 'ipv4' : 'ipv6');
}

function checkNetworks(networks: readonly string[]): void {
  try {
    listOf(networks);
  } catch {
    throw new Failure(
      'usage',
      'CHANNEL_NETWORK_INVALID',
      'a network that is allowed to a channel cannot be read',
      { hint: 'Write networks like "10.1.0.0/16" or "fd12:3456::/32".' },
    );
  }
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits = ''] = network.split('/');
    list.addSubnet(address, Number(bits), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return list;
}
