// One's own account: logging in and out, proving it anew, second factors, sessions and tokens.

import { z } from 'zod';
import { permissions, roles } from '../../model/permission.ts';
import { exampleId, exampleInstant, id, instant, noAnswer, operation } from './operation.ts';

const topic = 'Account';

export const userName = z.string().regex(/^[a-z0-9][a-z0-9._@-]{0,63}$/, 'is no name for a user');
export const password = z.string().min(1).max(1024);
const code = z.string().min(1).max(40);
export const role = z.enum(roles);
export const permission = z.enum(permissions);
/** What links carry. */
const opaque = z.string().min(20).max(100);

export const session = z.strictObject({
  id,
  proof: z.string(),
  address: z.string().optional(),
  agent: z.string().optional(),
  createdAt: instant,
  seenAt: instant,
  endsAt: instant,
  freshUntil: instant,
  isThis: z.boolean(),
});

export const exampleSession = {
  id: exampleId,
  proof: 'password+totp',
  address: '192.0.2.7',
  createdAt: exampleInstant,
  seenAt: exampleInstant,
  endsAt: '2026-11-22T07:00:00.000Z',
  freshUntil: '2026-11-21T19:05:00.000Z',
  isThis: true,
};

export const token = z.strictObject({
  id,
  name: z.string(),
  scopes: z.array(permission),
  isSensitive: z.boolean(),
  createdAt: instant,
  expiresAt: instant,
  lastUsedAt: instant.optional(),
  revokedAt: instant.optional(),
});

export const exampleToken = {
  id: exampleId,
  name: 'monitoring',
  scopes: ['status:read' as const],
  isSensitive: false,
  createdAt: exampleInstant,
  expiresAt: '2027-02-19T19:00:00.000Z',
};

export const newToken = z.strictObject({
  name: z.string().min(1).max(64),
  scopes: z
    .array(permission)
    .max(permissions.length)
    .optional()
    .meta({ description: 'All that the person may look at, when left out.' }),
  days: z.int().min(1).max(366).default(90),
  isSensitive: z
    .boolean()
    .default(false)
    .meta({ description: 'Stands for a fresh proof as well; lives a day at most.' }),
});

export const madeToken = z.strictObject({
  token,
  secret: z.string().meta({ description: 'Shown this once.' }),
});

export const exampleMadeToken = { token: exampleToken, secret: 'hf_…' };

const started = z.strictObject({ user: z.string(), endsAt: instant, freshUntil: instant });
const exampleStarted = {
  user: 'mara',
  endsAt: '2026-11-22T07:00:00.000Z',
  freshUntil: '2026-11-21T19:05:00.000Z',
};

/** What a browser hands over of a passkey (WebAuthn, RegistrationResponseJSON and AuthenticationResponseJSON). */
const base64url = z.string().max(20_000);
const credential = z.strictObject({
  id: base64url,
  rawId: base64url,
  type: z.literal('public-key'),
  authenticatorAttachment: z.enum(['platform', 'cross-platform']).optional(),
  clientExtensionResults: z.record(z.string(), z.json()),
  response: z.strictObject({
    clientDataJSON: base64url,
    attestationObject: base64url.optional(),
    authenticatorData: base64url.optional(),
    signature: base64url.optional(),
    userHandle: base64url.optional(),
    transports: z.array(z.string()).max(10).optional(),
    publicKey: base64url.optional(),
    publicKeyAlgorithm: z.int().optional(),
  }),
});

const exampleCredential = {
  id: 'AQIDBA',
  rawId: 'AQIDBA',
  type: 'public-key' as const,
  clientExtensionResults: {},
  response: { clientDataJSON: 'e30', authenticatorData: 'AAAA', signature: 'AAAA' },
};

/** Options for navigator.credentials, as the browser takes them. */
const options = z.record(z.string(), z.json());

export const account = {
  login: operation({
    method: 'POST',
    path: '/api/v1/login',
    topic,
    summary: 'Log in: the answer sets the session cookie',
    permission: 'public',
    repeatable: false,
    body: z.strictObject({ name: z.string().min(1).max(64), password, code: code.optional() }),
    answer: started,
    example: {
      body: { name: 'mara', password: 'correct horse battery', code: '123456' },
      answer: exampleStarted,
    },
    errors: ['LOGIN_REFUSED', 'SECOND_FACTOR_NEEDED', 'TOO_MANY_TRIES'],
  }),
  beginPasskeyLogin: operation({
    method: 'POST',
    path: '/api/v1/login/passkey/challenge',
    topic,
    summary: 'Begin a login by passkey',
    permission: 'public',
    repeatable: false,
    answer: options,
    example: { answer: { challenge: 'c29tZSBieXRlcw', userVerification: 'required' } },
  }),
  loginByPasskey: operation({
    method: 'POST',
    path: '/api/v1/login/passkey',
    topic,
    summary: 'Log in by passkey: the answer sets the session cookie',
    permission: 'public',
    repeatable: false,
    body: z.strictObject({ response: credential }),
    answer: started,
    example: { body: { response: exampleCredential }, answer: exampleStarted },
    errors: ['PASSKEY_REFUSED', 'TOO_MANY_TRIES'],
  }),
  setUp: operation({
    method: 'POST',
    path: '/api/v1/setup',
    topic,
    summary: 'Make the first account, by the secret that "holdfast up" has shown',
    permission: 'public',
    repeatable: false,
    status: 201,
    body: z.strictObject({ secret: opaque, name: userName, password }),
    answer: z.strictObject({ name: z.string() }),
    example: {
      body: { secret: 'ho_0123456789abcdefghij', name: 'mara', password: 'correct horse battery' },
      answer: { name: 'mara' },
    },
    errors: ['SETUP_INVALID', 'PASSWORD_WEAK'],
  }),
  acceptInvitation: operation({
    method: 'POST',
    path: '/api/v1/invitations',
    topic,
    summary: 'Take an invitation, and choose a password',
    permission: 'public',
    repeatable: false,
    body: z.strictObject({ invitation: opaque, password }),
    answer: z.strictObject({ name: z.string() }),
    example: {
      body: { invitation: 'ho_0123456789abcdefghij', password: 'correct horse battery' },
      answer: { name: 'jonas' },
    },
    errors: ['INVITATION_INVALID', 'PASSWORD_WEAK', 'PASSWORD_REUSED'],
  }),
  getMe: operation({
    method: 'GET',
    path: '/api/v1/me',
    topic,
    summary: 'Who am I, and what may I do?',
    permission: 'self:read',
    answer: z.strictObject({
      actor: z.string(),
      kind: z.enum(['user', 'token']),
      role,
      isFresh: z.boolean(),
      permissions: z
        .array(permission)
        .meta({ description: 'For everything; grants give more for some things.' }),
      grants: z.array(
        z.strictObject({
          role,
          policy: z.string().optional(),
          repository: z.string().optional(),
          folder: z.string().optional(),
        }),
      ),
    }),
    example: {
      answer: {
        actor: 'mara',
        kind: 'user',
        role: 'viewer',
        isFresh: false,
        permissions: ['self:read', 'status:read'],
        grants: [{ role: 'restorer', policy: 'school' }],
      },
    },
  }),
  logout: operation({
    method: 'DELETE',
    path: '/api/v1/me/session',
    topic,
    summary: 'Log out',
    permission: 'self:write',
    repeatable: false,
    answer: noAnswer,
    status: 204,
    example: { answer: undefined },
    errors: ['NO_SESSION'],
  }),
  prove: operation({
    method: 'POST',
    path: '/api/v1/me/proof',
    topic,
    summary: 'Prove anew who you are: acts that ask for it are open for five minutes',
    details: 'The session goes on under a new cookie.',
    permission: 'self:write',
    repeatable: false,
    body: z.strictObject({ password, code: code.optional() }),
    answer: started,
    example: { body: { password: 'correct horse battery' }, answer: exampleStarted },
    errors: ['NO_SESSION', 'LOGIN_REFUSED', 'SECOND_FACTOR_NEEDED', 'TOO_MANY_TRIES'],
  }),
  changePassword: operation({
    method: 'PUT',
    path: '/api/v1/me/password',
    topic,
    summary: 'Change your password; other sessions end',
    permission: 'self:write',
    repeatable: false,
    body: z.strictObject({ current: password, next: password }),
    answer: noAnswer,
    status: 204,
    example: { body: { current: 'correct horse battery', next: 'a much better one' }, answer: undefined },
    errors: ['PASSWORD_WRONG', 'PASSWORD_WEAK', 'PASSWORD_REUSED', 'TOO_MANY_TRIES'],
  }),
  enrolTotp: operation({
    method: 'POST',
    path: '/api/v1/me/totp',
    topic,
    summary: 'Begin with codes of an app',
    permission: 'self:write',
    repeatable: false,
    secretAnswer: true,
    body: z.strictObject({ password }),
    answer: z.strictObject({ uri: z.string(), secret: z.string() }),
    example: {
      body: { password: 'correct horse battery' },
      answer: { uri: 'otpauth://totp/Holdfast:mara?secret=…', secret: '…' },
    },
    errors: ['PASSWORD_WRONG', 'PROOF_NOT_FRESH', 'TOO_MANY_TRIES'],
  }),
  confirmTotp: operation({
    method: 'POST',
    path: '/api/v1/me/totp/confirmation',
    topic,
    summary: 'Confirm the app with its first code; the answer has codes for paper',
    permission: 'self:write',
    repeatable: false,
    secretAnswer: true,
    body: z.strictObject({ password, code }),
    answer: z.strictObject({ recoveryCodes: z.array(z.string()) }),
    example: {
      body: { password: 'correct horse battery', code: '123456' },
      answer: { recoveryCodes: ['…'] },
    },
    errors: ['PASSWORD_WRONG', 'CODE_REFUSED', 'TOO_MANY_TRIES'],
  }),
  beginPasskey: operation({
    method: 'POST',
    path: '/api/v1/me/passkeys/challenge',
    topic,
    summary: 'Begin with a passkey',
    permission: 'self:write',
    repeatable: false,
    answer: options,
    example: { answer: { challenge: 'c29tZSBieXRlcw' } },
    errors: ['PROOF_NOT_FRESH'],
  }),
  addPasskey: operation({
    method: 'POST',
    path: '/api/v1/me/passkeys',
    topic,
    summary: 'Add the passkey',
    permission: 'self:write',
    repeatable: false,
    status: 201,
    body: z.strictObject({ name: z.string().min(1).max(64), response: credential }),
    answer: z.strictObject({ id: z.string() }),
    example: { body: { name: 'Blue key', response: exampleCredential }, answer: { id: exampleId } },
    errors: ['PROOF_NOT_FRESH', 'PASSKEY_REFUSED'],
  }),
  removeFactor: operation({
    method: 'DELETE',
    path: '/api/v1/me/factors/{factor}',
    topic,
    summary: 'Take a second factor away',
    permission: 'self:write',
    repeatable: false,
    params: z.strictObject({ factor: id }),
    answer: noAnswer,
    status: 204,
    example: { params: { factor: exampleId }, answer: undefined },
    errors: ['PROOF_NOT_FRESH', 'FACTOR_UNKNOWN'],
  }),
  listMySessions: operation({
    method: 'GET',
    path: '/api/v1/me/sessions',
    topic,
    summary: 'List your sessions',
    permission: 'self:read',
    answer: z.strictObject({ items: z.array(session) }),
    example: { answer: { items: [exampleSession] } },
  }),
  endMyOtherSessions: operation({
    method: 'DELETE',
    path: '/api/v1/me/sessions',
    topic,
    summary: 'End all your sessions but this one',
    permission: 'self:write',
    repeatable: false,
    answer: z.strictObject({ ended: z.int().min(0) }),
    example: { answer: { ended: 2 } },
  }),
  endMySession: operation({
    method: 'DELETE',
    path: '/api/v1/me/sessions/{session}',
    topic,
    summary: 'End one of your sessions',
    permission: 'self:write',
    repeatable: false,
    params: z.strictObject({ session: id }),
    answer: noAnswer,
    status: 204,
    example: { params: { session: exampleId }, answer: undefined },
    errors: ['LOGIN_SESSION_UNKNOWN'],
  }),
  listMyTokens: operation({
    method: 'GET',
    path: '/api/v1/me/tokens',
    topic,
    summary: 'List your API tokens',
    permission: 'self:read',
    answer: z.strictObject({ items: z.array(token) }),
    example: { answer: { items: [exampleToken] } },
  }),
  createMyToken: operation({
    method: 'POST',
    path: '/api/v1/me/tokens',
    topic,
    summary: 'Make an API token for yourself; its value is shown once',
    permission: 'self:write',
    repeatable: false,
    secretAnswer: true,
    status: 201,
    body: newToken,
    answer: madeToken,
    example: { body: { name: 'monitoring', scopes: ['status:read'], days: 90 }, answer: exampleMadeToken },
    errors: ['TOKEN_INVALID', 'TOKEN_SCOPE', 'PROOF_NOT_FRESH'],
  }),
  revokeMyToken: operation({
    method: 'DELETE',
    path: '/api/v1/me/tokens/{token}',
    topic,
    summary: 'Revoke one of your API tokens',
    permission: 'self:write',
    repeatable: false,
    params: z.strictObject({ token: id }),
    answer: noAnswer,
    status: 204,
    example: { params: { token: exampleId }, answer: undefined },
    errors: ['TOKEN_UNKNOWN'],
  }),
};
