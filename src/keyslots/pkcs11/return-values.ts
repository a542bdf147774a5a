// What a token's refusals (CKR_…) mean for people.

import { Failure } from '../../base/failure.ts';

/** Bits of CK_TOKEN_INFO.flags. */
export const tokenFlags = {
  loginRequired: 0x4,
  protectedPath: 0x100,
  initialized: 0x400,
  pinCountLow: 0x10000,
  pinFinalTry: 0x20000,
  pinLocked: 0x40000,
} as const;

export const returnValues = {
  attributeSensitive: 0x11,
  attributeTypeInvalid: 0x12,
  alreadyInitialized: 0x191,
  pinIncorrect: 0xa0,
  pinInvalid: 0xa1,
  pinLengthRange: 0xa2,
  pinExpired: 0xa3,
  pinLocked: 0xa4,
  tokenNotPresent: 0xe0,
  alreadyLoggedIn: 0x100,
} as const;

type Meaning = (returned: string, call: string) => Failure;

const absent: Meaning = (returned, call) =>
  new Failure('unavailable', 'PKCS11_TOKEN_GONE', `the token does not answer any more ("${returned}")`, {
    hint: 'Check that the device is plugged in, or its network is up, and try again; nothing was changed.',
    facts: { returned, call },
  });
const device: Meaning = (returned, call) =>
  new Failure('unavailable', 'PKCS11_DEVICE_ERROR', `the token reports an error of its own ("${returned}")`, {
    hint: 'Check that it is still there, look into its own log, take it off and on again, then try once more.',
    facts: { returned, call },
  });
const full: Meaning = (returned, call) =>
  new Failure('exhausted', 'PKCS11_TOKEN_FULL', `the token has no room left ("${returned}")`, {
    hint: 'Delete keys that nobody needs, or try again when others have ended their sessions.',
    facts: { returned, call },
  });
const mechanism: Meaning = (returned, call) =>
  new Failure(
    'usage',
    'PKCS11_MECHANISM_REFUSED',
    `the token does not do this with this key ("${returned}")`,
    {
      hint: 'The key must be allowed to wrap and unwrap, or to encrypt and decrypt: "pkcs11-tool -O --login" shows what it may.',
      facts: { returned, call },
    },
  );
const damaged: Meaning = (returned, call) =>
  new Failure(
    'denied',
    'PKCS11_NOT_UNWRAPPED',
    `the key of the token does not open the slot ("${returned}")`,
    {
      hint: 'The key has the right name but is another one, or the slot was changed; use another key slot.',
      facts: { returned, call },
    },
  );
const refused: Meaning = (returned, call) =>
  new Failure('denied', 'PKCS11_REFUSED', `the token does not allow this ("${returned}")`, {
    hint: 'Ask whoever keeps the token what its rules are for this key.',
    facts: { returned, call },
  });

/** Names and values of PKCS#11 v2.40, pkcs11t.h. */
const meanings: Readonly<Record<number, readonly [name: string, meaning: Meaning]>> = {
  2: ['CKR_HOST_MEMORY', device],
  3: ['CKR_SLOT_ID_INVALID', absent],
  5: ['CKR_GENERAL_ERROR', device],
  6: ['CKR_FUNCTION_FAILED', device],
  7: ['CKR_ARGUMENTS_BAD', mechanism],
  10: ['CKR_CANT_LOCK', device],
  16: ['CKR_ATTRIBUTE_READ_ONLY', refused],
  17: ['CKR_ATTRIBUTE_SENSITIVE', refused],
  18: ['CKR_ATTRIBUTE_TYPE_INVALID', mechanism],
  19: ['CKR_ATTRIBUTE_VALUE_INVALID', mechanism],
  27: ['CKR_ACTION_PROHIBITED', refused],
  32: ['CKR_DATA_INVALID', mechanism],
  33: ['CKR_DATA_LEN_RANGE', mechanism],
  48: ['CKR_DEVICE_ERROR', device],
  49: ['CKR_DEVICE_MEMORY', full],
  50: ['CKR_DEVICE_REMOVED', absent],
  64: ['CKR_ENCRYPTED_DATA_INVALID', damaged],
  65: ['CKR_ENCRYPTED_DATA_LEN_RANGE', damaged],
  84: ['CKR_FUNCTION_NOT_SUPPORTED', mechanism],
  96: ['CKR_KEY_HANDLE_INVALID', absent],
  98: ['CKR_KEY_SIZE_RANGE', mechanism],
  99: ['CKR_KEY_TYPE_INCONSISTENT', mechanism],
  104: ['CKR_KEY_FUNCTION_NOT_PERMITTED', mechanism],
  105: ['CKR_KEY_NOT_WRAPPABLE', mechanism],
  106: ['CKR_KEY_UNEXTRACTABLE', refused],
  112: ['CKR_MECHANISM_INVALID', mechanism],
  113: ['CKR_MECHANISM_PARAM_INVALID', mechanism],
  130: ['CKR_OBJECT_HANDLE_INVALID', absent],
  176: ['CKR_SESSION_CLOSED', absent],
  177: ['CKR_SESSION_COUNT', full],
  179: ['CKR_SESSION_HANDLE_INVALID', absent],
  181: ['CKR_SESSION_READ_ONLY', refused],
  208: ['CKR_TEMPLATE_INCOMPLETE', mechanism],
  209: ['CKR_TEMPLATE_INCONSISTENT', mechanism],
  224: ['CKR_TOKEN_NOT_PRESENT', absent],
  225: ['CKR_TOKEN_NOT_RECOGNIZED', absent],
  226: ['CKR_TOKEN_WRITE_PROTECTED', refused],
  257: ['CKR_USER_NOT_LOGGED_IN', refused],
  272: ['CKR_WRAPPED_KEY_INVALID', damaged],
  274: ['CKR_WRAPPED_KEY_LEN_RANGE', damaged],
  275: ['CKR_WRAPPING_KEY_HANDLE_INVALID', absent],
  277: ['CKR_WRAPPING_KEY_TYPE_INCONSISTENT', mechanism],
};

export function tokenFailure(result: number, call: string): Failure {
  const [name, meaning] = meanings[result] ?? [`0x${result.toString(16)}`, device];
  return meaning(name, call);
}

/** For a login that did not come about; `flags` are the token's own, asked afterwards. */
export function loginFailure(result: number, flags: number, token: string): Failure {
  const isLocked = result === returnValues.pinLocked || (flags & tokenFlags.pinLocked) !== 0;
  if (isLocked) return lockedPin(token);
  switch (result) {
    case returnValues.pinIncorrect:
    case returnValues.pinInvalid:
    case returnValues.pinLengthRange: {
      const left = triesLeft(flags);
      return new Failure('denied', 'PKCS11_PIN_WRONG', `the PIN of the token "${token}" is wrong`, {
        hint:
          left === 'one'
            ? 'One more wrong PIN locks the token. Holdfast never tries again by itself.'
            : 'Check the PIN before the next try: after some wrong ones a token locks itself. Holdfast never tries again by itself.',
        facts: { token, triesLeft: left },
      });
    }
    case returnValues.pinExpired:
      return new Failure('denied', 'PKCS11_PIN_EXPIRED', `the PIN of the token "${token}" has expired`, {
        hint: 'Set a new one with the tool of its maker, then try again.',
        facts: { token },
      });
    default:
      return tokenFailure(result, 'C_Login');
  }
}

export function lockedPin(token: string): Failure {
  return new Failure(
    'denied',
    'PKCS11_PIN_LOCKED',
    `the token "${token}" is locked after too many wrong PINs`,
    {
      hint: 'Its security officer can unlock it with the SO PIN; meanwhile use another key slot.',
      facts: { token },
    },
  );
}

/** A token tells no number, only how near the end is. */
function triesLeft(flags: number): 'one' | 'few' | 'not told' {
  if ((flags & tokenFlags.pinFinalTry) !== 0) return 'one';
  return (flags & tokenFlags.pinCountLow) !== 0 ? 'few' : 'not told';
}
