// One's own account. The room of identity decides, writes its own lines into the audit trail, and holds up nobody while it stretches passwords.

import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { Secret } from '../../base/secret.ts';
import { tokenWithId } from '../../catalog/tokens.ts';
import { userWithId } from '../../catalog/users.ts';
import { can, type Principal } from '../../identity/access.ts';
import { acceptInvitation } from '../../identity/accounts.ts';
import { createToken, revokeToken, tokensOf } from '../../identity/api-tokens.ts';
import { changeOwnPassword } from '../../identity/change-password.ts';
import { confirmTotp, enrolTotp } from '../../identity/factors/totp.ts';
import { login, stepUp } from '../../identity/login.ts';
import { endSessions, logout, type Started, sessionsOf } from '../../identity/sessions.ts';
import { completeSetup } from '../../identity/setup.ts';
import { permissions } from '../../model/permission.ts';
import { notLoggedIn } from '../access.ts';
import type { account } from '../contract/account.ts';
import type { ApiTools, HandlersOf } from '../handler.ts';
import { unknown } from '../objects.ts';
import { iso, namesFor, present, sessionShown, tokenShown } from '../shown.ts';

const day = 24 * 3_600_000;

export const accountHandlers: HandlersOf<typeof account> = {
  login: {
    async ownUnits({ body, request, tools }, context) {
      const started = await login(
        tools.desk,
        {
          name: body.name,
          password: secretOf(body.password),
          code: body.code,
          address: request.address,
          agent: request.agent,
          presented: request.session,
        },
        context,
      );
      return startedShown(started, tools, context);
    },
  },

  beginPasskeyLogin: {
    async ownUnits({ tools, request }, context) {
      const { beginPasskeyLogin } = await import('../../identity/factors/passkeys.ts');
      return { answer: plain(await beginPasskeyLogin(tools.desk, tools.siteOf(request.host), context)) };
    },
  },

  loginByPasskey: {
    async ownUnits({ body, tools, request }, context) {
      const { passkeyLogin } = await import('../../identity/factors/passkeys.ts');
      const wish = {
        response: plain(body.response) as never,
        address: request.address,
        agent: request.agent,
        presented: request.session,
      };
      const started = await passkeyLogin(tools.desk, tools.siteOf(request.host), wish, context);
      return startedShown(started, tools, context);
    },
  },

  setUp: {
    async ownUnits({ body: { secret, name, password }, request: { address }, tools }, context) {
      const wish = { secret, name, password: secretOf(password), address };
      return { answer: { name: (await completeSetup(tools.desk, wish, context)).name } };
    },
  },

  acceptInvitation: {
    async ownUnits({ body: { invitation, password }, request: { address }, tools }, context) {
      const wish = { invitation, password: secretOf(password), address };
      return { answer: { name: (await acceptInvitation(tools.desk, wish, context)).name } };
    },
  },

  getMe: {
    async ownSteady({ principal }, catalog, context) {
      const { actor, kind, role, isFresh, grants } = principal;
      const names = await namesFor(
        grants.map(({ policy }) => ({ policyId: policy })),
        catalog,
        context,
      );
      return {
        answer: {
          actor,
          kind: kind === 'token' ? kind : 'user',
          role,
          isFresh,
          permissions: permissions.filter((permission) => can(principal, permission)),
          grants: grants.map(({ role: given, policy, repository, folder }) =>
            present({
              role: given,
              policy: policy === undefined ? undefined : (names.get(policy) ?? ''),
              repository,
              folder: folder === undefined ? undefined : Buffer.from(folder, 'latin1').toString(),
            }),
          ),
        },
      };
    },
  },

  logout: {
    async ownUnits({ principal, tools }, context) {
      if (principal.sessionId === undefined) throw noSession();
      await logout(tools.desk, principal, context);
      tools.recognition.forget();
      return { answer: undefined, session: null };
    },
  },

  prove: {
    async ownUnits({ body: { password, code }, request: { session, address, agent }, tools }, context) {
      if (session === undefined) throw noSession();
      const wish = { password: secretOf(password), code, address, agent };
      const started = await stepUp(tools.desk, session, wish, context);
      tools.recognition.forget();
      return startedShown(started, tools, context);
    },
  },

  changePassword: {
    async ownUnits({ principal, body: { current, next }, tools }, context) {
      const wish = { current: secretOf(current), next: secretOf(next) };
      await changeOwnPassword(tools.desk, principal, wish, context);
      tools.recognition.forget();
      return { answer: undefined };
    },
  },

  enrolTotp: {
    async ownUnits({ principal, body: { password }, tools }, context) {
      const { uri, secret } = await enrolTotp(tools.desk, principal, secretOf(password), context);
      return { answer: { uri, secret } };
    },
  },

  confirmTotp: {
    async ownUnits({ principal, body: { password, code }, tools }, context) {
      const wish = { password: secretOf(password), code };
      const { recoveryCodes } = await confirmTotp(tools.desk, principal, wish, context);
      return { answer: { recoveryCodes: [...recoveryCodes] } };
    },
  },

  beginPasskey: {
    async ownUnits({ principal, tools, request }, context) {
      const { beginPasskey } = await import('../../identity/factors/passkeys.ts');
      return {
        answer: plain(await beginPasskey(tools.desk, principal, tools.siteOf(request.host), context)),
      };
    },
  },

  addPasskey: {
    async ownUnits({ principal, body: { name, response }, tools, request }, context) {
      const { addPasskey } = await import('../../identity/factors/passkeys.ts');
      const given = { name, response: plain(response) as never };
      const { id } = await addPasskey(tools.desk, principal, tools.siteOf(request.host), given, context);
      return { answer: { id } };
    },
  },

  removeFactor: {
    async ownUnits({ principal, params: { factor }, tools }, context) {
      const { removeFactor } = await import('../../identity/factors/passkeys.ts');
      await removeFactor(tools.desk, principal, factor, context);
      return { answer: undefined };
    },
  },

  async listMySessions({ principal, tools }, context) {
    const found = await sessionsOf(tools.desk, principal, await ownName(principal, tools, context), context);
    return { answer: { items: found.map((session) => sessionShown(session, principal.sessionId)) } };
  },

  endMyOtherSessions: {
    async ownUnits({ principal, tools }, context) {
      const name = await ownName(principal, tools, context);
      const ended = await endSessions(tools.desk, principal, name, undefined, context);
      tools.recognition.forget();
      return { answer: { ended } };
    },
  },

  endMySession: {
    async ownUnits({ principal, params: { session }, tools }, context) {
      const name = await ownName(principal, tools, context);
      await endSessions(tools.desk, principal, name, session, context);
      tools.recognition.forget();
      return { answer: undefined };
    },
  },

  async listMyTokens({ principal, tools }, context) {
    const found = await tokensOf(tools.desk, principal, await ownName(principal, tools, context), context);
    return { answer: { items: found.map(tokenShown) } };
  },

  createMyToken: {
    async ownUnits({ principal, body: { days, scopes, ...body }, tools }, context) {
      const user = await ownName(principal, tools, context);
      const wish = { ...body, ...present({ scopes }), user, lastsMs: days * day };
      const { token, secret } = await createToken(tools.desk, principal, wish, context);
      return { answer: { token: tokenShown(token), secret } };
    },
  },

  revokeMyToken: {
    async ownUnits({ principal, params: { token }, tools }, context) {
      const known = await tokenWithId(tools.catalog, token, context);
      if (known === undefined || known.userId !== principal.userId)
        throw unknown('TOKEN_UNKNOWN', `token "${token}" of yours`);
      await revokeToken(tools.desk, principal, token, context);
      tools.recognition.forget();
      return { answer: undefined };
    },
  },
};

async function startedShown({ secret, session }: Started, { catalog }: ApiTools, context: Context) {
  const user = await userWithId(catalog, session.userId, context);
  return {
    answer: {
      user: user?.name ?? '',
      endsAt: iso(session.endsAt),
      freshUntil: iso(session.freshUntil),
    },
    session: secret,
  };
}

/** The account behind a session or a token: the name in the audit trail of a token is longer. */
async function ownName({ userId }: Principal, { catalog }: ApiTools, context: Context): Promise<string> {
  const user = userId === undefined ? undefined : await userWithId(catalog, userId, context);
  if (user === undefined) throw notLoggedIn();
  return user.name;
}

function noSession(): Failure {
  return new Failure('usage', 'NO_SESSION', 'this is about a session, and there is none', {
    hint: 'Log in; a token is revoked instead of logged out.',
  });
}

function secretOf(text: string): Secret {
  return new Secret(Buffer.from(text));
}

/** Without what is undefined, as JSON would have it. */
function plain(value: object): Record<string, never> {
  return JSON.parse(JSON.stringify(value));
}
