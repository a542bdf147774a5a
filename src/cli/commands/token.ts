// `holdfast token`: what programs act with, for a person and with less than the person may do. The value is shown once.

import { Failure } from '../../base/failure.ts';
import type { Token } from '../../catalog/tokens.ts';
import { isPermission, type Permission } from '../../model/permission.ts';
import { addDuration, parseDuration } from '../../model/time.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { controlOptions } from '../control/places.ts';
import { isoTime, localTime } from '../show.ts';
import { openDesk } from '../user-desk.ts';

const usualDuration = '90d';

export const command: Command = {
  name: 'token',
  subcommands: [
    {
      name: 'create',
      arguments: [{ name: 'name', required: true }],
      options: [
        { flags: '--user <name>' },
        { flags: '--scope <permission>', repeat: true },
        { flags: '--expires <duration>' },
        { flags: '--sensitive' },
        ...controlOptions,
      ],
      run: create,
    },
    { name: 'list', options: [{ flags: '--user <name>' }, ...controlOptions], run: list },
    { name: 'revoke', arguments: [{ name: 'token', required: true }], options: controlOptions, run: revoke },
  ],
  examples: [
    'token create prometheus --user ana --scope metrics:read --expires 1y',
    'token list --user ana',
    'token revoke 0199a1b2-…',
  ],
};

async function create(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context, ambient } = invocation;
  const [name = ''] = invocation.arguments;
  const user = options.text('user');
  if (user === undefined) {
    throw new Failure('usage', 'TOKEN_NEEDS_USER', 'nobody is named for whom the token acts');
  }
  const scopes = options.list('scope').map((scope): Permission => {
    if (isPermission(scope)) return scope;
    throw new Failure('usage', 'PERMISSION_UNKNOWN', `"${scope}" is no permission`);
  });
  const { createToken } = await import('../../identity/api-tokens.ts');
  const now = ambient.clock.now();
  const isSensitive = options.flag('sensitive');
  const asked = options.text('expires') ?? (isSensitive ? '1d' : usualDuration);
  const lastsMs = addDuration(now, parseDuration(asked), 1, () => 0) - now;
  await using desk = await openDesk(invocation);
  const { token, secret } = await createToken(
    desk,
    desk.by,
    { user, name, lastsMs, isSensitive, ...(scopes.length === 0 ? {} : { scopes }) },
    context,
  );
  const time = localTime(token.expiresAt, ambient.zoneOffsetMinutes);
  output.line(texts.say('token.created', { name: token.name, time }));
  output.line(secret);
  return { result: { ...fieldsOf(token), token: secret } };
}

async function list(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context, ambient } = invocation;
  const { tokensOf } = await import('../../identity/api-tokens.ts');
  await using desk = await openDesk(invocation);
  const found = await tokensOf(desk, desk.by, options.text('user'), context);
  for (const token of found) {
    const time = localTime(token.revokedAt ?? token.expiresAt, ambient.zoneOffsetMinutes);
    const state = token.revokedAt === undefined ? 'token.until' : 'token.revoked';
    output.line(`${token.id}  ${token.name}  ${texts.say(state, { time })}  ${token.scopes.join(' ')}`);
  }
  if (found.length === 0) output.line(texts.say('token.none'));
  return { result: { tokens: found.map(fieldsOf) } };
}

async function revoke(invocation: Invocation): Promise<Ending> {
  const [id = ''] = invocation.arguments;
  const { revokeToken } = await import('../../identity/api-tokens.ts');
  await using desk = await openDesk(invocation);
  await revokeToken(desk, desk.by, id, invocation.context);
  invocation.output.line(invocation.texts.say('token.wasRevoked', { id }));
  return { result: { id } };
}

function fieldsOf({ createdAt, expiresAt, lastUsedAt, revokedAt, ...rest }: Token): Record<string, unknown> {
  return {
    ...rest,
    createdAt: isoTime(createdAt),
    expiresAt: isoTime(expiresAt),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt: isoTime(lastUsedAt) }),
    ...(revokedAt === undefined ? {} : { revokedAt: isoTime(revokedAt) }),
  };
}
