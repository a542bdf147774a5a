// `holdfast brake`: looks at the ransom brake, pulls it by hand, and lifts it.

import { Failure, isFailure } from '../../base/failure.ts';
import { formatCount } from '../../base/text.ts';
import { appendAudit } from '../../catalog/audit.ts';
import type { Brake } from '../../catalog/brake.ts';
import { localActor } from '../catalog-place.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { controlOptions, openCatalogOf } from '../control/places.ts';
import { isoTime, localTime } from '../show.ts';

const reasonOption = { flags: '--reason <text>', text: 'option.brakeReason' } as const;

export const command: Command = {
  name: 'brake',
  subcommands: [
    { name: 'status', options: controlOptions, run: status },
    { name: 'pull', options: [reasonOption, ...controlOptions], run: pull },
    { name: 'release', options: [reasonOption, ...controlOptions], run: release },
  ],
  examples: [
    'brake status',
    'brake pull --reason "strange files in the accounts folder"',
    'brake release --reason "the photos of the school trip were imported"',
  ],
};

async function status(invocation: Invocation): Promise<Ending> {
  const { output, texts, context } = invocation;
  const { brakeOf, listBrakes } = await import('../../catalog/brake.ts');
  await using catalog = await openCatalogOf(invocation);
  const brake = await brakeOf(catalog, context);
  if (brake === undefined) output.line(texts.say('brake.off'));
  else tell(brake, invocation);
  const { items } = await listBrakes(catalog, { limit: 5 }, context);
  const released = items.filter((one) => one.release !== undefined);
  for (const { why, release } of released) {
    const { by, at, reason } = release!;
    output.line(
      texts.say('brake.wasReleased', { why: texts.phrase(why), by, reason, time: timeOf(at, invocation) }),
    );
  }
  const result = {
    on: brake !== undefined,
    ...(brake === undefined ? {} : { brake: fieldsOf(brake) }),
    released: released.map(fieldsOf),
  };
  return brake === undefined ? { result } : { exit: 1, outcome: 'partial', result };
}

async function pull(invocation: Invocation): Promise<Ending> {
  const { pullBrake } = await import('../../catalog/brake.ts');
  const why = reasonOf(invocation);
  await using catalog = await openCatalogOf(invocation);
  const { brake, isNew } = await pullBrake(catalog, { why, by: localActor(invocation) }, invocation.context);
  tell(brake, invocation);
  return { result: { brake: fieldsOf(brake), isNew } };
}

async function release(invocation: Invocation): Promise<Ending> {
  const { context, output, texts } = invocation;
  const { releaseBrake } = await import('../../catalog/brake.ts');
  const { currentConfiguration } = await import('../../catalog/configurations.ts');
  const reason = reasonOf(invocation);
  const by = localActor(invocation);
  await using catalog = await openCatalogOf(invocation);
  const { api } = await currentConfiguration(catalog, context);
  try {
    const brake = await releaseBrake(catalog, { by, reason, needsSecond: api.secondPerson }, context);
    output.line(texts.say('brake.released', { why: texts.phrase(brake.why) }));
    return { result: { brake: fieldsOf(brake) } };
  } catch (error) {
    if (isFailure(error, 'denied')) {
      const act = { ...by, action: 'brake:release', outcome: 'refused' as const };
      await appendAudit(catalog, { ...act, facts: { code: error.code, reason } }, context);
    }
    throw error;
  }
}

function reasonOf({ options }: Invocation): string {
  const reason = options.text('reason')?.trim();
  if (reason !== undefined && reason !== '') return reason;
  throw new Failure('usage', 'BRAKE_REASON_MISSING', 'the reason is missing', {
    hint: 'Say what you found out: --reason "the photos of the school trip were imported".',
  });
}

function tell(brake: Brake, invocation: Invocation): void {
  const { output, texts } = invocation;
  const { why, pulledBy, pulledAt, pulls } = brake;
  output.line(
    texts.say('brake.on', { why: texts.phrase(why), by: pulledBy, time: timeOf(pulledAt, invocation) }),
  );
  if (pulls > 1) output.line(texts.say('brake.pulls', { count: formatCount(pulls, texts.language) }));
  output.line(texts.say('brake.next'));
}

function timeOf(at: number, { ambient }: Invocation): string {
  return localTime(at, ambient.zoneOffsetMinutes);
}

function fieldsOf(brake: Brake): Record<string, unknown> {
  const { release: lifted } = brake;
  return {
    ...brake,
    pulledAt: isoTime(brake.pulledAt),
    lastPulledAt: isoTime(brake.lastPulledAt),
    ...(lifted === undefined ? {} : { release: { ...lifted, at: isoTime(lifted.at) } }),
  };
}
