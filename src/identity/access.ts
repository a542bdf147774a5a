// The one answer to "may they?": denied unless a role or a grant says otherwise. Asked by everybody who acts for somebody, about the very
// thing that is acted upon; lists ask for what may be seen and filter by it in the database.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { appendAudit } from '../catalog/audit.ts';
import { markAudited } from '../catalog/audited.ts';
import type { Catalog } from '../catalog/catalog.ts';
import {
  contentPermissions,
  folderPermissions,
  freshPermissions,
  grantablePermissions,
  type Permission,
  type Role,
  rolePermissions,
} from '../model/permission.ts';

/** Who acts. `local`: a person on this machine who can read the catalog itself. `node`: the control plane, by its configuration. */
export interface Principal {
  readonly kind: 'user' | 'token' | 'local' | 'node';
  /** The name in the audit trail. */
  readonly actor: string;
  /** How they proved who they are. */
  readonly method: 'session' | 'token' | 'local' | 'node';
  readonly userId?: string;
  readonly sessionId?: string;
  readonly tokenId?: string;
  readonly address?: string;
  readonly role: Role;
  readonly grants: readonly Reach[];
  /** Of a token: nothing else, whatever the role. */
  readonly scopes?: ReadonlySet<Permission>;
  /** Whether acts that ask for a fresh proof are open. A principal lives for one call, so this stays true as long. */
  readonly isFresh: boolean;
}

/** A role for one policy or one repository, perhaps for some of its folders only. */
export interface Reach {
  readonly role: Role;
  /** The policy's id. */
  readonly policy?: string;
  readonly repository?: string;
  /** An absolute path as a byte string: only what lies there and below. */
  readonly folder?: string;
}

/** What is acted upon. Who acts on several things asks for each. Empty: the whole installation. */
export interface Target {
  /** The policy's id. */
  readonly policy?: string | undefined;
  readonly repository?: string | undefined;
  /** Absolute, of the file or folder in a recovery point, as a byte string. */
  readonly path?: string | undefined;
}

export function can(principal: Principal, permission: Permission, target: Target = {}): boolean {
  if (principal.scopes !== undefined && !principal.scopes.has(permission)) return false;
  if (rolePermissions[principal.role].has(permission)) return true;
  return principal.grants.some((grant) => reaches(grant, permission, target));
}

export interface Asking {
  readonly catalog: Catalog;
  /** Whose audit stream it goes into. */
  readonly node: string;
  readonly request?: string;
  /** What is acted upon, for the audit trail, where the target does not tell. */
  readonly object?: string;
}

/**
 * Fails with denied/FORBIDDEN, and with denied/PROOF_NOT_FRESH where the act asks for a fresh proof; both refusals are in the audit trail
 * before anybody hears of them. Whether a second person is needed is asked in approvals.ts, beside the act.
 */
export async function requirePermission(
  principal: Principal,
  permission: Permission,
  target: Target,
  asking: Asking,
  context: Context,
): Promise<void> {
  if (!can(principal, permission, target)) {
    await auditRefusal(principal, permission, target, asking, 'FORBIDDEN', context);
    const forbidden = new Failure(
      'denied',
      'FORBIDDEN',
      `"${principal.actor}" may not do "${permission}" here`,
      {
        facts: { permission },
        hint: 'Ask an administrator for the role or a grant.',
      },
    );
    throw markAudited(forbidden);
  }
  if (!freshPermissions.has(permission) || principal.isFresh) return;
  await auditRefusal(principal, permission, target, asking, 'PROOF_NOT_FRESH', context);
  const stale = new Failure(
    'denied',
    'PROOF_NOT_FRESH',
    `"${permission}" asks for a fresh proof of who you are`,
    {
      facts: { permission },
      hint:
        principal.kind === 'token'
          ? 'Use a token that was made for sensitive acts, or do it in a session.'
          : 'Give your password, code or passkey once more, then repeat it within five minutes.',
    },
  );
  throw markAudited(stale);
}

async function auditRefusal(
  principal: Principal,
  permission: Permission,
  target: Target,
  { catalog, node, request, object }: Asking,
  code: string,
  context: Context,
): Promise<void> {
  const named = object ?? (target.policy ? `policy ${target.policy}` : undefined);
  const where = named ?? (target.repository ? `repository ${target.repository}` : undefined);
  await appendAudit(
    catalog,
    {
      ...whoOf(principal),
      node,
      action: permission,
      outcome: 'refused',
      ...(where === undefined ? {} : { object: where }),
      ...(request === undefined ? {} : { request }),
      facts: { code },
    },
    context,
  );
}

/** The part of an entry of the audit trail that tells who it was. */
export function whoOf({ actor, method, address }: Principal): {
  readonly actor: string;
  readonly method: string;
  readonly address?: string;
} {
  return { actor, method, ...(address === undefined ? {} : { address }) };
}

/** What a list may show. `all`, or exactly what is named. */
export type Sight =
  | { readonly all: true }
  | { readonly all: false; readonly policies: readonly string[]; readonly repositories: readonly string[] };

/** For lists of what belongs to policies and repositories: hand it to the list functions of the catalog, which filter by it. */
export function sightOf(principal: Principal, permission: Permission): Sight {
  const inScope = principal.scopes === undefined || principal.scopes.has(permission);
  if (inScope && rolePermissions[principal.role].has(permission)) return { all: true };
  const policies = new Set<string>();
  const repositories = new Set<string>();
  for (const grant of inScope ? principal.grants : []) {
    if (!gives(grant, permission)) continue;
    if (grant.policy !== undefined) policies.add(grant.policy);
    else if (grant.repository !== undefined) repositories.add(grant.repository);
  }
  return { all: false, policies: [...policies], repositories: [...repositories] };
}

/**
 * The folders of this policy or repository whose files they may see: `all`, or these and what lies below. Browsing shows nothing else, and
 * the folders above only as the way there.
 */
export function foldersOf(principal: Principal, permission: Permission, target: Target): 'all' | string[] {
  if (can(principal, permission, { ...target, path: undefined })) return 'all';
  if (principal.scopes !== undefined && !principal.scopes.has(permission)) return [];
  return principal.grants.flatMap((grant) =>
    grant.folder !== undefined && gives(grant, permission) && isAbout(grant, target) ? [grant.folder] : [],
  );
}

function reaches(grant: Reach, permission: Permission, target: Target): boolean {
  if (!gives(grant, permission) || !isAbout(grant, target)) return false;
  if (grant.folder === undefined || !contentPermissions.has(permission)) return true;
  return target.path !== undefined && isBelow(target.path, grant.folder);
}

function gives({ role, folder }: Reach, permission: Permission): boolean {
  if (!grantablePermissions.has(permission) || !rolePermissions[role].has(permission)) return false;
  return folder === undefined || folderPermissions.has(permission);
}

/** A grant for a policy reaches its recovery points in every repository; one for a repository all that lies there. */
function isAbout(grant: Reach, target: Target): boolean {
  if (grant.policy === undefined && grant.repository === undefined) return false;
  if (grant.policy !== undefined && grant.policy !== target.policy) return false;
  return grant.repository === undefined || grant.repository === target.repository;
}

/** Paths that are not plain lie nowhere: `..` would lead out. */
function isBelow(path: string, folder: string): boolean {
  if (!isPlainPath(path)) return false;
  return folder === '/' || path === folder || path.startsWith(`${folder}/`);
}

export function isPlainPath(path: string): boolean {
  if (path === '/') return true;
  if (!path.startsWith('/') || path.includes('\0')) return false;
  return path
    .slice(1)
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..');
}

/** A person who works on the machine itself: whoever can read the catalog there may do everything, and it is written down. */
export function localPrincipal(userName: string): Principal {
  return {
    kind: 'local',
    actor: userName,
    method: 'local',
    role: 'admin',
    grants: [],
    isFresh: true,
  };
}

/** The control plane of a machine, which does what its configuration says. */
export function nodePrincipal(node: string): Principal {
  return { kind: 'node', actor: node, method: 'node', role: 'operator', grants: [], isFresh: false };
}
