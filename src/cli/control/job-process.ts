// The program of a job's process. See serve-job.ts.

import { executeJob } from '../../control/jobs/execute.ts';
import { readAmbient } from '../ambient.ts';
import { serveJob } from './serve-job.ts';

const ambient = readAmbient();
await serveJob(ambient, executeJob);
ambient.exitNow(0);
