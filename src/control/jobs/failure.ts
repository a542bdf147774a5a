// Failures on their way across the seam to and from processes with secrets.

import { Failure, isFailure } from '../../base/failure.ts';
import type { JobFailure } from '../job.ts';

/** What is no Failure may hold anything in its message: only its class is told. */
export function failureOf(error: unknown): JobFailure {
  if (isFailure(error)) {
    const { kind, code, message, hint } = error;
    return { kind, code, message, ...(hint === undefined ? {} : { hint }) };
  }
  const { name, code } = error instanceof Error ? (error as NodeJS.ErrnoException) : { name: typeof error };
  if (name === 'AbortError') return { kind: 'canceled', code: 'CANCELED', message: 'the job was stopped' };
  const shown = code === undefined ? name : `${name} ${code}`;
  return { kind: 'bug', code: 'JOB_BROKE', message: `the job broke with "${shown}"` };
}

/** A failure that crossed the seam, as one again. */
export function asFailure({ kind, code, message, hint }: JobFailure): Failure {
  return new Failure(kind, code, message, hint === undefined ? {} : { hint });
}
