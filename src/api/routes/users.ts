// Accounts of others, and approvals.

import type { Approval } from '../../catalog/approvals.ts';
import type { Grant } from '../../catalog/grants.ts';
import { policyNamed } from '../../catalog/policies.ts';
import { listUsers, type User } from '../../catalog/users.ts';
import {
  addUser,
  disableUser,
  enableUser,
  grantRole,
  inviteUser,
  removeUser,
  renameUser,
  revokeGrant,
  setRole,
  showUser,
} from '../../identity/accounts.ts';
import { createToken, revokeToken, tokensOf } from '../../identity/api-tokens.ts';
import { resetUser } from '../../identity/reset-user.ts';
import { approvals, decide } from '../../identity/second-person.ts';
import { endSessions, sessionsOf } from '../../identity/sessions.ts';
import type { users } from '../contract/users.ts';
import type { HandlersOf } from '../handler.ts';
import { bytesOf, unknown } from '../objects.ts';
import { iso, namesFor, pageShown, present, sessionShown, tokenShown } from '../shown.ts';

const day = 24 * 3_600_000;

export const userHandlers: HandlersOf<typeof users> = {
  async listUsers({ query, tools: { catalog } }, context) {
    return { answer: pageShown(await listUsers(catalog, present(query), context), userShown) };
  },

  createUser: {
    async ownUnits({ principal, body, tools }, context) {
      const { user, invitation = '' } = await addUser(tools.desk, principal, body, context);
      return { answer: { user: userShown(user), invitation } };
    },
  },

  async getUser({ principal, params, tools }, context) {
    const { user, grants, factors } = await showUser(tools.desk, principal, params.user, context);
    const names = await namesFor(
      grants.map(({ policy }) => ({ policyId: policy })),
      tools.catalog,
      context,
    );
    return {
      answer: {
        user: userShown(user),
        grants: grants.map((grant) => grantShown(grant, names)),
        factors: factors.map(({ id, kind, name }) => ({ id, kind, name })),
      },
    };
  },

  removeUser: {
    async ownUnits({ principal, params, tools }, context) {
      await removeUser(tools.desk, principal, params.user, context);
      tools.recognition.forget();
      return { answer: undefined };
    },
  },

  inviteUser: {
    async ownUnits({ principal, params, tools }, context) {
      const { invitation } = await inviteUser(tools.desk, principal, params.user, context);
      return { answer: { invitation } };
    },
  },

  resetUser: {
    async ownUnits({ principal, params, body, tools }, context) {
      const answer = await resetUser(tools.desk, principal, params.user, body, context);
      tools.recognition.forget();
      return { answer };
    },
  },

  setUserRole: {
    async ownUnits({ principal, params, body: { role }, tools }, context) {
      await setRole(tools.desk, principal, params.user, role, context);
      tools.recognition.forget();
      return { answer: undefined };
    },
  },

  renameUser: {
    async ownUnits({ principal, params, body: { name }, tools }, context) {
      await renameUser(tools.desk, principal, params.user, name, context);
      tools.recognition.forget();
      return { answer: undefined };
    },
  },

  setUserState: {
    async ownUnits({ principal, params, body: { isDisabled }, tools }, context) {
      const change = isDisabled ? disableUser : enableUser;
      await change(tools.desk, principal, params.user, context);
      tools.recognition.forget();
      return { answer: undefined };
    },
  },

  addGrant: {
    async ownUnits({ principal, params, body, tools }, context) {
      const { role, policy, repository, folder } = body;
      const known = policy === undefined ? undefined : await policyNamed(tools.catalog, policy, context);
      if (policy !== undefined && known === undefined) throw unknown('POLICY_UNKNOWN', `policy "${policy}"`);
      const wish = present({
        role,
        policy: known?.id,
        repository,
        folder: folder === undefined ? undefined : bytesOf(folder),
      });
      const grant = await grantRole(tools.desk, principal, params.user, wish, context);
      tools.recognition.forget();
      const names = await namesFor([{ policyId: grant.policy }], tools.catalog, context);
      return { answer: grantShown(grant, names) };
    },
  },

  removeGrant: {
    async ownUnits({ principal, params: { user, grant }, tools }, context) {
      await revokeGrant(tools.desk, principal, user, grant, context);
      tools.recognition.forget();
      return { answer: undefined };
    },
  },

  async listUserSessions({ principal, params, tools }, context) {
    const found = await sessionsOf(tools.desk, principal, params.user, context);
    return { answer: { items: found.map((session) => sessionShown(session, principal.sessionId)) } };
  },

  endUserSessions: {
    async ownUnits({ principal, params, tools }, context) {
      const ended = await endSessions(tools.desk, principal, params.user, undefined, context);
      tools.recognition.forget();
      return { answer: { ended } };
    },
  },

  async listTokens({ principal, query: { user }, tools }, context) {
    const found = await tokensOf(tools.desk, principal, user, context);
    return { answer: { items: found.map(tokenShown) } };
  },

  createUserToken: {
    async ownUnits({ principal, params: { user }, body: { days, scopes, ...body }, tools }, context) {
      const wish = { ...body, ...present({ scopes }), user, lastsMs: days * day };
      const { token, secret } = await createToken(tools.desk, principal, wish, context);
      return { answer: { token: tokenShown(token), secret } };
    },
  },

  revokeToken: {
    async ownUnits({ principal, params: { token }, tools }, context) {
      await revokeToken(tools.desk, principal, token, context);
      tools.recognition.forget();
      return { answer: undefined };
    },
  },

  async listApprovals({ principal, query: { waiting, ...query }, tools }, context) {
    const filter = present({ ...query, isWaiting: waiting });
    return { answer: pageShown(await approvals(tools.desk, principal, filter, context), approvalShown) };
  },

  approve: {
    async ownUnits({ principal, params: { approval }, tools }, context) {
      return { answer: approvalShown(await decide(tools.desk, principal, approval, true, context)) };
    },
  },

  refuse: {
    async ownUnits({ principal, params: { approval }, tools }, context) {
      return { answer: approvalShown(await decide(tools.desk, principal, approval, false, context)) };
    },
  },
};

function userShown(user: User) {
  const { name, role, hasPassword, createdAt, lastLoginAt, lockedUntil, disabledAt } = user;
  return present({
    name,
    role,
    hasPassword,
    createdAt: iso(createdAt),
    lastLoginAt: lastLoginAt === undefined ? undefined : iso(lastLoginAt),
    lockedUntil: lockedUntil === undefined ? undefined : iso(lockedUntil),
    disabledAt: disabledAt === undefined ? undefined : iso(disabledAt),
  });
}

function grantShown(
  { id, role, policy, repository, folder, createdAt }: Grant,
  names: ReadonlyMap<string, string>,
) {
  return present({
    id,
    role,
    policy: policy === undefined ? undefined : (names.get(policy) ?? ''),
    repository,
    folder: folder === undefined ? undefined : Buffer.from(folder, 'latin1').toString(),
    createdAt: iso(createdAt),
  });
}

function approvalShown(known: Approval) {
  const { decidedAt, usedAt } = known;
  return present({
    id: known.id,
    permission: known.permission,
    object: known.object,
    summary: known.summary,
    reason: known.reason,
    state: known.state,
    requestedBy: known.requestedBy,
    requestedAt: iso(known.requestedAt),
    expiresAt: iso(known.expiresAt),
    decidedBy: known.decidedBy,
    decidedAt: decidedAt === undefined ? undefined : iso(decidedAt),
    usedAt: usedAt === undefined ? undefined : iso(usedAt),
  });
}
