// The bytes of a download: a job reads them, and its end of the pipe goes straight to who asked; this process never sees them.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { taskById } from '../catalog/queue.ts';
import type { JobReports } from './job.ts';
import type { DownloadOrder } from './jobs/orders.ts';
import type { TaskTools } from './task.ts';
import { downloadWish } from './tasks/download.ts';
import { auditedJob } from './tasks/job-end.ts';
import { downloadPayload, readPayload } from './tasks/orders.ts';

const longestMs = 86_400_000;

/** By the task that has looked what there is; who may have it was asked by whom they called. Resolves when all of it is in the pipe. */
export async function download(
  id: string,
  range: DownloadOrder['range'],
  pipe: NonNullable<JobReports['pipe']>,
  tools: TaskTools,
  context: Context,
): Promise<void> {
  const task = await taskById(tools.catalog, id, context);
  if (task?.kind !== 'download' || task.state !== 'done') {
    throw new Failure('missing', 'TASK_UNKNOWN', `there is no download "${id}"`, {
      hint: 'Ask for it first, and come again when its task is done.',
    });
  }
  const payload = readPayload(downloadPayload, 'download', task.payload);
  const wish = downloadWish(payload, await tools.configuration(context), range);
  await auditedJob({ ...wish, action: 'snapshot:download', longestMs, pipe }, tools, context);
}
