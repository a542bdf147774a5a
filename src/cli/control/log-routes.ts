// Which log hears of what: the control room writes into monitor.log, jobs into the log of their purpose, and what is more than news also goes
// to the terminal or the journal.

import type { Log } from '../../base/context.ts';
import type { JobRunner } from '../../control/job.ts';
import type { Logs } from '../logs/logs.ts';

export function teeing(file: Log, screen: Log): Log {
  return {
    debug: (message, facts) => file.debug(message, facts),
    info: (message, facts) => file.info(message, facts),
    warn(message, facts) {
      file.warn(message, facts);
      screen.warn(message, facts);
    },
    error(message, facts) {
      file.error(message, facts);
      screen.error(message, facts);
    },
  };
}

export function loggingRunner(runner: JobRunner, logs: Logs, node: string): JobRunner {
  return {
    async run(kind, order, reports, context) {
      const policy = policyOf(order);
      const { run } = reports;
      const bindings = {
        node,
        ...(policy === undefined ? {} : { policy }),
        ...(run === undefined ? {} : { run }),
      };
      const log = logs.for(kind === 'restore' || kind === 'download' ? 'restore' : 'backup', bindings);
      log.info(`${kind} begins`);
      const end = await runner.run(kind, order, reports, { ...context, log });
      const { outcome, failure } = end;
      const told = failure === undefined ? '' : `: ${failure.message}`;
      const level = outcome === 'failed' ? 'error' : outcome === 'partial' ? 'warn' : 'info';
      log[level](`${kind} ${outcome}${told}`, {
        outcome,
        ...end.counts,
        ...(failure === undefined ? {} : { code: failure.code }),
      });
      return end;
    },
  };
}

function policyOf(order: unknown): string | undefined {
  const { policy } = (order ?? {}) as { policy?: unknown };
  return typeof policy === 'string' ? policy : undefined;
}
