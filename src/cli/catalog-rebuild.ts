// `holdfast catalog rebuild`: a catalog that was lost is made again from the configuration and from what the repositories hold. It needs nobody
// beside it: no service, no older catalog.

import { Failure, isFailure } from '../base/failure.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { TaskTools } from '../control/task.ts';
import type { Configuration } from '../model/configuration/configuration.ts';
import type { Command, Ending, Invocation } from './command.ts';
import { readConfigurationInput } from './control/configuration-input.ts';
import { sealingKeyFile } from './control/job-wire.ts';
import { nodeName } from './control/nodes.ts';
import { catalogPlace, controlOptions } from './control/places.ts';
import { createSpawnedRunner } from './control/spawned-runner.ts';

export const catalogRebuild: Command = { name: 'rebuild', options: controlOptions, run: rebuild };

interface Learned {
  readonly repository: string;
  readonly snapshots?: number;
  /** Copies that the catalog knew, and that are there no more. */
  readonly gone?: number;
  readonly code?: string;
}

async function rebuild(invocation: Invocation): Promise<Ending> {
  const { ambient, context, output, texts } = invocation;
  const file = await readConfigurationInput(invocation);
  const place = await catalogPlace(file?.input.catalog ?? {}, invocation);
  const { openCatalog } = await import('../catalog/open.ts');
  await using catalog = await openCatalog(place, context);
  const node = nodeName(file?.input.node, ambient);
  const { applyConfiguration, currentConfiguration } = await import('../catalog/configurations.ts');
  if (file !== undefined) {
    const { changesBy } = await import('../control/configuration-changes.ts');
    const zoneOffset = (at: number) => ambient.zoneOffsetMinutes(at);
    const { shortenings } = await changesBy(file.input, catalog, zoneOffset, context);
    if (shortenings.length > 0) {
      const { shorteningRefused } = await import('./configuration/apply.ts');
      throw shorteningRefused(shortenings);
    }
    await applyConfiguration(catalog, file.input, { actor: ambient.userName, node }, context);
  }
  const configuration = await currentConfiguration(catalog, context);
  const names = inOrder(configuration);
  if (names.length === 0) {
    throw new Failure('missing', 'NOTHING_TO_REBUILD_FROM', 'the configuration names no repository');
  }
  const plain = { location: place.location, ...(place.password && { password: textOf(place.password) }) };
  const tools: TaskTools = {
    catalog,
    node,
    runner: createSpawnedRunner(ambient, { sealed: { catalog: plain, keyFile: sealingKeyFile(ambient) } }),
    configuration: async () => configuration,
  };
  const learned: Learned[] = [];
  for (const repository of names) {
    context.monitor.phase('listing');
    const one = await learn(repository, tools, invocation);
    learned.push(one);
    output.line(
      one.code === undefined
        ? texts.say('catalog.learned', { repository, snapshots: one.snapshots ?? 0, gone: one.gone ?? 0 })
        : texts.say('catalog.notLearned', { repository, code: one.code }),
    );
  }
  const lacking = learned.filter(({ code }) => code !== undefined).length;
  return {
    outcome: lacking === 0 ? 'succeeded' : lacking === names.length ? 'failed' : 'partial',
    result: {
      location: catalog.location,
      policies: await policiesOf(catalog, invocation),
      repositories: learned,
    },
  };
}

/** Those that policies write to first: what others hold are copies of it, and are known as such once it was read. */
function inOrder({ policies, repositories }: Configuration): string[] {
  const first = new Set(Object.values(policies).flatMap((policy) => policy.repositories.slice(0, 1)));
  const names = Object.keys(repositories);
  return [...names.filter((name) => first.has(name)), ...names.filter((name) => !first.has(name))];
}

/** One repository that does not answer keeps none of the others from being read. */
async function learn(repository: string, tools: TaskTools, invocation: Invocation): Promise<Learned> {
  const { ambient, context } = invocation;
  const { learnRepository } = await import('../control/learn-repository.ts');
  try {
    const found = await learnRepository(repository, ambient.userName, tools, context);
    return found === undefined ? { repository, code: 'INVALID_RESULT' } : { repository, ...found };
  } catch (error) {
    if (!isFailure(error) || error.kind === 'canceled' || error.kind === 'bug') throw error;
    context.monitor.problem({ path: repository, code: error.code, message: error.message });
    return { repository, code: error.code };
  }
}

async function policiesOf(catalog: Catalog, { context }: Invocation): Promise<number> {
  const { catalogStatus } = await import('../catalog/status.ts');
  return (await catalogStatus(catalog, context)).policies;
}

function textOf(password: { reveal(): Uint8Array }): string {
  return Buffer.from(password.reveal()).toString();
}
