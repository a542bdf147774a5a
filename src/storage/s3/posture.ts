// What the bucket's settings mean for a repository in it. Asks, changes nothing; what may not be asked is "unknown", never "good".

import {
  GetBucketAclCommand,
  GetBucketEncryptionCommand,
  GetBucketPolicyStatusCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { Failure, isFailure } from '../../base/failure.ts';
import type { CallOptions, PostureFinding } from '../storage.ts';
import { isFrozenClass } from './classes.ts';
import { callS3, type S3Wire } from './client.ts';
import { codeOf } from './failure.ts';
import { concerns, prefixOf, readRules } from './lifecycle.ts';
import type { S3Lock } from './lock.ts';

/** Read in every run: without one of them nothing can be restored. */
const vital = ['config/', 'keys/', 'index/', 'meta/', 'snapshots/', 'tombstones/', 'sessions/', 'condemned/'];
const all = [...vital, 'refs/', 'packs/'];

export async function s3Posture(
  wire: S3Wire,
  lock: S3Lock | undefined,
  { signal }: CallOptions,
): Promise<readonly PostureFinding[]> {
  const ask: Ask = async (what, run, absent) => {
    try {
      return await callS3(wire, what, undefined, signal, run);
    } catch (error) {
      if (error instanceof Failure && absent.includes(codeOf(error.cause))) return 'absent';
      if (isFailure(error, 'denied', 'STORAGE_DENIED') || isFailure(error, 'usage', 'STORAGE_UNSUPPORTED')) {
        return 'unknown';
      }
      throw error;
    }
  };
  return [
    ...(await access(wire, ask)),
    await versioning(wire, lock, ask),
    objectLock(lock),
    await encryption(wire, ask),
    ...(await lifecycle(wire, signal)),
    wire.place.isTls
      ? finding('transport', 'good', 'calls go over TLS')
      : finding(
          'transport',
          'bad',
          'calls go over plain http: names, sizes and times of objects can be seen',
        ),
    wire.place.isExclusive
      ? finding('durability', 'good', 'puts are conditional: no object can be overwritten by another writer')
      : finding('durability', 'warning', 'exclusive=false: two writers could overwrite each other'),
  ];
}

type Ask = <Answer>(
  what: string,
  run: (own: { readonly abortSignal: AbortSignal }) => Promise<Answer>,
  /** Codes that say that nothing is set. */
  absent: readonly string[],
) => Promise<Answer | 'absent' | 'unknown'>;

function finding(
  about: PostureFinding['about'],
  verdict: PostureFinding['verdict'],
  detail: string,
): PostureFinding {
  return { about, verdict, detail };
}

async function access({ place, client }: S3Wire, ask: Ask): Promise<PostureFinding[]> {
  const bucket = { Bucket: place.bucket };
  const found: PostureFinding[] = [];
  const policy = await ask(
    'reading the policy status',
    (own) => client.send(new GetBucketPolicyStatusCommand(bucket), own),
    ['NoSuchBucketPolicy'],
  );
  if (policy === 'unknown')
    found.push(finding('access', 'unknown', 'whether the policy is public may not be asked'));
  else if (policy !== 'absent' && policy.PolicyStatus?.IsPublic === true) {
    found.push(finding('access', 'bad', "the bucket's policy opens it to the public"));
  }
  const acl = await ask('reading the ACL', (own) => client.send(new GetBucketAclCommand(bucket), own), []);
  if (acl === 'unknown') found.push(finding('access', 'unknown', 'the ACL may not be read'));
  else if (acl !== 'absent') {
    for (const { Grantee, Permission } of acl.Grants ?? []) {
      const group = /\/(AllUsers|AuthenticatedUsers)$/.exec(Grantee?.URI ?? '')?.[1];
      if (group !== undefined)
        found.push(finding('access', 'bad', `the ACL gives "${Permission}" to "${group}"`));
    }
  }
  if (found.length > 0) return found;
  const block = await ask(
    'reading the public access block',
    (own) => client.send(new GetPublicAccessBlockCommand(bucket), own),
    ['NoSuchPublicAccessBlockConfiguration'],
  );
  const settings =
    block === 'absent' || block === 'unknown' ? undefined : block.PublicAccessBlockConfiguration;
  const isBlocked =
    settings?.BlockPublicAcls === true &&
    settings.BlockPublicPolicy === true &&
    settings.IgnorePublicAcls === true &&
    settings.RestrictPublicBuckets === true;
  return [
    isBlocked
      ? finding('access', 'good', 'the bucket is private, and public access is blocked')
      : finding('access', 'warning', 'the bucket is private, but public access is not blocked'),
  ];
}

async function versioning(
  { place, client }: S3Wire,
  lock: S3Lock | undefined,
  ask: Ask,
): Promise<PostureFinding> {
  const answer = await ask(
    'reading the versioning',
    (own) => client.send(new GetBucketVersioningCommand({ Bucket: place.bucket }), own),
    [],
  );
  if (answer === 'unknown' || answer === 'absent') {
    return finding('versioning', 'unknown', 'whether versions are kept may not be asked');
  }
  if (answer.Status !== 'Enabled') {
    return finding('versioning', 'warning', 'no versions are kept: what a thief deletes is gone at once');
  }
  if (lock !== undefined) return finding('versioning', 'good', 'versions are kept');
  return finding(
    'versioning',
    'good',
    'versions are kept: what is deleted stays as an old version, and costs, until a lifecycle rule removes it',
  );
}

function objectLock(lock: S3Lock | undefined): PostureFinding {
  if (lock === undefined) {
    return finding('object-lock', 'warning', 'no object lock: whoever holds the key can delete all backups');
  }
  if (lock.isDefault) {
    return finding(
      'object-lock',
      'bad',
      'the bucket retains every object by default, also the marks that every run must remove',
    );
  }
  return lock.mode === 'COMPLIANCE'
    ? finding('object-lock', 'good', 'retained objects cannot be deleted by anybody ("COMPLIANCE")')
    : finding(
        'object-lock',
        'good',
        'retained objects can be deleted with a special right only ("GOVERNANCE")',
      );
}

async function encryption({ place, client }: S3Wire, ask: Ask): Promise<PostureFinding> {
  if (place.config.sse !== undefined) {
    return finding('encryption', 'good', `every object is encrypted at rest ("${place.config.sse}")`);
  }
  const answer = await ask(
    'reading the encryption',
    (own) => client.send(new GetBucketEncryptionCommand({ Bucket: place.bucket }), own),
    ['ServerSideEncryptionConfigurationNotFoundError'],
  );
  if (answer === 'unknown')
    return finding('encryption', 'unknown', 'the encryption at rest may not be asked');
  const rule = answer === 'absent' ? undefined : answer.ServerSideEncryptionConfiguration?.Rules?.[0];
  const algorithm = rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm;
  return algorithm === undefined
    ? finding('encryption', 'warning', 'nothing is encrypted at rest beyond what Holdfast encrypts itself')
    : finding('encryption', 'good', `every object is encrypted at rest ("${algorithm}")`);
}

async function lifecycle(wire: S3Wire, signal: AbortSignal): Promise<PostureFinding[]> {
  const { base } = wire.place;
  let rules: Awaited<ReturnType<typeof readRules>>;
  try {
    rules = await readRules(wire, signal);
  } catch (error) {
    if (!isFailure(error, 'denied') && !isFailure(error, 'usage')) throw error;
    return [finding('lifecycle', 'unknown', 'the lifecycle rules may not be read')];
  }
  const found: PostureFinding[] = [];
  let isSwept = false;
  for (const rule of rules) {
    if (rule.Status !== 'Enabled' || !concerns(rule, base)) continue;
    const id = rule.ID ?? '';
    const hit = (names: readonly string[]) =>
      names.find(
        (name) => (base + name).startsWith(prefixOf(rule)) || prefixOf(rule).startsWith(base + name),
      );
    const expires = rule.Expiration?.Days !== undefined || rule.Expiration?.Date !== undefined;
    const expired = expires ? hit(all) : undefined;
    if (expired !== undefined) {
      found.push(finding('lifecycle', 'bad', `rule "${id}" deletes objects of "${expired}" by age`));
    }
    const freezes = (rule.Transitions ?? []).some((one) => isFrozenClass(one.StorageClass));
    const frozen = freezes ? hit(vital) : undefined;
    if (frozen !== undefined) {
      found.push(
        finding('lifecycle', 'bad', `rule "${id}" freezes objects of "${frozen}", which every run reads`),
      );
    }
    if (rule.AbortIncompleteMultipartUpload !== undefined && hit(all) !== undefined) isSwept = true;
  }
  if (found.length > 0) return found;
  if (Number.isFinite(wire.place.multipartAboveBytes) && !isSwept) {
    return [finding('lifecycle', 'warning', 'no rule removes uploads that were broken off')];
  }
  return [finding('lifecycle', 'good', 'no rule deletes or freezes what is needed')];
}
