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
    method: 'POST',
    path: '/api/v1/repositories/{repository}/checks',
    topic: 'Repositories',
    summary: 'Check a repository: the next share of its bytes is read',
    permission: 'repository:check',
    object: 'repository',
    params,
    answer: accepted,
    status: 202,
    example: { params: { repository: 'main' }, answer: exampleAccepted },
    errors: ['REPOSITORY_UNKNOWN'],
  }),
  listSnapshots: operation({
    method: 'POST',
    path: '/api/v1/repositories/{repository}/listings',
    topic: 'Repositories',
    summary: 'Read which snapshots a repository itself has',
    details: 'Asks the repository, not the catalog. The list is the result of the task.',
    permission: 'repository:check',
    object: 'repository',
    params,
    answer: accepted,
    status: 202,
    example: { params: { repository: 'main' }, answer: exampleAccepted },
    errors: ['REPOSITORY_UNKNOWN'],
  }),
  pruneRepository: operation({
    method: 'POST',
    path: '/api/v1/repositories/{repository}/prunes',
    topic: 'Repositories',
    summary: 'Give back the space of what no recovery point needs',
    details: 'Forgets no recovery point. Nothing is deleted while the brake is on.',
    permission: 'repository:prune',
    object: 'repository',
    params,
    answer: accepted,
    status: 202,
    example: { params: { repository: 'main' }, answer: exampleAccepted },
    errors: ['REPOSITORY_UNKNOWN', 'BRAKE_ON'],
  }),
  probeRepository: operation({
    method: 'POST',
    path: '/api/v1/repositories/{repository}/probes',
    topic: 'Repositories',
    summary: 'Try the storage and the keys of a repository; what is found is its health',
    permission: 'repository:check',
    object: 'repository',
    params,
    body: z.strictObject({ deep: z.boolean().default(false) }),
    answer: accepted,
    status: 202,
    example: { params: { repository: 'main' }, body: { deep: true }, answer: exampleAccepted },
    errors: ['REPOSITORY_UNKNOWN'],
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
