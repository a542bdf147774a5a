// Names of keys in AWS KMS. Partition, region, account and key are parts of one, so that nothing else need be configured.

import { Failure } from '../../base/failure.ts';

export interface KmsKeyName {
  readonly arn: string;
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly kind: 'key' | 'alias';
  /** The key's id or the alias's name. */
  readonly name: string;
}

const pattern =
  /^arn:(aws[a-z-]{0,20}):kms:([a-z]{2}[a-z-]{1,20}-\d{1,2}):(\d{12}):(key|alias)\/([A-Za-z0-9/_-]{1,256})$/;

export function parseKmsArn(arn: string): KmsKeyName {
  const [, partition, region, account, kind, name] = pattern.exec(arn) ?? [];
  if (partition === undefined) {
    throw new Failure('usage', 'KMS_ARN_INVALID', `"${arn}" is not the ARN of a KMS key`, {
      hint: 'It looks like "arn:aws:kms:eu-central-1:111122223333:key/…" or "…:alias/NAME".',
    });
  }
  return { arn, partition, region: region!, account: account!, kind: kind as 'key' | 'alias', name: name! };
}

/**
 * Which key is asked when `named` was given and the slot is of `own`: undefined when they are two keys. An alias may mean any key of its
 * account and region; a replica of a multi-region key opens in its region what another replica sealed.
 */
export function keyToAsk(named: KmsKeyName, own: KmsKeyName): KmsKeyName | undefined {
  if (named.arn === own.arn) return own;
  if (named.partition !== own.partition || named.account !== own.account) return undefined;
  if (named.kind === 'alias') return named.region === own.region ? own : undefined;
  return named.name === own.name && own.name.startsWith('mrk-') ? named : undefined;
}
