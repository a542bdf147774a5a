// The ransom brake: while it is pulled, backups go on and nothing is deleted.

import { z } from 'zod';
import { exampleInstant, instant, operation, remark } from './operation.ts';

const topic = 'Brake';

const state = z.strictObject({
  isOn: z.boolean(),
  why: z.string().optional(),
  policy: z.string().optional(),
  pulls: z.int().min(0),
  pulledBy: z.string().optional(),
  pulledAt: instant.optional(),
  lastPulledAt: instant.optional(),
});

export const brake = {
  getBrake: operation({
    method: 'GET',
    path: '/api/v1/brake',
    topic,
    summary: 'Is the brake pulled, and why?',
    permission: 'brake:read',
    answer: state,
    example: { answer: { isOn: false, pulls: 0 } },
  }),
  pullBrake: operation({
    method: 'POST',
    path: '/api/v1/brake',
    topic,
    summary: 'Pull the brake: from now on nothing is deleted',
    permission: 'brake:pull',
    body: z.strictObject({ reason: remark }),
    answer: state,
    example: {
      body: { reason: 'Strange file names on the file server' },
      answer: {
        isOn: true,
        why: 'Strange file names on the file server',
        pulls: 1,
        pulledBy: 'mara',
        pulledAt: exampleInstant,
        lastPulledAt: exampleInstant,
      },
    },
  }),
  releaseBrake: operation({
    method: 'POST',
    path: '/api/v1/brake/release',
    topic,
    summary: 'Lift the brake',
    details:
      'Send `pulls` as it was shown: when it was pulled once more since then, nobody has looked at that reason yet.',
    permission: 'brake:release',
    body: z.strictObject({ reason: remark, pulls: z.int().min(1).optional() }),
    answer: state,
    example: {
      body: { reason: 'The photos of the school trip were imported', pulls: 1 },
      answer: { isOn: false, pulls: 1 },
    },
    errors: ['BRAKE_OFF', 'BRAKE_PULLED_AGAIN'],
  }),
};
