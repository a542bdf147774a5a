// Secrets that people gave once, such as the password of a mail server, sealed under a key that lies outside of the catalog, in a file for its
// owner alone. Who has the catalog, or a copy of it, has no secret; who has the key file and the catalog has all of them.

import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { Context, Instant } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import { Secret } from '../base/secret.ts';
import aes256Gcm from '../ciphers/aes-256-gcm.ts';
import { createPrivateFile, readPrivateFile } from '../keyslots/private-file.ts';
import { appendAudit } from './audit.ts';
import { type Catalog, read, storable, type Unit, unitOf, write } from './catalog.ts';

const keyBytes = 32;
const nonceBytes = 12;
const secretBytesMax = 64 * 1024;

/** Nodes that share a catalog need the same file. */
export interface SealingKey {
  /** Tells keys apart, and nothing about the key. */
  readonly id: string;
  readonly key: Secret;
}

/** Made at the first use, unless it must be there already. */
export function openSealingKey(path: string, { mayMake }: { readonly mayMake: boolean }): SealingKey {
  if (mayMake) {
    const made = randomBytes(keyBytes);
    try {
      createPrivateFile(path, Buffer.from(`${made.toString('base64url')}\n`));
    } catch (error) {
      if (!isFailure(error, 'conflict', 'KEY_FILE_EXISTS')) throw error;
    }
  }
  const [line = ''] = readPrivateFile(path).toString('latin1').split('\n');
  const root = Buffer.from(line.trim(), 'base64url');
  if (root.length !== keyBytes) {
    throw new Failure('usage', 'SEALING_KEY_INVALID', `"${path}" holds no key for sealed secrets`, {
      hint: 'Bring the file back from where you keep a copy; without it, set each secret again with a new one.',
    });
  }
  const derived = Buffer.from(hkdfSync('sha256', root, '', 'holdfast sealed secrets', keyBytes * 2));
  return {
    id: createHash('sha256').update(derived.subarray(keyBytes)).digest('hex').slice(0, 16),
    key: new Secret(derived.subarray(0, keyBytes)),
  };
}

/** What the catalog holds of one; it may travel, since it is sealed. */
export interface SealedSecret {
  readonly name: string;
  readonly keyId: string;
  /** nonce ‖ ciphertext ‖ tag, base64. */
  readonly sealed: string;
  readonly changedAt: Instant;
  readonly changedBy: string;
}

/** Replaces the one of this name. */
export async function sealSecret(
  at: Catalog | Unit,
  wish: { readonly name: string; readonly secret: Secret; readonly key: SealingKey },
  by: { readonly actor: string; readonly node: string },
  context: Context,
): Promise<void> {
  const { name, secret, key } = wish;
  const plain = secret.reveal();
  if (plain.length === 0 || plain.length > secretBytesMax) {
    throw new Failure('usage', 'SECRET_LENGTH', `the secret "${name}" is empty or longer than 64 KiB`);
  }
  const nonce = randomBytes(nonceBytes);
  const box = aes256Gcm.seal(key.key.reveal(), nonce, boundTo(name), plain);
  const sealed = Buffer.concat([nonce, box]).toString('base64');
  await write(
    at,
    async (access) => {
      const row = {
        name,
        key_id: key.id,
        sealed,
        changed_at: await access.now(),
        changed_by: storable(by.actor),
      };
      await access.db
        .insertInto('sealed_secrets')
        .values(row)
        .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
        .execute();
      const act = {
        ...by,
        method: 'local',
        action: 'secret:set',
        object: name,
        outcome: 'succeeded',
      } as const;
      await appendAudit(unitOf(access), act, context);
    },
    context,
    'audit',
  );
}

/** Tells whether there was one. */
export async function deleteSealedSecret(
  at: Catalog | Unit,
  name: string,
  by: { readonly actor: string; readonly node: string },
  context: Context,
): Promise<boolean> {
  return write(
    at,
    async (access) => {
      const { db } = access;
      const gone = await db
        .deleteFrom('sealed_secrets')
        .where('name', '=', name)
        .returning('name')
        .executeTakeFirst();
      if (gone === undefined) return false;
      const act = {
        ...by,
        method: 'local',
        action: 'secret:delete',
        object: name,
        outcome: 'succeeded',
      } as const;
      await appendAudit(unitOf(access), act, context);
      return true;
    },
    context,
    'audit',
  );
}

/** By name, still sealed. */
export async function listSealedSecrets(at: Catalog | Unit, context: Context): Promise<SealedSecret[]> {
  const rows = await read(
    at,
    ({ db }) => db.selectFrom('sealed_secrets').selectAll().orderBy('name').execute(),
    context,
  );
  return rows.map(({ name, key_id, sealed, changed_at, changed_by }) => ({
    name,
    keyId: key_id,
    sealed,
    changedAt: changed_at,
    changedBy: changed_by,
  }));
}

/** For `sealed:NAME`. Fails with missing/SECRET_UNKNOWN, or as `unseal` does. */
export async function openSealedSecret(
  at: Catalog | Unit,
  name: string,
  key: SealingKey,
  context: Context,
): Promise<Secret> {
  const found = (await listSealedSecrets(at, context)).find((one) => one.name === name);
  if (found !== undefined) return unseal(found, key);
  throw new Failure('missing', 'SECRET_UNKNOWN', `no secret "${name}" lies sealed in the catalog`, {
    hint: `Give it with "holdfast config secret set ${name}".`,
  });
}

/** Fails with denied/SEALING_KEY_OTHER, or corrupt/SECRET_BROKEN where a byte was changed or it is that of another name. */
export function unseal({ name, keyId, sealed }: SealedSecret, key: SealingKey): Secret {
  if (keyId !== key.id) {
    throw new Failure('denied', 'SEALING_KEY_OTHER', `the secret "${name}" was sealed with another key`, {
      hint: 'Nodes that share a catalog need the same file secrets.key; or set the secret again.',
    });
  }
  const bytes = Buffer.from(sealed, 'base64');
  const nonce = bytes.subarray(0, nonceBytes);
  const plain =
    bytes.length < nonceBytes
      ? undefined
      : aes256Gcm.open(key.key.reveal(), nonce, boundTo(name), bytes.subarray(nonceBytes));
  if (plain === undefined) {
    throw new Failure('corrupt', 'SECRET_BROKEN', `the sealed secret "${name}" was changed in the catalog`, {
      hint: `Give it again with "holdfast config secret set ${name}", and look who writes to the catalog.`,
    });
  }
  const secret = new Secret(plain);
  plain.fill(0);
  return secret;
}

/** One secret cannot be put in the place of another. */
function boundTo(name: string): Uint8Array {
  return Buffer.from(`holdfast sealed secret\0${name}`);
}
