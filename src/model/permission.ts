// Who may do what, as data: what can be done (`noun:verb`), the five roles, and which acts ask for more than a role.

export const permissions = [
  'self:read',
  'self:write',
  'status:read',
  'policy:read',
  'policy:run',
  'policy:write',
  'policy:delete',
  'run:read',
  'run:cancel',
  'log:read',
  'alert:read',
  'alert:acknowledge',
  'recovery-point:read',
  'recovery-point:browse',
  'recovery-point:restore',
  'recovery-point:download',
  'recovery-point:hold',
  'recovery-point:delete',
  'repository:read',
  'repository:check',
  'repository:prune',
  'repository:repair',
  'repository:shorten-lock',
  'key:read',
  'key:write',
  'key:export',
  'brake:read',
  'brake:pull',
  'brake:release',
  'channel:read',
  'channel:test',
  'configuration:read',
  'configuration:write',
  'hook:write',
  'maintenance:read',
  'maintenance:write',
  'metrics:read',
  'audit:read',
  'audit:export',
  'user:read',
  'user:write',
  'token:read',
  'token:write',
  'approval:read',
  'approval:decide',
] as const;

export type Permission = (typeof permissions)[number];

export function isPermission(text: string): text is Permission {
  return (permissions as readonly string[]).includes(text);
}

/** `none` may do nothing by itself: such a person has what grants give, and their own account. */
export const roles = ['none', 'viewer', 'auditor', 'operator', 'restorer', 'admin'] as const;
export type Role = (typeof roles)[number];

export function isRole(text: string): text is Role {
  return (roles as readonly string[]).includes(text);
}

const own: readonly Permission[] = ['self:read', 'self:write'];

const looking: readonly Permission[] = [
  ...own,
  'status:read',
  'policy:read',
  'run:read',
  'alert:read',
  'recovery-point:read',
  'repository:read',
  'brake:read',
  'maintenance:read',
  'metrics:read',
];

/** What a role may do. Names of files are what a viewer does not see; problems of runs name files, and are read with `log:read`. */
export const rolePermissions: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  none: new Set(own),
  viewer: new Set(looking),
  auditor: new Set([
    ...looking,
    'log:read',
    'key:read',
    'channel:read',
    'configuration:read',
    'audit:read',
    'audit:export',
    'user:read',
    'token:read',
    'approval:read',
  ]),
  operator: new Set([
    ...looking,
    'log:read',
    'policy:run',
    'run:cancel',
    'alert:acknowledge',
    'recovery-point:hold',
    'repository:check',
    'key:read',
    'brake:pull',
    'channel:read',
    'channel:test',
    'configuration:read',
    'maintenance:write',
  ]),
  restorer: new Set([
    ...looking,
    'recovery-point:browse',
    'recovery-point:restore',
    'recovery-point:download',
  ]),
  admin: new Set(permissions),
};

/** Needs a proof of who it is that is not older than five minutes. */
export const freshPermissions: ReadonlySet<Permission> = new Set([
  'recovery-point:restore',
  'recovery-point:download',
  'recovery-point:delete',
  'repository:prune',
  'repository:repair',
  'repository:shorten-lock',
  'key:write',
  'key:export',
  'brake:release',
  'policy:delete',
  'configuration:write',
  'hook:write',
  'user:write',
  'token:write',
  'approval:decide',
]);

/** Asks for another admin as well, where the configuration wants a second person. */
export const secondPersonPermissions: ReadonlySet<Permission> = new Set([
  'recovery-point:delete',
  'repository:prune',
  'repository:repair',
  'repository:shorten-lock',
  'key:export',
  'brake:release',
]);

/** What is about one policy or repository, so that a grant for it may give it; everything else is for roles alone. */
export const grantablePermissions: ReadonlySet<Permission> = new Set([
  'policy:read',
  'policy:run',
  'policy:write',
  'policy:delete',
  'run:read',
  'run:cancel',
  'log:read',
  'alert:read',
  'alert:acknowledge',
  'recovery-point:read',
  'recovery-point:browse',
  'recovery-point:restore',
  'recovery-point:download',
  'recovery-point:hold',
  'recovery-point:delete',
  'repository:read',
  'repository:check',
  'repository:prune',
  'repository:repair',
  'repository:shorten-lock',
]);

/** What a grant for one folder gives: the way to the files below it. */
export const folderPermissions: ReadonlySet<Permission> = new Set([
  'policy:read',
  'recovery-point:read',
  'recovery-point:browse',
  'recovery-point:restore',
  'recovery-point:download',
]);

/** Those that tell names or contents of files: a grant for a folder gives them below it alone. */
export const contentPermissions: ReadonlySet<Permission> = new Set([
  'recovery-point:browse',
  'recovery-point:restore',
  'recovery-point:download',
]);
