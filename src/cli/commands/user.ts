// `holdfast user`: people with an account, what they may do, and how they prove who they are.

import type { Page } from '../../catalog/page.ts';
import type { User } from '../../catalog/users.ts';
import { type Role, roles } from '../../model/permission.ts';
import type { ArgumentSpec, Command, Ending, Invocation } from '../command.ts';
import { controlOptions } from '../control/places.ts';
import { isoTime, localTime, tableLines } from '../show.ts';
import {
  codeOf,
  currentPassword,
  currentPasswordOption,
  newPassword,
  newPasswordOption,
  openDesk,
} from '../user-desk.ts';

const nameArgument: ArgumentSpec = { name: 'name', required: true };
const roleArgument: ArgumentSpec = { name: 'role', required: true, choices: roles };
const inviteOption = { flags: '--invite' } as const;

export const command: Command = {
  name: 'user',
  subcommands: [
    {
      name: 'add',
      arguments: [nameArgument],
      options: [
        { flags: '--role <role>', choices: roles },
        newPasswordOption,
        inviteOption,
        ...controlOptions,
      ],
      run: add,
    },
    { name: 'list', options: controlOptions, run: list },
    { name: 'show', arguments: [nameArgument], options: controlOptions, run: show },
    { name: 'role', arguments: [nameArgument, roleArgument], options: controlOptions, run: role },
    {
      name: 'rename',
      arguments: [nameArgument, { name: 'new-name', required: true }],
      options: controlOptions,
      run: rename,
    },
    { name: 'disable', arguments: [nameArgument], options: controlOptions, run: disable },
    { name: 'enable', arguments: [nameArgument], options: controlOptions, run: enable },
    {
      name: 'password',
      arguments: [nameArgument],
      options: [newPasswordOption, inviteOption, ...controlOptions],
      run: password,
    },
    {
      name: 'reset',
      arguments: [nameArgument],
      options: [{ flags: '--factors' }, ...controlOptions],
      run: reset,
    },
    {
      name: 'totp',
      arguments: [nameArgument, { name: 'action', choices: ['enrol', 'confirm', 'reset'] }],
      options: [currentPasswordOption, { flags: '--code-file <file>' }, ...controlOptions],
      run: totp,
    },
    {
      name: 'sessions',
      arguments: [nameArgument],
      options: [{ flags: '--end <session>' }, { flags: '--end-all' }, ...controlOptions],
      run: sessions,
    },
    {
      name: 'grant',
      arguments: [nameArgument, roleArgument],
      options: [
        { flags: '--policy <policy>', text: 'option.grantPolicy' },
        { flags: '--in-repository <name>' },
        { flags: '--folder <path>', text: 'option.grantFolder' },
        ...controlOptions,
      ],
      run: grant,
    },
    {
      name: 'revoke',
      arguments: [nameArgument, { name: 'grant', required: true }],
      options: controlOptions,
      run: revoke,
    },
    { name: 'remove', arguments: [nameArgument], options: controlOptions, run: remove },
  ],
  examples: [
    'user add ana --role admin',
    'user add teacher --role none --invite',
    'user grant teacher restorer --policy files --folder /srv/class-4b',
    'user totp ana enrol',
    'user sessions ana --end-all',
    'user reset ana --factors',
  ],
};

async function add(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context } = invocation;
  const [name = ''] = invocation.arguments;
  const { addUser, userName } = await import('../../identity/accounts.ts');
  const wanted = userName(name);
  const role = (options.text('role') as Role | undefined) ?? 'viewer';
  const secret = options.flag('invite') ? undefined : await newPassword(wanted, invocation);
  await using desk = await openDesk(invocation, { makes: true });
  const { user, invitation } = await addUser(
    desk,
    desk.by,
    { name: wanted, role, ...(secret === undefined ? {} : { password: secret }) },
    context,
  );
  output.line(texts.say('user.added', { name: user.name, role: user.role }));
  if (invitation !== undefined) output.line(texts.say('user.invitation', { invitation }));
  return { result: { ...fieldsOf(user), ...(invitation === undefined ? {} : { invitation }) } };
}

async function list(invocation: Invocation): Promise<Ending> {
  const { output, texts, context } = invocation;
  const { users } = await import('../../identity/accounts.ts');
  await using desk = await openDesk(invocation);
  const found: User[] = [];
  for (let after: string | undefined; ; ) {
    const page: Page<User> = await users(
      desk,
      desk.by,
      { limit: 500, ...(after === undefined ? {} : { after }) },
      context,
    );
    found.push(...page.items);
    after = page.next;
    if (after === undefined) break;
  }
  const rows = found.map((user) => [user.name, user.role, stateOf(user, invocation)]);
  if (rows.length > 0) {
    for (const line of tableLines([texts.say('user.head').split('|'), ...rows])) output.line(line);
  } else output.line(texts.say('user.nobody'));
  return { result: { users: found.map(fieldsOf) } };
}

function stateOf(user: User, { texts, ambient }: Invocation): string {
  const time = (at: number) => localTime(at, ambient.zoneOffsetMinutes);
  if (user.disabledAt !== undefined) return texts.say('user.disabled', { time: time(user.disabledAt) });
  if (user.lockedUntil !== undefined && user.lockedUntil > ambient.clock.now()) {
    return texts.say('user.locked', { time: time(user.lockedUntil) });
  }
  if (user.lastLoginAt === undefined) return texts.say('user.never');
  return texts.say('user.lastLogin', { time: time(user.lastLoginAt) });
}

async function show(invocation: Invocation): Promise<Ending> {
  const { output, texts, context } = invocation;
  const [name = ''] = invocation.arguments;
  const { showUser } = await import('../../identity/accounts.ts');
  await using desk = await openDesk(invocation);
  const { user, grants, factors } = await showUser(desk, desk.by, name, context);
  output.line(`${user.name}  ${user.role}  ${stateOf(user, invocation)}`);
  for (const { kind, name: called } of factors) output.line(texts.say('user.factor', { kind, name: called }));
  for (const { id, role, policy, repository, folder } of grants) {
    const object = [policy, repository, folder].filter((part) => part !== undefined).join(' ');
    output.line(texts.say('user.grant', { id, role, object }));
  }
  return { result: { ...fieldsOf(user), grants, factors } };
}

async function role(invocation: Invocation): Promise<Ending> {
  const [name = '', wanted = ''] = invocation.arguments;
  const { setRole } = await import('../../identity/accounts.ts');
  await using desk = await openDesk(invocation);
  await setRole(desk, desk.by, name, wanted as Role, invocation.context);
  invocation.output.line(invocation.texts.say('user.roleSet', { name, role: wanted }));
  return { result: { name, role: wanted } };
}

async function rename(invocation: Invocation): Promise<Ending> {
  const [name = '', to = ''] = invocation.arguments;
  const { renameUser } = await import('../../identity/accounts.ts');
  await using desk = await openDesk(invocation);
  await renameUser(desk, desk.by, name, to, invocation.context);
  invocation.output.line(invocation.texts.say('user.renamed', { name, to }));
  return { result: { name, to } };
}

async function disable(invocation: Invocation): Promise<Ending> {
  const [name = ''] = invocation.arguments;
  const { disableUser } = await import('../../identity/accounts.ts');
  await using desk = await openDesk(invocation);
  await disableUser(desk, desk.by, name, invocation.context);
  invocation.output.line(invocation.texts.say('user.wasDisabled', { name }));
  return { result: { name } };
}

async function enable(invocation: Invocation): Promise<Ending> {
  const [name = ''] = invocation.arguments;
  const { enableUser } = await import('../../identity/accounts.ts');
  await using desk = await openDesk(invocation);
  await enableUser(desk, desk.by, name, invocation.context);
  invocation.output.line(invocation.texts.say('user.wasEnabled', { name }));
  return { result: { name } };
}

async function remove(invocation: Invocation): Promise<Ending> {
  const [name = ''] = invocation.arguments;
  const { removeUser } = await import('../../identity/accounts.ts');
  await using desk = await openDesk(invocation);
  await removeUser(desk, desk.by, name, invocation.context);
  invocation.output.line(invocation.texts.say('user.removed', { name }));
  return { result: { name } };
}

async function password(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context } = invocation;
  const [name = ''] = invocation.arguments;
  const { inviteUser, resetPassword } = await import('../../identity/accounts.ts');
  await using desk = await openDesk(invocation);
  if (options.flag('invite')) {
    const { invitation } = await inviteUser(desk, desk.by, name, context);
    output.line(texts.say('user.invitation', { invitation }));
    return { result: { name, invitation } };
  }
  await resetPassword(desk, desk.by, name, await newPassword(name, invocation), context);
  output.line(texts.say('user.passwordSet', { name }));
  return { result: { name } };
}

async function reset(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context } = invocation;
  const [name = ''] = invocation.arguments;
  const { resetUser } = await import('../../identity/reset-user.ts');
  await using desk = await openDesk(invocation);
  const factors = options.flag('factors');
  const { invitation, endedSessions } = await resetUser(desk, desk.by, name, { factors }, context);
  output.line(texts.say('user.reset', { name, count: endedSessions }));
  output.line(texts.say('user.invitation', { invitation }));
  return { result: { name, invitation, endedSessions } };
}

async function totp(invocation: Invocation): Promise<Ending> {
  const { output, texts, context } = invocation;
  const [given = '', action = 'enrol'] = invocation.arguments;
  const { ownPrincipal, requireUser, resetFactors } = await import('../../identity/accounts.ts');
  await using desk = await openDesk(invocation);
  const user = await requireUser(desk.catalog, given, context);
  const { name } = user;
  if (action === 'reset') {
    const removed = await resetFactors(desk, desk.by, name, context);
    output.line(texts.say('user.factorsReset', { name, count: removed }));
    return { result: { name, removed } };
  }
  // Who gives the password of the account acts as its person, whoever sits here.
  const by = { ...ownPrincipal(user, undefined), method: 'local' } as const;
  const { confirmTotp, enrolTotp } = await import('../../identity/factors/totp.ts');
  const current = await currentPassword(name, invocation);
  if (action === 'confirm') {
    const code = await codeOf(name, invocation);
    const { recoveryCodes } = await confirmTotp(desk, by, { password: current, code }, context);
    output.line(texts.say('user.totpConfirmed', { name }));
    for (const one of recoveryCodes) output.line(`  ${one}`);
    return { result: { name, recoveryCodes } };
  }
  const { uri, secret } = await enrolTotp(desk, by, current, context);
  output.line(texts.say('user.totpEnrol', { secret }));
  if (!output.isJson) for (const line of await qrLines(uri)) output.line(line);
  output.line(uri);
  output.line(texts.say('user.totpNext', { name }));
  return { result: { name, uri, secret } };
}

/** Two rows of the picture in a line of text; dark on light, as cameras want it. */
async function qrLines(text: string): Promise<string[]> {
  const { default: makeQr } = await import('qrcode-generator');
  const qr = makeQr(0, 'L');
  qr.addData(text, 'Byte');
  qr.make();
  const count = qr.getModuleCount();
  const isDark = (row: number, column: number) =>
    row >= 0 && column >= 0 && row < count && column < count && qr.isDark(row, column);
  const lines: string[] = [];
  for (let row = -2; row < count + 2; row += 2) {
    let line = '';
    for (let column = -2; column < count + 2; column += 1) {
      const [upper, lower] = [isDark(row, column), isDark(row + 1, column)];
      line += upper ? (lower ? ' ' : '▄') : lower ? '▀' : '█';
    }
    lines.push(line);
  }
  return lines;
}

async function sessions(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context, ambient } = invocation;
  const [name = ''] = invocation.arguments;
  const { endSessions, sessionsOf } = await import('../../identity/sessions.ts');
  await using desk = await openDesk(invocation);
  const id = options.text('end');
  if (id !== undefined || options.flag('endAll')) {
    const ended = await endSessions(desk, desk.by, name, id, context);
    output.line(texts.say('user.sessionsEnded', { name, count: ended }));
    return { result: { name, ended } };
  }
  const found = await sessionsOf(desk, desk.by, name, context);
  for (const { id: session, proof, address = '', seenAt } of found) {
    const time = localTime(seenAt, ambient.zoneOffsetMinutes);
    output.line(`${session}  ${proof}  ${address}  ${time}`);
  }
  if (found.length === 0) output.line(texts.say('user.noSessions', { name }));
  const sessionFields = found.map(({ userId: _user, createdAt, seenAt, endsAt, freshUntil, ...rest }) => ({
    ...rest,
    createdAt: isoTime(createdAt),
    seenAt: isoTime(seenAt),
    endsAt: isoTime(endsAt),
    freshUntil: isoTime(freshUntil),
  }));
  return { result: { name, sessions: sessionFields } };
}

async function grant(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context } = invocation;
  const [name = '', wanted = ''] = invocation.arguments;
  const { grantRole } = await import('../../identity/accounts.ts');
  const { requirePolicy } = await import('../../identity/policy-named.ts');
  await using desk = await openDesk(invocation);
  const called = options.text('policy');
  const policy = called === undefined ? undefined : await requirePolicy(desk.catalog, called, context);
  const repository = options.text('inRepository');
  const folder = options.text('folder');
  const { id } = await grantRole(
    desk,
    desk.by,
    name,
    {
      role: wanted as Role,
      ...(policy === undefined ? {} : { policy: policy.id }),
      ...(repository === undefined ? {} : { repository }),
      ...(folder === undefined ? {} : { folder: invocation.ambient.argumentBytes(folder) }),
    },
    context,
  );
  output.line(texts.say('user.granted', { name, role: wanted, id }));
  return { result: { name, role: wanted, id } };
}

async function revoke(invocation: Invocation): Promise<Ending> {
  const [name = '', id = ''] = invocation.arguments;
  const { revokeGrant } = await import('../../identity/accounts.ts');
  await using desk = await openDesk(invocation);
  await revokeGrant(desk, desk.by, name, id, invocation.context);
  invocation.output.line(invocation.texts.say('user.revoked', { name, id }));
  return { result: { name, id } };
}

function fieldsOf(user: User): Record<string, unknown> {
  const { createdAt, disabledAt, lockedUntil, lastLoginAt, passwordSetAt, ...rest } = user;
  const time = (name: string, at: number | undefined) => (at === undefined ? {} : { [name]: isoTime(at) });
  return {
    ...rest,
    createdAt: isoTime(createdAt),
    ...time('disabledAt', disabledAt),
    ...time('lockedUntil', lockedUntil),
    ...time('lastLoginAt', lastLoginAt),
    ...time('passwordSetAt', passwordSetAt),
  };
}
