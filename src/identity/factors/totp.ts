// Codes by time (RFC 6238) as every authenticator app makes them: 30 seconds, six digits, one step of drift, each good once. The secret lies
// sealed under the person's password: who steals the catalog has no codes.

import { createHash, randomBytes } from 'node:crypto';
import { Secret as OtpSecret, TOTP } from 'otpauth';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { Secret } from '../../base/secret.ts';
import type { Unit } from '../../catalog/catalog.ts';
import { catalogTime } from '../../catalog/clock.ts';
import {
  advanceFactor,
  deleteFactors,
  type Factor,
  insertFactor,
  listFactors,
  saveFactorData,
} from '../../catalog/factors.ts';
import cipher from '../../ciphers/aes-256-gcm.ts';
import type { Principal } from '../access.ts';
import { act } from '../acts.ts';
import type { Desk } from '../desk.ts';
import { requireFreshPerson } from '../fresh-person.ts';
import { requireOwnPassword } from '../own-password.ts';

const stepMs = 30_000;
const recoveryCodes = 10;

/** What the app is shown, once. It counts only when a code of it was confirmed. */
export interface TotpEnrolment {
  /** otpauth://… for a QR code. */
  readonly uri: string;
  /** For typing. */
  readonly secret: string;
}

/**
 * In the place of one there may be, as soon as it is confirmed. Fails with denied/PASSWORD_WRONG; and with denied/PROOF_NOT_FRESH where there
 * is a second factor already, which a password alone must not replace.
 */
export async function enrolTotp(
  desk: Desk,
  by: Principal,
  password: Secret,
  context: Context,
): Promise<TotpEnrolment> {
  const { user, sealKey } = await requireOwnPassword(desk, by, password, context);
  const known = await listFactors(desk.catalog, user.id, context);
  if (known.some(({ confirmedAt }) => confirmedAt !== undefined)) requireFreshPerson(by);
  const secret = new OtpSecret({ size: 20 });
  const data = sealed(Buffer.from(secret.bytes), sealKey, user.id);
  await act(
    desk,
    by,
    'self:write',
    { action: 'user:enrol-totp', object: `user ${user.name}` },
    async (unit) => {
      for (const factor of await listFactors(unit, user.id, context)) {
        if (factor.kind !== 'totp' || factor.confirmedAt !== undefined) continue;
        await deleteFactors(unit, user.id, { id: factor.id }, context);
      }
      await insertFactor(
        unit,
        { userId: user.id, kind: 'totp', name: 'app', data, counter: 0, isConfirmed: false },
        context,
      );
    },
    context,
  );
  return { uri: totpOf(secret, user.name).toString(), secret: secret.base32 };
}

/** Codes on paper, shown once, for who loses the app. Fails with denied/CODE_REFUSED. */
export async function confirmTotp(
  desk: Desk,
  by: Principal,
  wish: { readonly password: Secret; readonly code: string },
  context: Context,
): Promise<{ readonly recoveryCodes: readonly string[] }> {
  const { user, sealKey } = await requireOwnPassword(desk, by, wish.password, context);
  const codes = Array.from({ length: recoveryCodes }, makeRecoveryCode);
  await act(
    desk,
    by,
    'self:write',
    { action: 'user:confirm-totp', object: `user ${user.name}` },
    async (unit) => {
      const factors = await listFactors(unit, user.id, context);
      const waiting = factors.find(({ kind, confirmedAt }) => kind === 'totp' && confirmedAt === undefined);
      if (waiting === undefined || !(await useTotp(unit, waiting, wish.code, sealKey, context))) {
        throw codeRefused();
      }
      for (const { id, kind } of factors) {
        const isOld = (kind === 'totp' && id !== waiting.id) || kind === 'recovery';
        if (isOld) await deleteFactors(unit, user.id, { id }, context);
      }
      for (const code of codes) {
        await insertFactor(
          unit,
          {
            userId: user.id,
            kind: 'recovery',
            name: 'paper',
            credential: recoveryHash(user.id, code),
            data: '',
            counter: 0,
            isConfirmed: true,
          },
          context,
        );
      }
    },
    context,
  );
  return { recoveryCodes: codes };
}

/** True once for each code, and never for one older than the last. */
export async function useTotp(
  unit: Unit,
  factor: Factor,
  code: string,
  sealKey: Buffer,
  context: Context,
): Promise<boolean> {
  const token = code.replace(/\s/g, '');
  if (!/^\d{6}$/.test(token)) return false;
  const secret = opened(factor.data, sealKey, factor.userId);
  if (secret === undefined) return false;
  const timestamp = await catalogTime(unit, context);
  const delta = totpOf(new OtpSecret({ buffer: new Uint8Array(secret).buffer })).validate({
    token,
    timestamp,
    window: 1,
  });
  secret.fill(0);
  return delta !== null && advanceFactor(unit, factor.id, Math.floor(timestamp / stepMs) + delta, context);
}

/** True once for each code on paper. */
export async function useRecoveryCode(
  unit: Unit,
  userId: string,
  code: string,
  context: Context,
): Promise<boolean> {
  return (await deleteFactors(unit, userId, { credential: recoveryHash(userId, code) }, context)) === 1;
}

/** After a change of the password, under which alone it opens. */
export async function resealTotp(
  unit: Unit,
  userId: string,
  from: Buffer,
  to: Buffer,
  context: Context,
): Promise<void> {
  for (const { id, kind, data } of await listFactors(unit, userId, context)) {
    if (kind !== 'totp') continue;
    const secret = opened(data, from, userId);
    if (secret === undefined) await deleteFactors(unit, userId, { id }, context);
    else await saveFactorData(unit, id, sealed(secret, to, userId), context);
  }
}

export function codeRefused(): Failure {
  return new Failure('denied', 'CODE_REFUSED', 'the code is wrong, too old, or was used before', {
    hint: 'Wait for the next code, and check the clock of the phone.',
  });
}

function totpOf(secret: OtpSecret, label = ''): TOTP {
  return new TOTP({ issuer: 'Holdfast', label, algorithm: 'SHA1', digits: 6, period: stepMs / 1000, secret });
}

/** 80 bits: nobody tries them all, so a plain hash will do. */
function makeRecoveryCode(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789x';
  const text = [...randomBytes(16)].map((byte) => letters[byte & 31]).join('');
  return text.match(/.{4}/g)!.join('-');
}

function recoveryHash(userId: string, code: string): string {
  const plain = code.toLowerCase().replace(/[^a-z0-9]/g, '');
  return createHash('sha256').update(`recovery\0${userId}\0${plain}`).digest('hex');
}

function sealed(secret: Uint8Array, key: Buffer, userId: string): string {
  const nonce = randomBytes(12);
  const box = cipher.seal(key, nonce, Buffer.from(userId), secret);
  return Buffer.concat([nonce, box]).toString('base64url');
}

function opened(data: string, key: Buffer, userId: string): Uint8Array | undefined {
  const bytes = Buffer.from(data, 'base64url');
  return cipher.open(key, bytes.subarray(0, 12), Buffer.from(userId), bytes.subarray(12));
}
