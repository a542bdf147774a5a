// Takes over what older tools were told (backup_config.json, monitor_config.json, config/backup_schedule.json, .env) into the form of
// holdfast.yaml. Whatever cannot be taken over is told; values that nobody asked for, such as credentials, are never shown.

import { basename, dirname, resolve } from 'node:path';
import { parseBackupConfig, parsePipelineVariables, readVariables } from '../../model/backup-config.ts';
import type { ConfigurationInput } from '../../model/configuration/configuration.ts';
import type { PolicyInput } from '../../model/configuration/policy.ts';
import { parseBackupSchedules, parseMonitorConfig } from '../../model/monitor-config.ts';

export interface Imported {
  readonly configuration: ConfigurationInput;
  /** As `key in file`. */
  readonly unknownKeys: readonly { readonly file: string; readonly key: string }[];
  /** What a person has to know or do: texts `config.import.CODE`. */
  readonly notes: readonly ImportNote[];
  /** Values to be sealed, by the name under which the configuration asks for them. */
  readonly secrets: ReadonlyMap<string, string>;
}

export interface ImportNote {
  readonly code: ImportNoteCode;
  readonly value: string;
}

export const noteTexts = {
  password: 'config.import.password',
  'cloud-place': 'config.import.cloud-place',
  bucket: 'config.import.bucket',
  plain: 'config.import.plain',
  retention: 'config.import.retention',
  schedule: 'config.import.schedule',
  'monitoring-off': 'config.import.monitoring-off',
  policies: 'config.import.policies',
  'mail-server': 'config.import.mail-server',
  'secret-left': 'config.import.secret-left',
} as const;

export type ImportNoteCode = keyof typeof noteTexts;

/** What several files say together, before it becomes one configuration. */
interface Gathered {
  configuration: ConfigurationInput;
  policies: Record<string, PolicyInput>;
  /** For policies that say nothing themselves. */
  usual: { schedule?: string; retention?: PolicyInput['retention']; rpo?: string };
  unknownKeys: { file: string; key: string }[];
  notes: ImportNote[];
  secrets: Map<string, string>;
}

export interface ImportWish {
  /** Where the password of the repositories will lie. */
  readonly passwordFile: string;
  readonly host: string;
  /** Secrets found in a .env are taken over, to be sealed. */
  readonly seals: boolean;
}

export function importFiles(
  files: readonly { readonly path: string; readonly shown: string; readonly text: string }[],
  wish: ImportWish,
): Imported {
  const gathered: Gathered = {
    configuration: { version: 1 },
    policies: {},
    usual: {},
    unknownKeys: [],
    notes: [],
    secrets: new Map(),
  };
  for (const file of files) {
    const unknown = importers[kindOf(file)](file, gathered, wish);
    gathered.unknownKeys.push(...unknown.map((key) => ({ file: file.shown, key })));
  }
  const { configuration, policies, usual, unknownKeys, notes, secrets } = gathered;
  const names = Object.keys(policies);
  for (const name of names) policies[name] = { ...usual, ...policies[name]! };
  if (names.length === 0) {
    note(gathered, 'policies', 'policies');
    if (usual.retention !== undefined) note(gathered, 'retention', JSON.stringify(usual.retention));
  }
  const repositories = Object.values(configuration.repositories ?? {});
  if (repositories.length > 0) note(gathered, 'password', wish.passwordFile);
  return {
    configuration: names.length === 0 ? configuration : { ...configuration, policies },
    unknownKeys,
    notes,
    secrets,
  };
}

interface ImportedFile {
  readonly path: string;
  readonly shown: string;
  readonly text: string;
}

function kindOf({ path, text }: ImportedFile): keyof typeof importers {
  const name = basename(path);
  if (/\.env(\.|$)/.test(name) || !/^\s*[[{]/.test(text.replace(/^\ufeff/, ''))) return 'variables';
  if (/"(?:monitoring|thresholds|notifications)"\s*:/.test(text) || /monitor/.test(name)) return 'monitor';
  if (/"(?:ec2_snapshots|rds_backups|s3_sync)"\s*:/.test(text) || /schedule/.test(name)) return 'schedules';
  return 'backup';
}

const importers = {
  backup(file: ImportedFile, gathered: Gathered, wish: ImportWish): readonly string[] {
    const config = parseBackupConfig(file.text, file.shown);
    const folder = dirname(file.path);
    const unlock = { password: `file:${wish.passwordFile}` };
    const repositories: NonNullable<ConfigurationInput['repositories']> = {};
    if (config.backends.includes('local')) {
      repositories.local = { place: resolve(folder, config.localPath, 'repository'), unlock };
    }
    if (config.backends.includes('s3')) {
      if (config.s3Place === undefined) note(gathered, 'cloud-place', 's3');
      else repositories.cloud = { place: config.s3Place, unlock };
    }
    // A repository is always sealed; what was plain before is not plain any more.
    if (!config.isEncrypted) note(gathered, 'plain', 'encryption_enabled');
    const { retentionDays, maxBackups, keepLast } = config.retention;
    const isKept = retentionDays === undefined && maxBackups === undefined;
    const limits = {
      keepLast,
      ...(retentionDays === undefined ? {} : { retentionDays }),
      ...(maxBackups === undefined ? {} : { maxBackups }),
    };
    merge(gathered, { profile: 'keys', repositories, logs: { directory: resolve(folder, config.logPath) } });
    if (Object.keys(repositories).length > 0) {
      gathered.policies.keys = {
        sources: [{ kind: 'keys', paths: [resolve(folder, config.sourcePath)] }],
        repositories: Object.keys(repositories),
        compression: `zstd:${config.level}`,
        retention: isKept ? 'none' : limits,
      } as PolicyInput;
    }
    return config.unknownKeys;
  },

  monitor(file: ImportedFile, gathered: Gathered, wish: ImportWish): readonly string[] {
    const config = parseMonitorConfig(file.text, file.shown);
    merge(gathered, {
      health: {
        interval: `${config.intervalSeconds}s`,
        diskWarningPercent: Math.round(config.diskWarningPercent),
        diskCriticalPercent: Math.round(config.diskCriticalPercent),
      },
    });
    gathered.usual.rpo = `${config.backupAgeWarningHours}h`;
    if (!config.isEnabled || !config.isDaemon) note(gathered, 'monitoring-off', 'monitoring');
    const { isEnabled, recipients, server, from = `holdfast@${wish.host}` } = config.email;
    if (isEnabled && recipients.length > 0) {
      const place = `email://${server}/${recipients.join(',')}?from=${encodeURIComponent(from)}`;
      merge(gathered, { channels: { mail: { place } }, alerts: { routes: [{ channels: ['mail'] }] } });
      if (server === 'localhost') note(gathered, 'mail-server', place);
    }
    return config.unknownKeys;
  },

  schedules(file: ImportedFile, gathered: Gathered): readonly string[] {
    const { schedules, unknownKeys } = parseBackupSchedules(file.text, file.shown);
    gathered.usual.schedule = schedules.s3_sync;
    for (const name of ['ec2_snapshots', 'rds_backups'] as const) {
      note(gathered, 'schedule', `${name}: ${schedules[name]}`);
    }
    return unknownKeys;
  },

  variables(file: ImportedFile, gathered: Gathered, wish: ImportWish): readonly string[] {
    const found = parsePipelineVariables(file.text, file.shown);
    const { region, bucket, retentionDays, snsTopic, isDebug } = found;
    merge(gathered, { profile: 'pipeline', logs: { level: isDebug ? 'debug' : 'info' } });
    gathered.usual.retention = retentionDays === 0 ? 'none' : { keepLast: 1, retentionDays };
    if (snsTopic !== undefined) {
      merge(gathered, {
        channels: { sns: { place: `sns:${snsTopic}` } },
        alerts: { routes: [{ channels: ['sns'] }] },
      });
    }
    const values = readVariables(file.text, file.shown);
    const key = values.AWS_SECRET_ACCESS_KEY;
    const id = values.AWS_ACCESS_KEY_ID;
    const isTaken =
      wish.seals && bucket !== undefined && key !== undefined && key !== '' && /^\w{16,128}$/.test(id ?? '');
    if (isTaken) gathered.secrets.set('aws-secret-access-key', key);
    // Without a name, the bucket is named after the account: aws-backup-pipeline-ACCOUNT.
    if (bucket === undefined) note(gathered, 'bucket', `s3://aws-backup-pipeline-ACCOUNT?region=${region}`);
    else {
      const place = `s3://${bucket}?region=${region}${isTaken ? `&access-key-id=${id}` : ''}`;
      const secrets = isTaken ? { secrets: { secretAccessKey: 'sealed:aws-secret-access-key' } } : {};
      const unlock = { password: `file:${wish.passwordFile}` };
      merge(gathered, { repositories: { pipeline: { place, unlock, ...secrets } } });
    }
    const left = found.unknownKeys.filter(
      (name) => !isTaken || (name !== 'AWS_SECRET_ACCESS_KEY' && name !== 'AWS_ACCESS_KEY_ID'),
    );
    for (const name of left) if (/SECRET|PASSWORD|TOKEN/i.test(name)) note(gathered, 'secret-left', name);
    return left;
  },
};

function note(gathered: Gathered, code: ImportNoteCode, value: string): void {
  gathered.notes.push({ code, value });
}

/** Two steps deep: sections, and what has a name within them. What came first stays, but lists grow. */
function merge(gathered: Gathered, more: ConfigurationInput): void {
  gathered.configuration = deepMerge(gathered.configuration, more) as ConfigurationInput;
}

function deepMerge(first: unknown, more: unknown): unknown {
  if (Array.isArray(first) && Array.isArray(more)) return [...first, ...more];
  if (!isMap(first) || !isMap(more)) return first ?? more;
  const merged: Record<string, unknown> = { ...first };
  for (const [key, value] of Object.entries(more)) {
    merged[key] = Object.hasOwn(first, key) ? deepMerge(first[key], value) : value;
  }
  return merged;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
