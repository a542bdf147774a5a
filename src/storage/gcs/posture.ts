// What can be seen of a bucket's settings with the credentials at hand; what these may not see is "unknown".

import { isFailure } from '../../base/failure.ts';
import type { CallOptions, PostureFinding } from '../storage.ts';
import type { GcsCall, GcsReply } from './client.ts';
import { concerns, type GcsRule } from './lifecycle.ts';

interface Settings {
  readonly iamConfiguration?: {
    readonly uniformBucketLevelAccess?: { readonly enabled?: boolean };
    readonly publicAccessPrevention?: string;
  };
  readonly versioning?: { readonly enabled?: boolean };
  readonly softDeletePolicy?: { readonly retentionDurationSeconds?: string };
  readonly objectRetention?: { readonly mode?: string };
  readonly retentionPolicy?: { readonly retentionPeriod?: string; readonly isLocked?: boolean };
  readonly encryption?: { readonly defaultKmsKeyName?: string };
  readonly lifecycle?: { readonly rule?: readonly GcsRule[] };
  readonly locationType?: string;
  readonly location?: string;
}
const fields =
  'iamConfiguration,versioning,softDeletePolicy,objectRetention,retentionPolicy,encryption,lifecycle,locationType,location';
const daySeconds = 86_400;

export async function gcsPosture(
  call: (call: GcsCall) => Promise<GcsReply>,
  path: string,
  endpoint: string,
  keyPrefix: string,
  { signal }: CallOptions,
): Promise<readonly PostureFinding[]> {
  /** Undefined where the credentials do not reach. */
  const ask = async (at: string, query: Readonly<Record<string, string>>): Promise<unknown> => {
    try {
      return (await call({ method: 'GET', path: at, query, signal })).data;
    } catch (error) {
      if (isFailure(error, 'denied')) return undefined;
      throw error;
    }
  };
  const settings = (await ask(path, { fields })) as Settings | undefined;
  const rights = (await ask(`${path}/iam`, {})) as Rights | undefined;
  const transport: PostureFinding = endpoint.startsWith('https:')
    ? { about: 'transport', verdict: 'good', detail: 'all calls go through TLS' }
    : { about: 'transport', verdict: 'bad', detail: `calls go to "${endpoint}" without TLS` };
  if (settings === undefined) {
    const hidden = ['access', 'versioning', 'object-lock', 'encryption', 'lifecycle', 'durability'] as const;
    const detail =
      'these credentials cannot see the bucket: the role "Storage Legacy Bucket Reader" is needed';
    return [...hidden.map((about) => ({ about, verdict: 'unknown', detail }) as const), transport];
  }
  return [
    access(settings, rights),
    versions(settings),
    lock(settings),
    {
      about: 'encryption',
      verdict: 'good',
      detail:
        settings.encryption?.defaultKmsKeyName === undefined
          ? 'the service encrypts with keys of its own'
          : `the service encrypts with the key "${settings.encryption.defaultKmsKeyName}"`,
    },
    rules(settings, keyPrefix),
    {
      about: 'durability',
      verdict: 'good',
      detail: `objects lie in "${settings.location ?? 'unknown'}" (${settings.locationType ?? 'unknown'}), in several zones at least`,
    },
    transport,
  ];
}

interface Rights {
  readonly bindings?: readonly { readonly role?: string; readonly members?: readonly string[] }[];
}

function access({ iamConfiguration }: Settings, rights: Rights | undefined): PostureFinding {
  const about = 'access';
  const open = rights?.bindings?.find(({ members }) =>
    members?.some((member) => member === 'allUsers' || member === 'allAuthenticatedUsers'),
  );
  const isPrevented = iamConfiguration?.publicAccessPrevention === 'enforced';
  if (open !== undefined && !isPrevented) {
    return {
      about,
      verdict: 'bad',
      detail: `everybody has the role "${open.role ?? 'unknown'}" on the bucket`,
    };
  }
  if (iamConfiguration?.uniformBucketLevelAccess?.enabled !== true) {
    return {
      about,
      verdict: 'warning',
      detail: 'single objects can be given to others: uniform bucket-level access is off',
    };
  }
  return isPrevented
    ? { about, verdict: 'good', detail: 'access is uniform, and public access is prevented' }
    : { about, verdict: 'warning', detail: 'access is uniform, but public access is not prevented' };
}

function versions({ versioning, softDeletePolicy }: Settings): PostureFinding {
  const about = 'versioning';
  const days = Number(softDeletePolicy?.retentionDurationSeconds ?? 0) / daySeconds;
  if (versioning?.enabled === true) {
    return {
      about,
      verdict: 'good',
      detail: 'old versions of objects are kept, and cost until a rule removes them',
    };
  }
  return days > 0
    ? { about, verdict: 'good', detail: `deleted objects can be recovered for ${days} days` }
    : {
        about,
        verdict: 'warning',
        detail: 'what is deleted is gone at once: neither versions nor soft delete are on',
      };
}

function lock({ objectRetention, retentionPolicy }: Settings): PostureFinding {
  const about = 'object-lock';
  if (retentionPolicy !== undefined) {
    const days = Number(retentionPolicy.retentionPeriod ?? 0) / daySeconds;
    const how = retentionPolicy.isLocked === true ? 'locked' : 'not locked';
    return {
      about,
      verdict: 'good',
      detail: `every object is kept for ${days} days (${how}); prune is refused until then`,
    };
  }
  return objectRetention?.mode === 'Enabled'
    ? { about, verdict: 'good', detail: 'objects can be kept until a date of their own' }
    : { about, verdict: 'warning', detail: 'the bucket has no retention: who has the key may delete' };
}

function rules({ lifecycle }: Settings, keyPrefix: string): PostureFinding {
  const about = 'lifecycle';
  const deleting = (lifecycle?.rule ?? []).filter(
    (rule) =>
      rule.action.type === 'Delete' &&
      rule.condition.isLive !== false &&
      rule.condition.daysSinceNoncurrentTime === undefined &&
      concerns(rule, keyPrefix),
  );
  return deleting.length === 0
    ? { about, verdict: 'good', detail: 'no rule deletes objects of the repository' }
    : { about, verdict: 'bad', detail: `${deleting.length} rules delete objects of the repository by age` };
}
