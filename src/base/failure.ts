// What stops an operation. Trouble with one entry of a source is not a Failure but a Problem (see context.ts).

export type Facts = Readonly<Record<string, string | number | boolean>>;

export type FailureKind =
  | 'usage'
  | 'denied'
  | 'missing'
  | 'conflict'
  | 'unavailable'
  | 'exhausted'
  | 'corrupt'
  | 'canceled'
  | 'bug';

/** The kind alone decides retry, exit code and HTTP status: this table is the only place that maps them. */
export const failureKinds: Readonly<
  Record<FailureKind, { readonly exit: number; readonly http: number; readonly retry: boolean }>
> = {
  usage: { exit: 2, http: 400, retry: false },
  denied: { exit: 3, http: 403, retry: false },
  missing: { exit: 4, http: 404, retry: false },
  conflict: { exit: 5, http: 409, retry: false },
  unavailable: { exit: 6, http: 503, retry: true },
  exhausted: { exit: 7, http: 507, retry: false },
  corrupt: { exit: 8, http: 500, retry: false },
  canceled: { exit: 130, http: 499, retry: false },
  bug: { exit: 70, http: 500, retry: false },
};

export interface FailureMore {
  readonly facts?: Facts;
  /** A full sentence that says what to do. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Message: lower case, no full stop, values in double quotes. Code: stable, in docs/errors.md, never reused. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly kind: FailureKind;
  readonly code: string;
  readonly facts: Facts;
  readonly hint: string | undefined;

  constructor(kind: FailureKind, code: string, message: string, more: FailureMore = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.kind = kind;
    this.code = code;
    this.facts = more.facts ?? {};
    this.hint = more.hint;
  }
}

/** Whether `error` is a Failure of the given kind (and, when given, code). */
export function isFailure(error: unknown, kind?: FailureKind, code?: string): error is Failure {
  return (
    error instanceof Failure &&
    (kind === undefined || error.kind === kind) &&
    (code === undefined || error.code === code)
  );
}

/** Stays on in production: stopping beats continuing wrongly. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Failure('bug', 'ASSERTION_FAILED', message);
}
