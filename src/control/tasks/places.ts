// Repositories as the orders of jobs describe them.

import { Failure } from '../../base/failure.ts';
import type { Configuration } from '../../model/configuration/configuration.ts';
import type { NamedRepository } from '../jobs/orders.ts';

/** `upload`: the policy's own rate goes before the repository's, and that before the one of all workers. */
export function repositoryOrder(
  name: string,
  { repositories, workers }: Configuration,
  upload?: string,
): NamedRepository {
  const rules = Object.hasOwn(repositories, name) ? repositories[name] : undefined;
  if (rules === undefined) {
    throw new Failure('usage', 'REPOSITORY_UNKNOWN', `the configuration has no repository "${name}"`, {
      hint: 'Name it under "repositories", then apply the configuration: holdfast config apply',
    });
  }
  const up = upload ?? rules.upload ?? workers.upload;
  const down = rules.download ?? workers.download;
  return {
    name,
    rules: {
      ...rules,
      ...(up === undefined ? {} : { upload: up }),
      ...(down === undefined ? {} : { download: down }),
    },
  };
}
