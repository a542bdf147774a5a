// What there is to download: looked at when it is asked for, so that who comes for the bytes knows what they are.

import type { JsonValue } from '../../base/jcs.ts';
import type { Configuration } from '../../model/configuration/configuration.ts';
import { asJson, type DownloadOrder } from '../jobs/orders.ts';
import type { TaskKind } from '../task.ts';
import { auditedJob, type Wish } from './job-end.ts';
import { type DownloadPayload, downloadPayload, readPayload } from './orders.ts';
import { repositoryOrder } from './places.ts';

const longestMs = 30 * 60_000;

export const task: TaskKind = {
  async run(claim, tools, context) {
    const payload = readPayload(downloadPayload, 'download', claim.task.payload);
    const wish = downloadWish(payload, await tools.configuration(context));
    return (await auditedJob({ ...wish, action: 'snapshot:browse', longestMs }, tools, context)).result;
  },
};

export function downloadWish(
  { repository, snapshot, path, format, actor }: DownloadPayload,
  configuration: Configuration,
  range?: DownloadOrder['range'],
): Omit<Wish, 'action'> {
  const order: JsonValue = {
    snapshot,
    path,
    format,
    ...(range === undefined ? {} : { range: { ...range } }),
    repository: asJson(repositoryOrder(repository, configuration)),
  };
  return { kind: 'download', order, object: repository, actor, facts: { snapshot, path } };
}
