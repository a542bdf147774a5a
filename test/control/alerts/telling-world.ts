// A control plane that only tells: the real duties, tasks, job and catalog, with endpoints in memory that can be down, slow to note or lie.

import type { Context } from '../../../src/base/context.ts';
import { Failure } from '../../../src/base/failure.ts';
import type { JsonValue } from '../../../src/base/jcs.ts';
import type { Catalog } from '../../../src/catalog/catalog.ts';
import { claimTask, completeTask, releaseTask } from '../../../src/catalog/queue.ts';
import type { Channel, Message } from '../../../src/channels/channel.ts';
import { duty as alerts } from '../../../src/control/duties/alerts.ts';
import { duty as heartbeat } from '../../../src/control/duties/heartbeat.ts';
import { duty as report } from '../../../src/control/duties/report.ts';
import type { JobRunner, JobTools, Openers } from '../../../src/control/job.ts';
import { executeJob } from '../../../src/control/jobs/execute.ts';
import type { TaskTools } from '../../../src/control/task.ts';
import { task as deliver } from '../../../src/control/tasks/deliver.ts';
import {
  type Configuration,
  type ConfigurationInput,
  configurationSchema,
} from '../../../src/model/configuration/configuration.ts';
import type { Place } from '../../catalog/catalog-world.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** Where messages arrive. `trouble` is thrown instead of taking one; `after`: thrown although it was taken, as by one who lies. */
export class Endpoint {
  readonly got: Message[] = [];
  trouble: Failure | undefined;
  after: Failure | undefined;
  refused: string[] = [];

  channel(name: string): Channel {
    return {
      location: `memory:${name}`,
      send: async (message) => {
        if (this.trouble !== undefined) throw this.trouble;
        this.got.push(message);
        if (this.after !== undefined) throw this.after;
        return { refused: this.refused };
      },
      async [Symbol.asyncDispose]() {},
    };
  }
}

export const down = () => new Failure('unavailable', 'CHANNEL_DOWN', 'the endpoint does not answer');
export const denied = () => new Failure('denied', 'CHANNEL_DENIED', 'the endpoint refuses the password');

export function configured(more: object): Configuration {
  const channels = Object.fromEntries(
    ['mail', 'chat', 'deputy', 'switch'].map((name) => [name, { place: `memory:${name}` }]),
  );
  const input = {
    zone: 'Europe/Zurich',
    repositories: { home: { place: '/backup', unlock: { password: 'env:PASSWORD' } } },
    channels,
    ...more,
  };
  return configurationSchema.parse(input as ConfigurationInput);
}

export function runnerWith(channel: Openers['channel']): JobRunner {
  const unneeded = () => {
    throw new Error('messages need no such thing');
  };
  const openers: Openers = { repository: unneeded, storage: unneeded, source: unneeded, channel };
  const tools: Omit<JobTools, 'mayGo'> = {
    openers,
    host: 'test',
    user: 'test',
    tool: 'test',
    compression: unneeded,
  };
  return {
    run: (kind, order, reports, context) => executeJob(kind, JSON.stringify(order), tools, reports, context),
  };
}

export class TellingWorld {
  readonly catalog: Catalog;
  readonly context: Context;
  readonly place: Place;
  configuration: Configuration;
  readonly endpoints = new Map<string, Endpoint>();
  /** Kills the process between sending and noting, so often. */
  kills = 0;
  readonly tools: TaskTools;

  constructor(
    place: Place,
    opened: { readonly catalog: Catalog; readonly context: Context },
    more: object = {},
    runner?: JobRunner,
  ) {
    this.place = place;
    this.catalog = opened.catalog;
    this.context = opened.context;
    this.configuration = configured(more);
    this.tools = {
      catalog: this.catalog,
      node: 'school-server',
      configuration: async () => this.configuration,
      runner:
        runner ??
        runnerWith(async (rules) => {
          const name = rules.place.slice('memory:'.length);
          return this.at(name).channel(name);
        }),
    };
  }

  at(name: string): Endpoint {
    const known = this.endpoints.get(name) ?? new Endpoint();
    this.endpoints.set(name, known);
    return known;
  }

  titles(name: string): string[] {
    return this.at(name).got.map(({ title }) => title);
  }

  /** Time goes by in steps; at each, what is due is done. */
  async pass(durationMs: number, stepMs = durationMs): Promise<void> {
    for (let passed = 0; passed < durationMs; passed += stepMs) {
      await this.place.advance(Math.min(stepMs, durationMs - passed));
      await this.round();
    }
  }

  async round(): Promise<void> {
    for (const duty of [heartbeat, report, alerts]) await duty.run(this.tools, this.context);
    for (;;) {
      const wish = { node: 'school-server', holdMs: minute };
      const claim = await claimTask(this.catalog, wish, this.context);
      if (claim === undefined) return;
      if (this.kills > 0) {
        this.kills -= 1;
        await this.#sendAndDie(claim.task.payload);
        continue;
      }
      try {
        await completeTask(
          this.catalog,
          claim,
          await deliver.run(claim, this.tools, this.context),
          this.context,
        );
      } catch {
        await releaseTask(this.catalog, claim, undefined, this.context);
      }
    }
  }

  /** What a process does that dies right after the endpoint took the message. */
  async #sendAndDie(payload: JsonValue): Promise<void> {
    const { messageById } = await import('../../../src/catalog/messages.ts');
    const { message: id } = payload as { readonly message: string };
    const message = (await messageById(this.catalog, id, this.context))!;
    await this.at(message.channel)
      .channel('')
      .send(message.content as unknown as Message, this.context);
  }
}
