// `holdfast channel`: the ways to tell people what happened, and a test message through one of them.

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Message, Severity } from '../../channels/channel.ts';
import type { Command, Ending, Invocation } from '../command.ts';
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
      ],
      run: test,
    },
  ],
  examples: [
    'channel kinds',
    'channel test "email://backup@smtp.example.org/head@example.org?from=backup@example.org"',
    'channel test "syslog://log.example.org?transport=tls"',
    'channel test slack:',
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
  const { openChannel } = await import('../../channels/all.ts');
  const open = () => openChannel(given, secretsFrom('HOLDFAST_CHANNEL_', invocation), context);
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
