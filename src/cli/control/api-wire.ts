// What goes between the control process and that of the API. Of secrets only what the API cannot do without: the password of the database
// and the key of its certificate.

import type { ByteRange } from '../../api/ranges.ts';
import type { FailureKind } from '../../base/failure.ts';
import type { JobFailure } from '../../control/job.ts';
import type { Configuration } from '../../model/configuration/configuration.ts';
import type { LogLevel } from './job-wire.ts';

export interface ApiCall {
  readonly catalog: { readonly location: string; readonly password?: string };
  readonly rules: Configuration['api'];
  readonly node: string;
  /** Paths of the logs that may be read. */
  readonly logs?: readonly string[];
  readonly tls?: { readonly certificate: Uint8Array; readonly key: Uint8Array };
}

/** What the API is told of downloads that it has asked for, by its own number. With `stream` comes the end that is read. */
export type DownloadWord =
  | { readonly type: 'stream'; readonly download: number }
  | { readonly type: 'over'; readonly download: number; readonly failure?: JobFailure };

export type ApiNews =
  | {
      readonly type: 'download';
      readonly download: number;
      readonly task: string;
      readonly range?: ByteRange;
    }
  /** It has the end in its hands. */
  | { readonly type: 'reading'; readonly download: number }
  | { readonly type: 'listening'; readonly url: string }
  | {
      readonly type: 'failed';
      readonly kind: FailureKind;
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
    }
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string };
