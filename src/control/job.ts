// The seam between the control plane and the processes that hold secrets. The control plane decides, remembers and tells, and holds no secret;
// a job runs in a process of its own that lives for that job alone, gets its order over a pipe, resolves the references to secrets itself,
// and answers with numbers, problems and an outcome.

import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { z } from 'zod';
import type { Context, Counter, Instant, Problem } from '../base/context.ts';
import type { FailureKind } from '../base/failure.ts';
import type { JsonValue } from '../base/jcs.ts';
import type { Secret } from '../base/secret.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Channel } from '../channels/channel.ts';
import type { ChannelRules, RepositoryRules } from '../model/configuration/places.ts';
import type { SourceRules } from '../model/configuration/policy.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Purpose } from '../repository/config.ts';
import type { Compression } from '../repository/frame-builder.ts';
import type { Repository } from '../repository/repository.ts';
import type { Source } from '../sources/source.ts';
import type { Storage } from '../storage/storage.ts';

/** A kind of job, in a file of its own and a line of jobs/all.ts. */
export interface JobKind<Order> {
  /** What the job is told; checked again where it arrives. Holds references to secrets, never secrets. */
  readonly order: z.ZodType<Order>;
  run(order: Order, tools: JobTools, context: Context): Promise<JobEnd>;
}

export interface JobTools {
  readonly openers: Openers;
  /** Of the machine, for snapshots and audit. */
  readonly host: string;
  readonly user: string;
  readonly tool: string;
  /** What a policy writes as `compression`; usage/INVALID_OPTION for what is none. */
  compression(text: string | undefined): { readonly compression: Compression; readonly autoLevel: boolean };
  /** For jobs that hand out bytes: resolves once somebody reads at the other end. Absent where nobody will. */
  out?(): Promise<Writable>;
  /** To be asked right before snapshots are forgotten, which cannot be taken back: those of them that may go. */
  mayGo(going: Going): Promise<readonly string[]>;
}

/** What a job wants to forget. */
export interface Going {
  readonly repository: string;
  readonly snapshots: readonly string[];
}

/**
 * `write` adds backups, and is content with a writer key where the rules name no more; `upkeep` prunes and checks, with a maintenance key where
 * there is one, and asks the storage itself, never a cache of it.
 */
export type JobPurpose = Purpose | 'upkeep';

/** How places that the configuration describes become open ports: given by the floor above, which knows the environment. */
export interface Openers {
  /** `retainUntil`: what is put there is kept by the storage itself until then, where it can. */
  repository(
    rules: RepositoryRules,
    purpose: JobPurpose,
    context: Context,
    retainUntil?: Instant,
  ): Promise<Repository>;
  storage(rules: RepositoryRules, context: Context): Promise<Storage>;
  /** `skip`: repositories in folders of this machine, which must not save themselves. */
  source(
    rules: SourceRules,
    skip: readonly RepositoryRules[],
    context: Context,
  ): Promise<{
    readonly source: Source;
    /** Byte strings. */
    readonly paths: readonly string[];
    readonly spec: { readonly kind: string; readonly config: unknown };
    /** Ends what was begun for it, once it is saved or given up. */
    leave?(): Promise<void>;
  }>;
  channel(rules: ChannelRules, context: Context): Promise<Channel>;
  /** Where a reference leads; absent where there is nowhere to look. */
  secret?(reference: string, context: Context): Promise<Secret>;
  /** The catalog itself, for what looks through all of it; absent where none is at hand. */
  catalog?(context: Context): Promise<Catalog>;
}

export interface JobEnd {
  readonly outcome: Outcome;
  readonly counts: Readonly<Record<string, number>>;
  readonly failure?: JobFailure;
  /** What the kind hands back to who asked, such as the recovery points that it made. No secrets. */
  readonly result: JsonValue;
}

export interface JobFailure {
  readonly kind: FailureKind;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** What is heard of a job while it works; never more than a few times a second. */
export interface JobReports {
  /** The id of the run that it is part of, for the log. */
  readonly run?: string;
  counts(
    done: Readonly<Partial<Record<Counter, number>>>,
    expected: Readonly<Partial<Record<Counter, number>>>,
  ): void;
  phase(name: string): void;
  problems(problems: readonly Problem[]): void;
  /**
   * For jobs that hand out bytes: the end that they are read from, as soon as it is there. What is written before `begin` is called may be lost,
   * so call it when whoever reads has it in their hands.
   */
  pipe?(end: Socket, begin: () => void): void;
  /** Absent for jobs that forget nothing: then nothing may go. */
  mayGo?(going: Going): Promise<readonly string[]>;
}

/**
 * Runs jobs. Resolves with the end of the job, also when it failed; unavailable/JOB_LOST when its process died without one. Aborting the signal
 * ends the process: first asked, after a while by force.
 */
export interface JobRunner {
  run(kind: string, order: JsonValue, reports: JobReports, context: Context): Promise<JobEnd>;
}
