// Places that the configuration names: repositories and channels. They are changed in the configuration alone; here they are looked at and tried.

import { z } from 'zod';
import { name } from '../../model/configuration/fields.ts';
import { accepted, exampleAccepted, operation } from './operation.ts';

const params = z.strictObject({ repository: name });

const repository = z.strictObject({
  name: z.string(),
  description: z.string().optional(),
  /** Which kind of storage, such as "s3"; not its address. */
  storage: z.string(),
  concurrency: z.int().min(1),
});

const channel = z.strictObject({
  name: z.string(),
  description: z.string().optional(),
  kind: z.string(),
  language: z.enum(['en', 'de']).optional(),
});

const exampleRepository = {
  name: 'main',
  description: 'The disk in the cellar',
  storage: 'file',
  concurrency: 4,
};

/** What a repository is asked, or told to do: a task. */
const ofRepository = {
  method: 'POST',
  topic: 'Repositories',
  object: 'repository',
  params,
  answer: accepted,
  status: 202,
  example: { params: { repository: 'main' }, answer: exampleAccepted },
  errors: ['REPOSITORY_UNKNOWN'],
} as const;

export const places = {
  listRepositories: operation({
    method: 'GET',
    path: '/api/v1/repositories',
    topic: 'Repositories',
    summary: 'List repositories',
    permission: 'repository:read',
    answer: z.strictObject({ items: z.array(repository) }),
    example: { answer: { items: [exampleRepository] } },
  }),
  getRepository: operation({
    method: 'GET',
    path: '/api/v1/repositories/{repository}',
    topic: 'Repositories',
    summary: 'Show a repository',
    permission: 'repository:read',
    object: 'repository',
    params,
    answer: repository,
    example: { params: { repository: 'main' }, answer: exampleRepository },
    errors: ['REPOSITORY_UNKNOWN'],
  }),
  checkRepository: operation({
    ...ofRepository,
    path: '/api/v1/repositories/{repository}/checks',
    summary: 'Check a repository: the next share of its bytes is read',
    permission: 'repository:check',
  }),
  listSnapshots: operation({
    ...ofRepository,
    path: '/api/v1/repositories/{repository}/listings',
    summary: 'Read which snapshots a repository itself has',
    details:
      'Asks the repository, not the catalog, and tells the catalog, where they are recovery points then. The result of the task: how many `snapshots` there are, and of how many copies it is new that they are `gone`.',
    permission: 'repository:check',
  }),
  pruneRepository: operation({
    ...ofRepository,
    path: '/api/v1/repositories/{repository}/prunes',
    summary: 'Give back the space of what no recovery point needs',
    details: 'Forgets no recovery point. Nothing is deleted while the brake is on.',
    permission: 'repository:prune',
    errors: ['REPOSITORY_UNKNOWN', 'BRAKE_ON'],
  }),
  planIndexRepair: operation({
    ...ofRepository,
    path: '/api/v1/repositories/{repository}/repair-plans',
    summary: 'Say what a repair of the index would do',
    details:
      'Changes nothing. The result of the task: the `steps`, how many they are as `count`, and `done`: false.',
    permission: 'repository:check',
  }),
  repairIndex: operation({
    ...ofRepository,
    path: '/api/v1/repositories/{repository}/repairs',
    summary: 'Repair the index of a repository',
    details:
      'Packs that no index names are indexed, those that are gone are dropped from it, and indexes that lie about a pack are deleted; packs and snapshots stay as they are. Nothing is done while the brake is on. The result of the task: as of a plan, with `done`: true.',
    permission: 'repository:repair',
    errors: ['REPOSITORY_UNKNOWN', 'BRAKE_ON'],
  }),
  probeRepository: operation({
    ...ofRepository,
    path: '/api/v1/repositories/{repository}/probes',
    summary: 'Try the storage and the keys of a repository; what is found is its health',
    permission: 'repository:check',
    body: z.strictObject({ deep: z.boolean().default(false) }),
    example: { params: { repository: 'main' }, body: { deep: true }, answer: exampleAccepted },
  }),
  readPosture: operation({
    ...ofRepository,
    path: '/api/v1/repositories/{repository}/postures',
    summary: 'Look how the place of a repository is set up',
    details:
      'Asks the storage and changes nothing. The result of the task: `findings`, each with `about`, `verdict` (good, warning, bad, unknown) and `detail`.',
    permission: 'repository:check',
  }),
  testStorage: operation({
    ...ofRepository,
    path: '/api/v1/repositories/{repository}/storage-tests',
    summary: 'Try every promise of a storage on the live place of a repository, and how fast it is',
    details:
      'Writes objects of its own, below `probe/`, and removes them. The result of the task: `checks`, how many of them are `broken`, and `durability`; where none is, also `answerMs`, `uploadBytesPerSecond` and `downloadBytesPerSecond`.',
    permission: 'repository:check',
  }),
  listKeySlots: operation({
    ...ofRepository,
    path: '/api/v1/repositories/{repository}/slot-listings',
    summary: 'List who can unlock a repository',
    details:
      'The result of the task: `keys`, each with `id`, `type`, `label`, `createdAt`, whether this version knows it, whether it withstands a quantum computer, and whether it is broken. Nothing of a secret, and nothing to guess one from.',
    permission: 'key:read',
  }),
  measureRepository: operation({
    ...ofRepository,
    path: '/api/v1/repositories/{repository}/measurements',
    summary: 'Count how much a repository saves, and how much room that takes',
    details:
      'Walks through all trees. The result of the task: `snapshots`, `entries`, `restoreBytes`, `uniqueBlobs`, `uniqueBytes`, `storedBytes`, `packs`, and `objects` by kind.',
    permission: 'repository:check',
  }),
  listChannels: operation({
    method: 'GET',
    path: '/api/v1/channels',
    topic: 'Channels',
    summary: 'List channels',
    permission: 'channel:read',
    answer: z.strictObject({ items: z.array(channel) }),
    example: { answer: { items: [{ name: 'mail', kind: 'smtp' }] } },
  }),
  testChannel: operation({
    method: 'POST',
    path: '/api/v1/channels/{channel}/tests',
    topic: 'Channels',
    summary: 'Send a test message',
    permission: 'channel:test',
    object: 'channel',
    params: z.strictObject({ channel: name }),
    answer: accepted,
    status: 202,
    example: { params: { channel: 'mail' }, answer: exampleAccepted },
    errors: ['CHANNEL_UNKNOWN'],
  }),
};
