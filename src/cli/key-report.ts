// How the inventory of keys and its findings look: lines for people, fields for --json. Shared by `keys` and `backup --keys`.

import { formatCount } from '../base/text.ts';
import type { FindingCode, FindingSeverity, KeyFinding } from '../sources/keys/findings.ts';
import { countInventory, type Inventory, type InventoryFile } from '../sources/keys/inventory.ts';
import type { KeyItem, KeyType } from '../sources/keys/key-item.ts';
import { isoTime, pathFields, pathText, tableLines } from './show.ts';
import type { TextKey, Texts } from './texts/texts.ts';

const types: Readonly<Record<KeyType, TextKey>> = {
  'private-key': 'keys.type.private-key',
  'public-key': 'keys.type.public-key',
  certificate: 'keys.type.certificate',
  'certificate-request': 'keys.type.certificate-request',
  parameters: 'keys.type.parameters',
  'symmetric-key': 'keys.type.symmetric-key',
  keystore: 'keys.type.keystore',
  secrets: 'keys.type.secrets',
};

const findingTexts: Readonly<Record<FindingCode, TextKey>> = {
  KEY_WEAK: 'keys.finding.weak',
  KEY_SHORT: 'keys.finding.short',
  KEY_OUTDATED: 'keys.finding.outdated',
  SIGNATURE_WEAK: 'keys.finding.signature',
  EXPIRED: 'keys.finding.expired',
  EXPIRES_SOON: 'keys.finding.soon',
  KEY_UNPROTECTED: 'keys.finding.unprotected',
  MODE_TOO_OPEN: 'keys.finding.mode',
  KEY_WITHOUT_CERTIFICATE: 'keys.finding.noCertificate',
  CERTIFICATE_WITHOUT_KEY: 'keys.finding.noKey',
  KEY_DUPLICATE: 'keys.finding.duplicate',
};

const severities: Readonly<Record<FindingSeverity, TextKey>> = {
  critical: 'keys.severity.critical',
  warning: 'keys.severity.warning',
  note: 'keys.severity.note',
};

export function inventoryLines({ files, owners }: Inventory, texts: Texts): string[] {
  if (files.length === 0) return [];
  const rows = files.flatMap((file) => {
    const mode = file.mode.toString(8).padStart(4, '0');
    const owner = owners.users.get(file.uid) ?? String(file.uid);
    const items = file.items.map((item) => [
      texts.say(types[item.type]),
      strengthOf(item),
      item.expiresAt === undefined ? '' : isoTime(item.expiresAt).slice(0, 10),
      protectionOf(item, texts),
      mode,
      owner,
      pathText(file.path),
      item.label ?? item.note ?? '',
    ]);
    if (file.broken === undefined) return items;
    return [...items, [texts.say('keys.broken'), '', '', '', mode, owner, pathText(file.path), file.broken]];
  });
  return tableLines([texts.say('keys.head').split('|'), ...rows]);
}

function strengthOf({ algorithm, bits, curve, format }: KeyItem): string {
  if (algorithm === undefined) return bits === undefined ? format : `${format} ${bits}`;
  if (curve !== undefined && curve !== algorithm) return `${algorithm} ${curve}`;
  return bits === undefined || /^(?:Ed|X)\d/.test(algorithm) ? algorithm : `${algorithm} ${bits}`;
}

function protectionOf({ isEncrypted }: KeyItem, texts: Texts): string {
  if (isEncrypted === undefined) return '';
  return texts.say(isEncrypted ? 'keys.protected' : 'keys.bare');
}

export function countLine(files: readonly InventoryFile[], texts: Texts): string {
  const counts = countInventory(files);
  const number = (value: number) => formatCount(value, texts.language);
  return texts.say('keys.count', {
    items: number(counts.items),
    files: number(counts.files),
    private: number(counts.byType['private-key'] ?? 0),
    certificates: number(counts.byType['certificate'] ?? 0),
    broken: number(counts.broken),
  });
}

export function findingLines(findings: readonly KeyFinding[], texts: Texts): string[] {
  return findings.map(({ severity, code, path, facts, others = [] }) => {
    const values = Object.fromEntries(
      ['algorithm', 'bits', 'curve', 'signature', 'mode', 'files'].map((name) => [name, facts[name] ?? '']),
    );
    const what = texts.say(findingTexts[code], {
      ...values,
      size: facts['curve'] ?? facts['bits'] ?? '',
      expiresAt: String(facts['expiresAt'] ?? '').slice(0, 10),
      others: others.map(pathText).join(', '),
    });
    return `${texts.say(severities[severity])}  ${pathText(path)}: ${what}`;
  });
}

export function countFindings(findings: readonly KeyFinding[]): Record<FindingSeverity, number> {
  const counts = { critical: 0, warning: 0, note: 0 };
  for (const { severity } of findings) counts[severity] += 1;
  return counts;
}

export function findingFields({ path, others, ...rest }: KeyFinding): Record<string, unknown> {
  return {
    ...rest,
    ...pathFields(path),
    ...(others === undefined ? {} : { others: others.map(pathFields) }),
  };
}

export function fileFields(file: InventoryFile, { owners }: Inventory): Record<string, unknown> {
  const { path, mode, uid, gid, sizeBytes, items, broken } = file;
  const [user, group] = [owners.users.get(uid), owners.groups.get(gid)];
  return {
    ...pathFields(path),
    mode: mode.toString(8).padStart(4, '0'),
    uid,
    gid,
    ...(user === undefined ? {} : { user }),
    ...(group === undefined ? {} : { group }),
    sizeBytes,
    items: items.map(itemFields),
    ...(broken === undefined ? {} : { broken }),
  };
}

export function itemFields(item: KeyItem): Record<string, unknown> {
  const { expiresAt, ...rest } = item;
  return { ...rest, ...(expiresAt === undefined ? {} : { expiresAt: isoTime(expiresAt) }) };
}
