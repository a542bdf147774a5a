// A node of its own, with the real clock: does what is asked for at a catalog until it is killed or told to stop. After so many runs its jobs hang,
// while it goes on to say that it lives.

import type { Context } from '../../src/base/context.ts';
import { Failure } from '../../src/base/failure.ts';
import { openCatalog } from '../../src/catalog/open.ts';
import { runControl } from '../../src/control/run-control.ts';
import { configurationSchema } from '../../src/model/configuration/configuration.ts';
import { testContext } from '../world.ts';
import { succeeded } from './control-world.ts';

const [location = '', node = '', healthy = ''] = process.argv.slice(2);
let begun = 0;
const controller = new AbortController();
process.on('SIGTERM', () => controller.abort());

const context: Context = {
  ...testContext(controller.signal),
  clock: {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    sleep: (durationMs, signal) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, durationMs);
        const leave = () => {
          clearTimeout(timer);
          reject(new Failure('canceled', 'CANCELED', 'the wait was canceled'));
        };
        if (signal.aborted) leave();
        else signal.addEventListener('abort', leave, { once: true });
      }),
  },
};
const repositories = { main: { place: 'main', unlock: { password: 'file:/p' } } };
const configuration = configurationSchema.parse({ repositories, workers: { concurrency: 2 } });
const { task } = await import('../../src/control/tasks/backup.ts');
await using catalog = await openCatalog({ location }, context);
await runControl(
  {
    catalog,
    node,
    configuration: async () => configuration,
    runner: {
      async run(_kind, _order, _reports, { clock, signal }) {
        begun += 1;
        await clock.sleep(begun > Number(healthy) ? 3_600_000 : 10, signal);
        return succeeded;
      },
    },
    duties: {},
    tasks: { backup: async () => ({ task }) },
    // Longer than any machine stands still: what is held by somebody who lives stays his.
    holdMs: 3_600_000,
    idleMs: 20,
  },
  context,
);
