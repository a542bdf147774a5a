// The one description of `backup_config.json` and of the variables of the pipeline's `.env`: every key with its default, and what we make
// of it. Unknown keys are told, never obeyed and never silently dropped.

import { z } from 'zod/mini';
import { Failure } from '../base/failure.ts';
import type { RetentionPolicy } from './retention.ts';

const count = (most: number) => z.int().check(z.minimum(0), z.maximum(most));
const path = z.string().check(z.minLength(1));

/** The left column is the file as it always was; the keys that are ours alone are all optional and say so. */
const fileSchema = z.looseObject({
  backup_settings: z._default(
    z.looseObject({
      retention_days: z._default(count(36_500), 30),
      max_backups: z._default(count(1_000_000), 50),
      compression_level: z._default(z.int().check(z.minimum(1), z.maximum(9)), 9),
      encryption_enabled: z._default(z.boolean(), true),
      verification_enabled: z._default(z.boolean(), true),
      // Ours: retention never leaves fewer.
      min_backups: z._default(z.int().check(z.minimum(1), z.maximum(1_000_000)), 1),
      // Ours: what the script saves.
      source_path: z._default(path, './keys'),
    }),
    {} as never,
  ),
  encryption: z._default(
    z.looseObject({
      algorithm: z._default(z.literal('AES-256-GCM'), 'AES-256-GCM'),
      key_derivation: z._default(z.enum(['PBKDF2-SHA256', 'scrypt', 'Argon2id']), 'PBKDF2-SHA256'),
      iterations: z._default(z.int().check(z.minimum(100_000), z.maximum(10_000_000)), 100_000),
      // Ours.
      key_file: z._default(path, 'backup_master.key'),
    }),
    {} as never,
  ),
  storage: z._default(
    z.looseObject({
      backends: z._default(z.array(z.enum(['local', 's3'])).check(z.minLength(1)), ['local', 's3']),
      local_path: z._default(path, './backups'),
      cloud_encryption: z._default(z.boolean(), true),
      // Ours: a place as `--repository` takes one, such as s3://bucket/keys?region=eu-central-1.
      s3_place: z.optional(path),
    }),
    {} as never,
  ),
  // Ours.
  logging: z._default(z.looseObject({ log_path: z._default(path, '.') }), {} as never),
});

type FileConfig = z.infer<typeof fileSchema>;

export const keyDerivations = {
  'PBKDF2-SHA256': 'pbkdf2-sha256',
  scrypt: 'scrypt',
  Argon2id: 'argon2id',
} as const;

/** Paths are as the file has them: relative ones belong to its folder. */
export interface BackupConfig {
  readonly sourcePath: string;
  readonly localPath: string;
  readonly logPath: string;
  readonly level: number;
  readonly isEncrypted: boolean;
  readonly isVerified: boolean;
  readonly keyFile: string;
  readonly kdf: { readonly kdf: string; readonly rounds?: number };
  readonly backends: readonly ('local' | 's3')[];
  /** What leaves the machine is sealed, whatever is done here. */
  readonly isCloudEncrypted: boolean;
  readonly s3Place?: string;
  readonly retention: RetentionPolicy & { readonly keepLast: number };
  /** Such as `backup_settings.retention_day`. */
  readonly unknownKeys: readonly string[];
}

/** usage/CONFIG_INVALID names the key. `where` is for the message. */
export function parseBackupConfig(text: string, where: string): BackupConfig {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    // No cause: errors of the parser quote what they read.
    throw invalid(where, 'is no JSON');
  }
  const parsed = fileSchema.safeParse(withSections(value));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const key = issue?.path.join('.') ?? '';
    throw invalid(where, `has no usable value of "${key}"`);
  }
  return fromFile(parsed.data, unknownKeys(parsed.data));
}

export function defaultBackupConfig(): BackupConfig {
  return fromFile(fileSchema.parse(withSections({})), []);
}

/** A default of zod is taken as it stands: the sections have to be there to be filled. */
function withSections(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return { backup_settings: {}, encryption: {}, storage: {}, logging: {}, ...value };
}

function fromFile(file: FileConfig, unknown: readonly string[]): BackupConfig {
  const { backup_settings: settings, encryption, storage, logging } = file;
  const kdf = keyDerivations[encryption.key_derivation];
  return {
    sourcePath: settings.source_path,
    localPath: storage.local_path,
    logPath: logging.log_path,
    level: settings.compression_level,
    isEncrypted: settings.encryption_enabled,
    isVerified: settings.verification_enabled,
    keyFile: encryption.key_file,
    kdf: kdf === 'pbkdf2-sha256' ? { kdf, rounds: encryption.iterations } : { kdf },
    backends: [...new Set(storage.backends)],
    isCloudEncrypted: storage.cloud_encryption,
    ...(storage.s3_place === undefined ? {} : { s3Place: storage.s3_place }),
    retention: archiveRetention(settings.retention_days, settings.max_backups, settings.min_backups),
    unknownKeys: unknown,
  };
}

/** 0 switches a limit off: it never means that nothing is kept. */
export function archiveRetention(
  retentionDays: number,
  maxBackups: number,
  keepLast: number,
): RetentionPolicy & { readonly keepLast: number } {
  return {
    keepLast,
    ...(retentionDays === 0 ? {} : { retentionDays }),
    ...(maxBackups === 0 ? {} : { maxBackups }),
  };
}

function unknownKeys(file: FileConfig): string[] {
  const found: string[] = [];
  for (const [name, section] of Object.entries(file)) {
    const known = sections[name];
    if (known === undefined) found.push(name);
    else
      for (const key of Object.keys(section as object))
        if (!known.includes(key)) found.push(`${name}.${key}`);
  }
  return found.sort();
}

const sections: Readonly<Record<string, readonly string[]>> = {
  backup_settings: [
    'retention_days',
    'max_backups',
    'compression_level',
    'encryption_enabled',
    'verification_enabled',
    'min_backups',
    'source_path',
  ],
  encryption: ['algorithm', 'key_derivation', 'iterations', 'key_file'],
  storage: ['backends', 'local_path', 'cloud_encryption', 's3_place'],
  logging: ['log_path'],
};

const variablesSchema = z.object({
  AWS_REGION: z._default(z.string().check(z.regex(/^[a-z0-9-]{1,40}$/)), 'us-east-1'),
  BACKUP_BUCKET: z.optional(z.string().check(z.regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/))),
  BACKUP_RETENTION_DAYS: z._default(z.string().check(z.regex(/^\d{1,5}$/)), '30'),
  GLACIER_TRANSITION_DAYS: z._default(z.string().check(z.regex(/^\d{1,5}$/)), '7'),
  SNS_TOPIC_ARN: z.optional(z.string().check(z.regex(/^arn:aws[a-z-]*:sns:[\w:.-]+$/))),
  LOG_LEVEL: z._default(z.string().check(z.regex(/^[A-Za-z]{1,16}$/)), 'INFO'),
});

export interface PipelineVariables {
  readonly region: string;
  readonly bucket?: string;
  readonly retentionDays: number;
  readonly glacierAfterDays: number;
  readonly snsTopic?: string;
  readonly isDebug: boolean;
  readonly unknownKeys: readonly string[];
}

/** Values never stand in messages: such files hold credentials as well. */
export function parsePipelineVariables(text: string, where: string): PipelineVariables {
  const values = readVariables(text, where);
  const set = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
  const parsed = variablesSchema.safeParse(set);
  if (!parsed.success) {
    throw invalid(where, `has no usable value of "${parsed.error.issues[0]?.path.join('.') ?? ''}"`);
  }
  const found = parsed.data;
  const known = Object.keys(variablesSchema.shape);
  return {
    region: found.AWS_REGION,
    ...(found.BACKUP_BUCKET === undefined ? {} : { bucket: found.BACKUP_BUCKET }),
    retentionDays: Number(found.BACKUP_RETENTION_DAYS),
    glacierAfterDays: Number(found.GLACIER_TRANSITION_DAYS),
    ...(found.SNS_TOPIC_ARN === undefined ? {} : { snsTopic: found.SNS_TOPIC_ARN }),
    isDebug: found.LOG_LEVEL.toUpperCase() === 'DEBUG',
    unknownKeys: Object.keys(values)
      .filter((name) => !known.includes(name))
      .sort(),
  };
}

/** Each NAME=value as it stands there, secrets among them. */
export function readVariables(text: string, where: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const match = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line);
    if (match === null) throw invalid(where, `line ${index + 1} is no NAME=value`);
    values[match[1]!] = unquoted(match[2]!);
  }
  return values;
}

/** What is quoted is taken whole; else a remark may follow. */
function unquoted(value: string): string {
  const quoted = /^(["'])(.*)\1\s*(?:#.*)?$/.exec(value);
  return quoted === null ? value.replace(/\s+#.*$/, '') : quoted[2]!;
}

function invalid(where: string, what: string): Failure {
  return new Failure('usage', 'CONFIG_INVALID', `"${where}" ${what}`, {
    hint: 'Correct the file; docs/guides/backup-manager.md lists every key with its default.',
  });
}
