// `holdfast up`: schedules, works, watches, tells and serves, until it is told to stop.

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
  const { output, texts } = invocation;
  let node = '';
  await up(invocation, (ready) => {
    node = ready.node;
  });
  output.line(texts.say('up.stopped'));
  return { result: { node } };
}
