// What goes between the control process and the process of one job, over a channel that nobody else can read.

import type { Counter, Problem } from '../../base/context.ts';
import type { Facts } from '../../base/failure.ts';
import type { Going, JobEnd, JobFailure } from '../../control/job.ts';
import type { Ambient } from '../ambient.ts';
import { stateFile } from '../catalog-place.ts';

export interface JobCall {
  readonly kind: string;
  readonly orderJson: string;
  /** For sealed secrets; the key file opens them. */
  readonly sealed?: SealedPlaces;
  /** Bytes may go out at `outFd`, once it is told that somebody reads them. */
  readonly hasOut?: boolean;
}

/** Beside the standard ones and the channel. */
export const outFd = 4;

/** What the parent says when somebody reads. */
export const beginWord = 'begin';

export interface SealedPlaces {
  readonly catalog: { readonly location: string; readonly password?: string };
  readonly keyFile: string;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type JobCounts = Readonly<Partial<Record<Counter, number>>>;

export type JobNews =
  | { readonly type: 'counts'; readonly done: JobCounts; readonly expected: JobCounts }
  | { readonly type: 'phase'; readonly name: string }
  | { readonly type: 'problems'; readonly problems: readonly Problem[] }
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string; readonly facts?: Facts }
  | { readonly type: 'may go'; readonly question: number; readonly going: Going }
  | { readonly type: 'end'; readonly end: JobEnd };

/** What the parent says to a question. */
export interface JobAnswer {
  readonly question: number;
  readonly answer: { readonly snapshots: readonly string[] } | { readonly failure: JobFailure };
}

/** Outside of the catalog, so that a copy of the catalog opens nothing. */
export function sealingKeyFile(
  ambient: Pick<Ambient, 'stateDirectory' | 'environment' | 'userName'>,
): string {
  return stateFile('secrets.key', ambient);
}
