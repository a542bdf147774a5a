// How work is attached to an operation: a function from what was asked to what is answered, checked against the contract by the compiler.

import type { z } from 'zod';
import type { Context, Instant } from '../base/context.ts';
import type { Facts } from '../base/failure.ts';
import type { JsonValue } from '../base/jcs.ts';
import type { Catalog, Unit } from '../catalog/catalog.ts';
import type { Statistics } from '../control/metrics/statistics.ts';
import type { Principal, Sight } from '../identity/access.ts';
import type { Desk } from '../identity/desk.ts';
import type { Site } from '../identity/factors/passkeys.ts';
import type { Configuration } from '../model/configuration/configuration.ts';
import type { Permission } from '../model/permission.ts';
import type { Recognition } from './access.ts';
import type { Operation } from './contract/operation.ts';
import type { Contract, OperationName } from './contract.ts';
import type { ByteRange } from './ranges.ts';
import type { Reads } from './reads.ts';

/** What all handlers share: of this process, not of a call. */
export interface ApiTools {
  readonly catalog: Catalog;
  readonly rules: Configuration['api'];
  /** Whose audit stream is written. */
  readonly node: string;
  readonly recognition: Recognition;
  readonly desk: Desk;
  /** Where passkeys belong, for who calls this server by that name. */
  siteOf(host: string): Site;
  /** The text of /metrics. */
  metrics(context: Context): Promise<string>;
  /** The same figures as JSON. */
  statistics(context: Context): Promise<Statistics>;
  /** Lines of the logs of this machine, oldest first; with `follow` until the signal aborts. Absent where there are none. */
  logs?(wish: LogWish, context: Context): AsyncIterable<LogLine>;
  /** For the audit trail. */
  readonly reads: Reads;
  /** What a download that was asked for by this task holds, or a part of its file. */
  download(task: string, range: ByteRange | undefined, context: Context): Promise<Incoming>;
}

export interface LogWish {
  readonly run: string;
  readonly level?: 'debug' | 'info' | 'warn' | 'error';
  readonly last: number;
  readonly follow: boolean;
}

export interface LogLine {
  readonly at?: Instant;
  readonly level?: string;
  readonly policy?: string;
  readonly message: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** Bytes on their way. Whoever does not read them to the end calls `return` of the iterator. */
export interface Incoming {
  readonly name: string;
  /** How many will come, where that is known. */
  readonly bytes?: number;
  /** Fails where it breaks off. */
  readonly content: AsyncIterable<Uint8Array>;
}

export interface Call<Op extends Operation> {
  readonly principal: Op['permission'] extends 'public' ? Principal | undefined : Principal;
  readonly params: z.output<Op['params']>;
  readonly query: z.output<Op['query']>;
  readonly body: z.output<Op['body']>;
  /** The body as it was sent, for what is kept as it was written. */
  readonly sent: JsonValue | undefined;
  /** The id of the policy that it is about, where it is about one. */
  readonly policyId: string | undefined;
  /**
   * For what asks for a second person by what it changes, not by its name. Part of the unit; fails with denied/SECOND_PERSON_NEEDED where
   * the configuration wants one and none has approved exactly this.
   */
  secondPerson(permission: Permission, unit: Unit, context: Context): Promise<void>;
  /** What of a list the caller may see. */
  readonly sight: Sight;
  /** From If-Match; 0 from `If-None-Match: *`. */
  readonly revision: number | undefined;
  readonly request: {
    readonly id: string;
    readonly address: string;
    /** By which name the server was called. */
    readonly host: string;
    readonly agent: string | undefined;
    /** The value of the session cookie. */
    readonly session: string | undefined;
    readonly token: string | undefined;
    readonly lastEventId: string | undefined;
    readonly range: string | undefined;
    readonly ifRange: string | undefined;
  };
  readonly tools: ApiTools;
}

export interface Reply<Answer> {
  readonly answer: Answer;
  /** Only a part of what was asked for. */
  readonly isPart?: boolean;
  readonly etag?: string;
  readonly location?: string;
  /** A new session cookie; null takes it away. */
  readonly session?: string | null;
  /** For the audit trail; no secrets. */
  readonly facts?: Facts;
  /** What was called has written its line into the audit trail itself, within the unit. */
  readonly isAudited?: boolean;
  /** Beside those that all answers have. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends when the caller goes away. */
  readonly lines?: AsyncIterable<string | Uint8Array>;
}

/** Reads. */
export type Reader<Op extends Operation> = (
  call: Call<Op>,
  context: Context,
) => Promise<Reply<z.input<Op['answer']>>>;

interface Steadiness<Op extends Operation> {
  /** What differs with every call: these fields take the place of those in the answer. */
  readonly moment?: (context: Context) => Partial<z.input<Op['answer']> & object>;
}

interface SteadyReply<Op extends Operation> {
  readonly answer: z.input<Op['answer']>;
  /** It becomes otherwise by itself after so long; absent where it does not. */
  readonly goodForMs?: number;
}

/**
 * Reads what depends on what is asked, on what the caller may see and on the catalog, on nothing else: not on the time, not on who asks. While
 * nobody writes, it is answered out of memory.
 */
export interface Steady<Op extends Operation> extends Steadiness<Op> {
  readonly steady: (
    call: Pick<Call<Op>, 'params' | 'query' | 'sight'>,
    catalog: Catalog,
    context: Context,
  ) => Promise<SteadyReply<Op>>;
}

/** The same, and on who asks. */
export interface OwnSteady<Op extends Operation> extends Steadiness<Op> {
  readonly ownSteady: (
    call: Pick<Call<Op>, 'params' | 'query' | 'principal'>,
    catalog: Catalog,
    context: Context,
  ) => Promise<SteadyReply<Op>>;
}

/** Changes something, in one unit with its line in the audit trail and what is remembered for repetitions. It may be run again. */
export type Writer<Op extends Operation> = (
  call: Call<Op>,
  unit: Unit,
  context: Context,
) => Promise<Reply<z.input<Op['answer']>>>;

/** Changes something in units of its own, and writes its own lines into the audit trail: what takes long must hold up nobody. */
export interface OwnUnits<Op extends Operation> {
  readonly ownUnits: Reader<Op>;
}

export type HandlerOf<Op extends Operation> = Op['method'] extends 'GET'
  ? Reader<Op> | Steady<Op> | OwnSteady<Op>
  : Writer<Op> | OwnUnits<Op>;

/** One for each operation: a missing or a surplus one does not compile. */
export type Handlers = { readonly [Name in OperationName]: HandlerOf<Contract[Name]> };
export type HandlersOf<Part extends Readonly<Record<string, Operation>>> = {
  readonly [Name in keyof Part]: HandlerOf<Part[Name]>;
};
