// The configuration as a whole: looked at, tried, and replaced as far as that needs nobody at the machine itself.

import { z } from 'zod';
import { exampleInstant, instant, operation } from './operation.ts';

const topic = 'Configuration';
const path = '/api/v1/configuration';

/** Not closed here: what is wrong with it is the answer. */
const document = z.record(z.string(), z.json()).meta({
  description: 'As `GET /api/v1/configuration/schema` describes it. Of secrets only references stand in it.',
});

const values = z.array(z.strictObject({ path: z.string(), value: z.string() }));

const difference = z.strictObject({
  path: z.string(),
  before: z.string().optional(),
  after: z.string().optional(),
});

const shortening = z.strictObject({
  policy: z.string(),
  lost: z
    .int()
    .min(0)
    .meta({ description: 'Of the recovery points that are there: so many would be let go.' }),
  of: z.int().min(0),
  locksLess: z.boolean(),
});

const example = {
  repositories: { main: { place: '/backup/main', unlock: { password: 'file:/etc/holdfast/password' } } },
  policies: {
    school: {
      sources: [{ kind: 'files', paths: ['/srv/school'] }],
      repositories: ['main'],
      schedule: '0 2 * * *',
      retention: { keepDaily: 7 },
    },
  },
};

export const configuration = {
  getConfiguration: operation({
    method: 'GET',
    path,
    topic,
    summary: 'Show the configuration that holds',
    details:
      '`configuration` is what was written, with the policies that the API has made; `values` is every value that holds, defaults among them. ' +
      'The header ETag names its revision: send it back as If-Match with a change.',
    permission: 'configuration:read',
    answer: z.strictObject({
      revision: z.int().min(0).meta({ description: 'Grows with every change, also of a single policy.' }),
      appliedAt: instant.optional(),
      appliedBy: z.string().optional(),
      node: z.string().optional(),
      configuration: document,
      values,
    }),
    example: {
      answer: {
        revision: 3,
        appliedAt: exampleInstant,
        appliedBy: 'mara',
        node: 'server',
        configuration: example,
        values: [{ path: 'language', value: 'en' }],
      },
    },
  }),
  getConfigurationSchema: operation({
    method: 'GET',
    path: `${path}/schema`,
    topic,
    summary: 'Show how a configuration is written, as JSON Schema',
    permission: 'configuration:read',
    answer: z.record(z.string(), z.json()),
    example: { answer: { type: 'object' } },
  }),
  compareConfiguration: operation({
    method: 'POST',
    path: `${path}/comparisons`,
    topic,
    summary: 'Check a configuration, and compare it with the one that holds',
    details:
      'Nothing is changed. `mistakes` is all that is wrong with it. `onlyThere` names what would change and is changed on the machine itself alone.',
    permission: 'configuration:read',
    body: z.strictObject({ configuration: document }),
    answer: z.strictObject({
      mistakes: z.array(z.strictObject({ path: z.string(), message: z.string() })),
      differences: z.array(difference),
      shortenings: z.array(shortening),
      onlyThere: z.array(z.string()),
    }),
    example: {
      body: { configuration: example },
      answer: {
        mistakes: [],
        differences: [{ path: 'policies.school.retention.keepDaily', before: '14', after: '7' }],
        shortenings: [{ policy: 'school', lost: 7, of: 14, locksLess: false }],
        onlyThere: [],
      },
    },
  }),
  applyConfiguration: operation({
    method: 'PUT',
    path,
    topic,
    summary: 'Replace the configuration',
    details:
      'Needs If-Match with the ETag that was looked at, or If-None-Match: * where nothing was applied yet. The document names all policies: one that is missing is deleted (what it has saved stays). ' +
      'Repositories, channels, the API itself, the catalog, logs, witnesses and metrics are changed on the machine itself alone, and so are sources that are opened with a secret. ' +
      'What would keep less than before is refused until `keepLess` says that this is wanted; then it asks for what pruning asks for. ' +
      'It holds until somebody changes the configuration file of the service: then the file counts, as the newer of the two; policies made here stay also then.',
    permission: 'configuration:write',
    body: z.strictObject({ configuration: document, keepLess: z.boolean().default(false) }),
    answer: z.strictObject({
      revision: z.int().min(0),
      changed: z.boolean(),
      savedPolicies: z.array(z.string()),
      deletedPolicies: z.array(z.string()),
    }),
    example: {
      body: { configuration: example, keepLess: true },
      answer: { revision: 4, changed: true, savedPolicies: ['school'], deletedPolicies: [] },
    },
    errors: [
      'CONDITION_NEEDED',
      'PRECONDITION_FAILED',
      'CONFIG_INVALID',
      'CONFIG_ONLY_THERE',
      'CONFIG_SHORTENS_RETENTION',
      'SOURCE_NEEDS_SECRET',
      'LOCK_SHORTENED',
      'RETENTION_SHORTENED',
      'SECOND_PERSON_NEEDED',
    ],
  }),
};
