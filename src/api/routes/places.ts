// Repositories and channels by the configuration as applied. Of a place only its kind is told: addresses are for who configures it.

import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { requireNoBrake } from '../../catalog/brake.ts';
import type { Catalog, Unit } from '../../catalog/catalog.ts';
import { currentConfiguration } from '../../catalog/configurations.ts';
import { addMessage } from '../../catalog/messages.ts';
import { addTask, type NewTask } from '../../catalog/queue.ts';
import { deliverTask } from '../../control/tasks/deliver.ts';
import type { ChannelRules, RepositoryRules } from '../../model/configuration/places.ts';
import type { places } from '../contract/places.ts';
import type { Call, HandlersOf } from '../handler.ts';
import { unknown } from '../objects.ts';
import { acceptedShown, present } from '../shown.ts';

/** Somebody waits for it. */
const askedPriority = 1000;

export const placeHandlers: HandlersOf<typeof places> = {
  listRepositories: {
    async steady({ sight }, catalog, context) {
      const { repositories } = await currentConfiguration(catalog, context);
      const seen = Object.entries(repositories).filter(
        ([name]) => sight.all || sight.repositories.includes(name),
      );
      return { answer: { items: seen.map(([name, rules]) => repositoryShown(name, rules)) } };
    },
  },

  async getRepository({ params: { repository }, tools: { catalog } }, context) {
    return { answer: repositoryShown(repository, await rulesOf(repository, catalog, context)) };
  },

  checkRepository: (call, unit, context) => question('check', call, unit, context),

  listSnapshots: (call, unit, context) => question('list', call, unit, context),
  readPosture: (call, unit, context) => question('posture', call, unit, context),
  testStorage: (call, unit, context) => question('storage-test', call, unit, context),
  listKeySlots: (call, unit, context) => question('slots', call, unit, context),
  measureRepository: (call, unit, context) => question('stats', call, unit, context),

  async pruneRepository({ params: { repository }, principal, request }, unit, context) {
    await rulesOf(repository, unit, context);
    await requireNoBrake(unit, context);
    const payload = { repository, actor: principal.actor };
    return acceptedShown(await addTask(unit, taskOf('prune', request.id, payload), context));
  },

  async planIndexRepair({ params: { repository }, principal, request }, unit, context) {
    await rulesOf(repository, unit, context);
    const payload = { repository, dryRun: true, actor: principal.actor };
    return acceptedShown(await addTask(unit, taskOf('repair', request.id, payload), context));
  },

  async repairIndex({ params: { repository }, principal, request }, unit, context) {
    await rulesOf(repository, unit, context);
    await requireNoBrake(unit, context);
    const payload = { repository, dryRun: false, actor: principal.actor };
    return acceptedShown(await addTask(unit, taskOf('repair', request.id, payload), context));
  },

  async probeRepository({ params: { repository }, body: { deep }, request }, unit, context) {
    await rulesOf(repository, unit, context);
    const payload = { repository, deep };
    return acceptedShown(await addTask(unit, taskOf('probe', request.id, payload), context));
  },

  listChannels: {
    async steady(_, catalog, context) {
      const { channels } = await currentConfiguration(catalog, context);
      const items = Object.entries(channels).map(([name, rules]) => channelShown(name, rules));
      return { answer: { items } };
    },
  },

  async testChannel({ params: { channel }, principal, request }, unit, context) {
    const configuration = await currentConfiguration(unit, context);
    const { channels } = configuration;
    if (!Object.hasOwn(channels, channel)) throw unknown('CHANNEL_UNKNOWN', `channel "${channel}"`);
    const now = context.clock.now();
    const { language = configuration.language } = channels[channel]!;
    const message = {
      ...testWords[language],
      severity: 'INFO',
      facts: { channel, actor: principal.actor },
      links: [],
      language,
      dedupeKey: `test:${channel}:${request.id}`,
      at: now,
    } as const;
    const id = await addMessage(
      unit,
      {
        channel,
        topic: 'news',
        subject: message.dedupeKey,
        content: message,
        giveUpAt: now + testGiveUpMs,
      },
      context,
    );
    if (id === undefined) throw new Failure('conflict', 'CHANNEL_TESTED', 'this test was sent already');
    return acceptedShown(await addTask(unit, deliverTask({ id, channel, attempts: 0 }), context));
  },
};

/** Somebody waits for it: after that a test tells nothing any more. */
const testGiveUpMs = 15 * 60_000;

const testWords = {
  en: { title: 'Holdfast: a test', text: 'This is a test. If you read it, the channel works.' },
  de: {
    title: 'Holdfast: ein Test',
    text: 'Das ist ein Test. Wer ihn liest, weiss: Der Kanal funktioniert.',
  },
} as const;

type Question = Pick<Call<(typeof places)['checkRepository']>, 'params' | 'principal' | 'request'>;

/** What a repository is asked, with nothing more to say: the answer is the result of the task. */
async function question(
  kind: string,
  { params: { repository }, principal, request }: Question,
  unit: Unit,
  context: Context,
) {
  await rulesOf(repository, unit, context);
  const payload = { repository, actor: principal.actor };
  return acceptedShown(await addTask(unit, taskOf(kind, request.id, payload), context));
}

function taskOf(kind: string, request: string, payload: NewTask['payload']): NewTask {
  return { kind, key: `${kind}/${request}`, payload, priority: askedPriority };
}

async function rulesOf(name: string, at: Catalog | Unit, context: Context): Promise<RepositoryRules> {
  const { repositories } = await currentConfiguration(at, context);
  const rules = Object.hasOwn(repositories, name) ? repositories[name] : undefined;
  if (rules === undefined) throw unknown('REPOSITORY_UNKNOWN', `repository "${name}"`);
  return rules;
}

function repositoryShown(name: string, { description, place, concurrency }: RepositoryRules) {
  return present({ name, description, storage: schemeOf(place, 'file'), concurrency });
}

function channelShown(name: string, { description, place, language }: ChannelRules) {
  return present({ name, description, kind: schemeOf(place, 'command'), language });
}

function schemeOf(place: string, otherwise: string): string {
  return /^([a-z][a-z0-9+.-]*):/i.exec(place)?.[1]?.toLowerCase() ?? otherwise;
}
