// `holdfast channel`: the ways to tell people what happened, and a test message through one of them.

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Failure } from '../../base/failure.ts';
import type { Channel, Message, Severity } from '../../channels/channel.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { catalogPlace, controlOptions } from '../control/places.ts';
import { tableLines } from '../show.ts';
import { secretsFrom } from '../storage-secrets.ts';

const severityNames = ['INFO', 'WARNING', 'CRITICAL'] as const;

export const command: Command = {
  name: 'channel',
  subcommands: [
    { name: 'kinds', run: kinds },
    {
      name: 'test',
      arguments: [{ name: 'channel', required: true }],
      options: [
        { flags: '--severity <severity>', text: 'option.channelSeverity', choices: severityNames },
        { flags: '--thorough', text: 'option.channelThorough' },
        ...controlOptions,
      ],
      run: test,
    },
  ],
  examples: [
    'channel kinds',
    'channel test "email://backup@smtp.example.org/head@example.org?from=backup@example.org"',
    'channel test "syslog://log.example.org?transport=tls"',
    'channel test slack:',
    'channel test mail --config /etc/holdfast/holdfast.yaml',
    `channel test '{"kind":"command","command":["/usr/local/bin/page-me","--now"]}'`,
  ],
};

async function kinds({ output }: Invocation): Promise<Ending> {
  const { channels, kindNamed } = await import('../../channels/all.ts');
  const found = await Promise.all(
    Object.keys(channels).map(async (name) => {
      const { kind, title, secretFields } = await kindNamed(name);
      return { kind, title, secretFields };
    }),
  );
  for (const line of tableLines(found.map(({ kind, title }) => [kind, title]))) output.line(line);
  return { result: { kinds: found } };
}

async function test(invocation: Invocation): Promise<Ending> {
  const { output, texts, context, options } = invocation;
  const [given = ''] = invocation.arguments;
  const open = await openerFor(given, invocation);
  await using channel = await open();
  const { location } = channel;
  const message = testMessage((options.text('severity') as Severity | undefined) ?? 'INFO', invocation);
  if (!options.flag('thorough')) {
    const { refused } = await channel.send(message, context);
    output.line(texts.say('channel.sent', { place: location }));
    for (const recipient of refused) output.line(texts.say('channel.refused', { recipient }));
    return { outcome: refused.length === 0 ? 'succeeded' : 'partial', result: { location, refused } };
  }
  const { conformance } = await import('../../channels/conformance.ts');
  const checks: { name: string; ok: boolean; detail?: string }[] = [];
  for await (const check of conformance(open, message, context)) {
    checks.push(check);
    output.line(`${check.ok ? texts.say('storage.kept') : texts.say('storage.broken')}  ${check.name}`);
    if (check.detail !== undefined) output.line(`    ${check.detail}`);
  }
  const broken = checks.filter(({ ok }) => !ok).length;
  const result = { location, checks, broken };
  return broken === 0 ? { result } : { outcome: 'failed', exit: 8, result };
}

/** A URL and JSON have a ":"; what has none is the name of a channel of the configuration, with the secrets that stand there. */
async function openerFor(given: string, invocation: Invocation): Promise<() => Promise<Channel>> {
  const { context, ambient } = invocation;
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(given)) {
    const { openChannel } = await import('../../channels/all.ts');
    return () => openChannel(given, secretsFrom('HOLDFAST_CHANNEL_', invocation), context);
  }
  const { configurationPath } = await import('../configuration/path.ts');
  const { loadConfiguration } = await import('../configuration/file.ts');
  const path = configurationPath(invocation);
  const { channels, catalog } = loadConfiguration(path, ambient.environment).configuration;
  const rules = Object.hasOwn(channels, given) ? channels[given] : undefined;
  if (rules === undefined) {
    throw new Failure('missing', 'CHANNEL_NOT_CONFIGURED', `there is no channel "${given}" in "${path}"`, {
      hint: `Its channels: ${Object.keys(channels).join(', ') || '–'}. Or write a URL, such as slack:`,
    });
  }
  const { createOpeners } = await import('../control/openers.ts');
  const { sealedIn } = await import('../control/sealed-places.ts');
  const { sealingKeyFile } = await import('../control/job-wire.ts');
  const { location, password } = await catalogPlace(catalog, invocation);
  const plain = { location, ...(password && { password: Buffer.from(password.reveal()).toString('utf8') }) };
  const sealed = sealedIn({ catalog: plain, keyFile: sealingKeyFile(ambient) });
  const openers = createOpeners(ambient, { environment: ambient.environment, ...sealed });
  return () => openers.channel(rules, context);
}

function testMessage(severity: Severity, { texts, context }: Invocation): Message {
  const host = hostname();
  return {
    severity,
    title: texts.say('channel.testTitle', { host }),
    text: texts.say('channel.testText', { host }),
    facts: { host },
    links: [],
    language: texts.language,
    // Every test is a matter of its own.
    dedupeKey: `test/${randomBytes(8).toString('hex')}`,
    at: context.clock.now(),
  };
}
