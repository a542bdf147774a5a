// The storage port: five verbs over named immutable byte strings. Promises every storage keeps, proved by
// conformance.ts, which cites these numbers:
//   1. put is atomic: another reader sees the whole object or none.
//   2. After put returns, get, stat and list show the object, and it survives a crash (see durability).
//   3. With ifAbsent, put of an existing name fails with conflict/OBJECT_EXISTS and changes nothing.
//   4. get returns exactly the range asked for, or fails (corrupt/OBJECT_TOO_SHORT); it never returns less.
//      get of a missing object fails with missing/OBJECT_MISSING.
//   5. list yields each name once, in any order, and never a half-written object. An error is never an empty list.
//   6. delete of a missing object succeeds.
// Names are relative, lower-case ASCII (a-z 0-9 - . / _), at most 120 characters; with/names.ts sees to it.
// Objects are at most 128 MiB, so there are no streams, and a retry sends the same bytes again.

import type { Context, Instant } from '../base/context.ts';

export interface Storage extends AsyncDisposable {
  /** For people and logs. Never contains a credential. */
  readonly location: string;
  readonly features: StorageFeatures;

  put(name: string, bytes: Uint8Array, options: PutOptions): Promise<void>;
  get(name: string, options: GetOptions): Promise<Uint8Array>;
  stat(name: string, options: CallOptions): Promise<ObjectStat | undefined>;
  list(prefix: string, options: CallOptions): AsyncIterable<ObjectStat>;
  delete(name: string, options: CallOptions): Promise<void>;

  /** Present only where the storage can refuse deletion until an instant. Extends, never shortens. */
  retain?(name: string, until: Instant, options: CallOptions): Promise<void>;
  /** Present only where objects may be frozen; asks for them, and returns those not yet readable. */
  thaw?(names: readonly string[], options: CallOptions): Promise<readonly string[]>;
  /** Present only where there are storage classes: moves an object to one of `features.storageClasses`. */
  transition?(name: string, storageClass: string, options: CallOptions): Promise<void>;
  /** Present only where the place itself has settings that can betray a repository. Asks, changes nothing. */
  posture?(options: CallOptions): Promise<readonly PostureFinding[]>;
  /** Present only where a place can tell how much room it has; undefined where this one does not. */
  room?(options: CallOptions): Promise<StorageRoom | undefined>;
  /** Present only where a server of one's own shows a certificate; undefined where this one has none. */
  certificate?(options: CallOptions): Promise<ServerCertificate | undefined>;
  /** Present only where the place runs rules by age of its own. */
  readonly lifecycle?: Lifecycle;
  /** Present only where a storage can run full under us: sets room aside, as far as there is any. */
  fillReserve?(options: CallOptions): Promise<void>;
  /** Gives that room to whoever writes next; false when there was none. Only for work that frees space. */
  freeReserve?(options: CallOptions): Promise<boolean>;
  /** Present only where a killed put leaves something: removes what was left before an instant; returns how many pieces. */
  sweep?(before: Instant, options: CallOptions): Promise<number>;
  /** Present only where objects are kept twice: tells of copies that are not as good as the other; `read` reads them all, `mend` replaces. */
  compareCopies?(how: CompareCopies, options: CallOptions): Promise<readonly CopyFinding[]>;
}

export interface CompareCopies {
  readonly mend: boolean;
  readonly read: boolean;
}
export interface CopyFinding {
  /** Of the copy that is not as it should be. */
  readonly name: string;
  /** `different`: two of which only who has the keys can tell the right one. */
  readonly trouble: 'missing' | 'damaged' | 'different';
  readonly isMended: boolean;
}

export interface CallOptions {
  readonly signal: AbortSignal;
}
export interface GetOptions extends CallOptions {
  readonly range?: ByteRange;
}
export interface PutOptions extends CallOptions {
  readonly ifAbsent?: boolean;
  /** Only where there is `retain`: deletion is refused until then, with denied/OBJECT_RETAINED and the fact `until` (ISO 8601). */
  readonly retainUntil?: Instant;
  /** Only where there is `transition`: one of `features.storageClasses`. */
  readonly storageClass?: string;
}
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}
export interface ObjectStat {
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Instant;
  /** From `stat`, where there is `retain`. */
  readonly retainedUntil?: Instant;
  /** From `stat` and `list`, where there is `transition`. */
  readonly storageClass?: string;
}
export interface StorageFeatures {
  /** ifAbsent holds even between two writers at the same moment. */
  readonly exclusivePut: boolean;
  /** Reading costs no more than reading a cache on this machine would, and a failed call does not heal by waiting. */
  readonly isLocal: boolean;
  readonly parallelCallsMax: number;
  /** security.md §2.10: A durable and exclusive, B durable by the server's word, C neither provable. */
  readonly durability: 'A' | 'B' | 'C';
  /** How long another machine's objects may be absent from a list; absent: not at all. */
  readonly listLagMs?: number;
  /** As the provider names them, warmest first. */
  readonly storageClasses?: readonly StorageClass[];
}

export interface StorageClass {
  readonly name: string;
  /** Objects must be thawed before they can be read. */
  readonly isFrozen: boolean;
  /** What is deleted earlier is paid for as if it had stayed. */
  readonly daysMin: number;
  /** The longest that a thaw of the usual kind takes. */
  readonly thawHours?: number;
  /** About what reading costs beyond the transfer, in US dollars a GiB at the provider's list price. */
  readonly readPricePerGib?: number;
}

/** One setting of a place, judged. */
export interface PostureFinding {
  readonly about:
    | 'access'
    | 'versioning'
    | 'object-lock'
    | 'encryption'
    | 'lifecycle'
    | 'transport'
    | 'durability';
  readonly verdict: 'good' | 'warning' | 'bad' | 'unknown';
  /** A short English sentence with the values. */
  readonly detail: string;
}

/** For this account, quotas considered. */
export interface StorageRoom {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Of those that the server shows, the one that ends first. */
export interface ServerCertificate {
  /** Host and port. */
  readonly server: string;
  readonly beginsAt: Instant;
  readonly endsAt: Instant;
}

export interface Lifecycle {
  read(options: CallOptions): Promise<readonly LifecycleRule[]>;
  /** Replaces all rules. */
  write(rules: readonly LifecycleRule[], options: CallOptions): Promise<void>;
}

/** Days count from an object's creation. The prefix is one of object names, as the storage itself shows them. */
export interface LifecycleRule {
  readonly id: string;
  readonly prefix: string;
  readonly isEnabled: boolean;
  readonly transitions: readonly { readonly afterDays: number; readonly storageClass: string }[];
  readonly expireAfterDays?: number;
  readonly abortUploadsAfterDays?: number;
  /** Versions that are no longer the current one. */
  readonly expireOldVersionsAfterDays?: number;
}

/** What a file in storage/ exports as its default. A URL and a configuration object mean the same. */
export interface StorageKind<Config> {
  readonly scheme: string;
  readonly title: string;
  /** A zod schema: validates, names flags, draws forms. */
  readonly config: { parse(input: unknown): Config };
  /** Fields of the configuration that are secrets: they never stand in a URL, and are never printed. */
  readonly secretFields: readonly (keyof Config & string)[];
  /** All that a URL can say, to be checked by `config` once the secrets are added. */
  fromUrl(url: string): Readonly<Record<string, unknown>>;
  open(config: Config, context: Context): Promise<Storage>;
  /** Makes the place where objects will lie; fails with conflict/STORAGE_NOT_EMPTY when something is there. */
  create(config: Config, context: Context): Promise<Storage>;
}
