// A catalog on PostgreSQL: the address, the pool of connections and what each connection is set to.

import { readFileSync } from 'node:fs';
import { CompiledQuery, type Dialect, type Kysely, PostgresDialect, sql } from 'kysely';
import type { PoolConfig } from 'pg';
import { Failure } from '../base/failure.ts';
import type { Secret } from '../base/secret.ts';
import type { Tables } from './tables.ts';

export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Undefined without TLS. */
  readonly tls?: { readonly authorityFile?: string };
}

const connectMs = 10_000;
const answerMs = 60_000;
/** Of PostgreSQL 13; older ones get no mends any more. */
const versionMin = 130_000;
/** The type of bigint: all our integers are within 2^53, and counts are, too. */
const bigintType = 20;

export function isPostgresAddress(location: string): boolean {
  return /^postgres(ql)?:/i.test(location);
}

/** `postgres://user@host:port/database?sslmode=…&sslrootcert=…&host=/folder/of/the/socket`. */
export function parsePostgresAddress(location: string): PostgresAddress {
  let url: URL;
  try {
    url = new URL(location);
  } catch (cause) {
    throw addressFailure('it is no URL', cause);
  }
  if (url.password !== '') {
    throw new Failure('usage', 'CATALOG_URL_PASSWORD', 'the URL of the catalog holds a password', {
      hint: 'Take it out of the URL; put it into a file named with --catalog-password-file, or into ~/.pgpass.',
    });
  }
  for (const name of url.searchParams.keys()) {
    if (!['host', 'sslmode', 'sslrootcert'].includes(name)) throw addressFailure(`"${name}" is not known`);
  }
  const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname).replace(/^\[|\]$/g, '');
  const database = decodeURIComponent(url.pathname.slice(1));
  const user = decodeURIComponent(url.username);
  if (host === '') throw addressFailure('it names no host');
  if (database === '' || database.includes('/')) throw addressFailure('it names no database');
  if (user === '') throw addressFailure('it names no user');
  const isHere = host.startsWith('/') || /^(localhost|127\..*|::1)$/.test(host);
  const mode = url.searchParams.get('sslmode') ?? (isHere ? 'disable' : 'verify-full');
  // "require" and weaker ones of other programs take any certificate, so anybody between could read and change what we decide by.
  if (mode !== 'disable' && mode !== 'verify-full') {
    throw addressFailure(`sslmode "${mode}" is neither "verify-full" nor "disable"`);
  }
  const authorityFile = url.searchParams.get('sslrootcert');
  const address = { host, port: Number(url.port || 5432), database, user };
  if (mode === 'disable') return address;
  return { ...address, tls: authorityFile === null ? {} : { authorityFile } };
}

function addressFailure(why: string, cause?: unknown): Failure {
  return new Failure('usage', 'CATALOG_ADDRESS', `the address of the catalog is wrong: ${why}`, {
    hint: 'Write postgres://USER@HOST/DATABASE, or the path of a file.',
    cause,
  });
}

export async function postgresDialect(
  address: PostgresAddress,
  password: Secret | undefined,
): Promise<Dialect> {
  const { default: pg } = await import('pg');
  const { host, port, database, user, tls } = address;
  const config: PoolConfig = {
    host,
    port,
    database,
    user,
    ssl: tls === undefined ? false : tlsOptions(tls.authorityFile),
    max: 8,
    connectionTimeoutMillis: connectMs,
    // A server that is gone without a word must not hold us for ever.
    query_timeout: answerMs + connectMs,
    keepAlive: true,
    application_name: 'holdfast',
    types: {
      getTypeParser: ((type: number, format?: 'text' | 'binary') =>
        type === bigintType ? Number : pg.types.getTypeParser(type, format as 'text')) as never,
    },
  };
  if (password !== undefined) config.password = Buffer.from(password.reveal()).toString();
  const pool = new pg.Pool(config);
  // A connection that breaks while nobody uses it: the pool has dropped it already.
  pool.on('error', () => undefined);
  // One that breaks between two queries of a transaction is nobody's but ours to hear; the next query of it fails by itself.
  pool.on('connect', (client) => void client.on('error', () => undefined));
  return new PostgresDialect({
    pool,
    onCreateConnection: async (connection) => {
      const run = async <Row>(text: string) =>
        (await connection.executeQuery<Row>(CompiledQuery.raw(text))).rows[0];
      const found = await run<{ standby: boolean; version: number }>(
        "select pg_is_in_recovery() as standby, current_setting('server_version_num')::int as version",
      );
      if (found?.standby) {
        // Decisions read the writer only: endpoints of one cluster may disagree even in healthy operation.
        throw new Failure('unavailable', 'CATALOG_STANDBY', 'the database of the catalog is a standby', {
          hint: 'Name the address of the primary server.',
        });
      }
      if ((found?.version ?? 0) < versionMin) {
        throw new Failure(
          'usage',
          'CATALOG_SERVER_OLD',
          'the server of the catalog is older than PostgreSQL 13',
          {
            hint: 'Use a version that still gets mends.',
          },
        );
      }
      // A fence that was told must not be forgotten by a crash, whatever the server is set to.
      await run('set synchronous_commit = on');
      await run(`set statement_timeout = ${answerMs}`);
      await run(`set lock_timeout = ${answerMs / 2}`);
      await run("set timezone = 'UTC'");
    },
  });
}

/**
 * For unchanged.ts: a snapshot is the whole list of what may be seen, so equal ones see the same. Who asks while another waits for an answer
 * gets the next one, for theirs may be of a moment before the question.
 */
export function postgresMarks(db: Kysely<Tables>): () => Promise<string> {
  const ask = async () => {
    // Another server that takes over may have forgotten the last transactions and count them anew.
    const { rows } = await sql<{
      mark: string;
    }>`select pg_current_snapshot()::text || ' ' || pg_postmaster_start_time()::text as mark`.execute(db);
    return rows[0]!.mark;
  };
  let asked: Promise<unknown> | undefined;
  let next: Promise<string> | undefined;
  return () => {
    next ??= (async () => {
      await asked?.catch(() => undefined);
      const answer = ask();
      asked = answer;
      next = undefined;
      return answer;
    })();
    return next;
  };
}

function tlsOptions(authorityFile: string | undefined) {
  if (authorityFile === undefined) return true;
  try {
    return { ca: readFileSync(authorityFile, 'utf8') };
  } catch (cause) {
    throw new Failure('missing', 'CATALOG_AUTHORITY_FILE', `"${authorityFile}" cannot be read`, {
      hint: 'Check sslrootcert in the URL of the catalog.',
      cause,
    });
  }
}
