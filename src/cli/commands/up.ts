// `holdfast up`: schedules, works, watches, tells and serves, until it is told to stop.

import type { Monitor } from '../../base/context.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { controlOptions } from '../control/places.ts';

export const command: Command = {
  name: 'up',
  options: [...controlOptions, { flags: '--listen <address>', text: 'option.listenApi' }],
  examples: [
    'up',
    'up --config /etc/holdfast/holdfast.yaml',
    'up --catalog postgres://holdfast@db/holdfast --listen 127.0.0.1:8420',
  ],
  run,
};

async function run(invocation: Invocation): Promise<Ending> {
  const { up } = await import('../control/up.ts');
  const { output, texts, context } = invocation;
  let node = '';
  await up({ ...invocation, context: { ...context, monitor: unwatched } }, (ready) => {
    node = ready.node;
  });
  output.line(texts.say('up.stopped'));
  return { result: { node } };
}

/** How far runs are stands in the catalog; a line for people would mix those of several. */
const unwatched: Monitor = {
  count: () => undefined,
  total: () => undefined,
  phase: () => undefined,
  problem: () => undefined,
};
