// One session with one token: found by its URI, logged in once, left in good order. A process has one session at a time, so calls are in
// a row by construction.

import { Failure } from '../../base/failure.ts';
import { type Cryptoki, ulongAt, ulongs } from './library.ts';
import { lockedPin, loginFailure, returnValues, tokenFailure, tokenFlags } from './return-values.ts';
import type { Pkcs11Uri } from './uri.ts';

const serialSession = 0x4;
const writableSession = 0x2;
const userType = 1;

export interface Token {
  readonly slot: number;
  readonly label: string;
  readonly flags: number;
}

export interface Session extends Disposable {
  readonly cryptoki: Cryptoki;
  readonly handle: number;
  readonly token: Token;
  /** Bits of CK_MECHANISM_INFO.flags; 0 when the token lacks the mechanism. */
  mechanismFlags(type: number): number;
  /** Fails with unavailable/PKCS11_TOKEN_GONE: some modules show a token that was taken off as an empty one. */
  demandPresence(): void;
}

export function openSession(
  cryptoki: Cryptoki,
  request: { readonly uri: Pkcs11Uri; readonly pin: Buffer | undefined; readonly isWriting: boolean },
): Session {
  const initialized = cryptoki.attempt('C_Initialize', null);
  if (initialized !== 0 && initialized !== returnValues.alreadyInitialized) {
    throw new Failure('unavailable', 'PKCS11_MODULE_FAILED', 'the PKCS#11 module does not start', {
      hint: 'Check its own configuration, such as SOFTHSM2_CONF, and that its service runs.',
      facts: { returned: `0x${initialized.toString(16)}` },
    });
  }
  let handle: number | undefined;
  try {
    const token = findToken(cryptoki, request.uri);
    const opened = ulongs(0);
    const flags = serialSession | (request.isWriting ? writableSession : 0);
    cryptoki.call('C_OpenSession', token.slot, flags, null, null, opened);
    handle = ulongAt(opened);
    login(cryptoki, handle, token, request.pin);
    return made(cryptoki, handle, token);
  } catch (error) {
    if (handle !== undefined) cryptoki.attempt('C_CloseSession', handle);
    cryptoki.attempt('C_Finalize', null);
    throw error;
  }
}

function made(cryptoki: Cryptoki, handle: number, token: Token): Session {
  return {
    cryptoki,
    handle,
    token,
    mechanismFlags(type) {
      const info = ulongs(0, 0, 0);
      return cryptoki.attempt('C_GetMechanismInfo', token.slot, type, info) === 0 ? ulongAt(info, 2) : 0;
    },
    demandPresence() {
      const isThere = cryptoki.attempt('C_GetTokenInfo', token.slot, Buffer.alloc(256)) === 0;
      if (!isThere) throw tokenFailure(returnValues.tokenNotPresent, 'C_GetTokenInfo');
    },
    [Symbol.dispose]() {
      // What a token that is gone answers here is of no interest any more.
      cryptoki.attempt('C_Logout', handle);
      cryptoki.attempt('C_CloseSession', handle);
      cryptoki.attempt('C_Finalize', null);
    },
  };
}

function findToken(cryptoki: Cryptoki, uri: Pkcs11Uri): Token {
  const found: Token[] = [];
  const labels: string[] = [];
  for (const slot of slotsWithToken(cryptoki)) {
    const info = Buffer.alloc(256);
    // A token may be pulled out between the list and this question.
    if (cryptoki.attempt('C_GetTokenInfo', slot, info) !== 0) continue;
    const text = (from: number, to: number) => info.toString('utf8', from, to).replace(/[ \0]+$/, '');
    const flags = ulongAt(info, 12);
    if ((flags & tokenFlags.initialized) === 0) continue;
    const [label, manufacturer, model, serial] = [text(0, 32), text(32, 64), text(64, 80), text(80, 96)];
    labels.push(label);
    const fits = (wanted: string | undefined, is: string) => wanted === undefined || wanted === is;
    if (!fits(uri.token, label) || !fits(uri.manufacturer, manufacturer)) continue;
    if (!fits(uri.model, model) || !fits(uri.serial, serial)) continue;
    found.push({ slot, label, flags });
  }
  const [only] = found;
  if (only === undefined) {
    throw new Failure('missing', 'PKCS11_TOKEN_ABSENT', `there is no token "${uri.token ?? 'of this URI'}"`, {
      hint: 'Check that the device is plugged in or its network is up; "pkcs11-tool -L" lists the tokens of a module.',
      facts: { tokens: labels.join(', ') },
    });
  }
  if (found.length > 1) {
    throw new Failure('usage', 'PKCS11_TOKEN_AMBIGUOUS', `${found.length} tokens fit the PKCS#11 URI`, {
      hint: 'Name one by "token=" or "serial=".',
      facts: { tokens: labels.join(', ') },
    });
  }
  return only;
}

function slotsWithToken(cryptoki: Cryptoki): number[] {
  const count = ulongs(0);
  cryptoki.call('C_GetSlotList', 1, null, count);
  // Some more, for a token that comes in between the two calls.
  const room = ulongAt(count) + 8;
  const slots = Buffer.alloc(8 * room);
  count.writeBigUInt64LE(BigInt(room));
  cryptoki.call('C_GetSlotList', 1, slots, count);
  return Array.from({ length: ulongAt(count) }, (_, index) => ulongAt(slots, index));
}

/** Exactly one try: what locks a token is decided by people. */
function login(cryptoki: Cryptoki, session: number, token: Token, pin: Buffer | undefined): void {
  if ((token.flags & tokenFlags.loginRequired) === 0) return;
  if ((token.flags & tokenFlags.pinLocked) !== 0) throw lockedPin(token.label);
  if (pin === undefined && (token.flags & tokenFlags.protectedPath) === 0) {
    throw new Failure('denied', 'PKCS11_PIN_MISSING', `the token "${token.label}" asks for a PIN`, {
      hint: 'Give it by "pin-source=file:/path" in the URI, by HOLDFAST_PKCS11_PIN_FILE or HOLDFAST_PKCS11_PIN_COMMAND.',
      facts: { token: token.label },
    });
  }
  const result = cryptoki.attempt('C_Login', session, userType, pin ?? null, pin?.length ?? 0);
  if (result === 0 || result === returnValues.alreadyLoggedIn) return;
  const info = Buffer.alloc(256);
  const isTold = cryptoki.attempt('C_GetTokenInfo', token.slot, info) === 0;
  throw loginFailure(result, isTold ? ulongAt(info, 12) : 0, token.label);
}
