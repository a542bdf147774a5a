// What KMS refuses, or why it cannot be asked, in words for people. Its own text may name the account's users and goes into the cause alone.

import { type AwsError, awsAnswer, awsFacts } from '../../base/aws-answer.ts';
import { Failure } from '../../base/failure.ts';

/** Those of KMS alone. */
const unavailableNames = new Set([
  'KMSInternalException',
  'KMSInternal',
  'KeyUnavailableException',
  'DependencyTimeoutException',
]);

export function kmsFailure(error: unknown, key: string): Failure {
  if (error instanceof Failure) return error;
  const { name = '', code, message = '' } = error as AwsError;
  const facts = { key, ...awsFacts(error as AwsError) };
  const more = { facts, cause: error };
  switch (name) {
    case 'AccessDeniedException':
      return new Failure('denied', 'KMS_DENIED', `KMS does not let this account use the key "${key}"`, {
        hint: 'Allow kms:Decrypt (and kms:GenerateDataKey to make a slot) in the policy of the key and of the account.',
        ...more,
      });
    case 'DisabledException':
      return new Failure('denied', 'KMS_KEY_DISABLED', `the KMS key "${key}" is disabled`, {
        hint: 'Enable it by "aws kms enable-key", or use another key slot.',
        ...more,
      });
    case 'KMSInvalidStateException':
      if (/pending deletion/i.test(message)) {
        return new Failure('denied', 'KMS_KEY_DYING', `the KMS key "${key}" is about to be deleted`, {
          hint: 'Cancel that by "aws kms cancel-key-deletion" before its day comes, or add another key slot while one still opens.',
          ...more,
        });
      }
      return new Failure('denied', 'KMS_KEY_STATE', `the KMS key "${key}" cannot be used in its state`, {
        hint: 'See its state by "aws kms describe-key"; imported key material may have expired.',
        ...more,
      });
    case 'NotFoundException':
      return new Failure('missing', 'KMS_KEY_MISSING', `there is no KMS key "${key}"`, {
        hint: 'Check account and region in the ARN; a key that was deleted opens nothing any more: use another key slot.',
        ...more,
      });
    case 'InvalidKeyUsageException':
      return new Failure('usage', 'KMS_KEY_USAGE', `the KMS key "${key}" is not one that encrypts`, {
        hint: 'Use a symmetric key with the usage ENCRYPT_DECRYPT.',
        ...more,
      });
    case 'InvalidCiphertextException':
    case 'IncorrectKeyException':
      return new Failure('denied', 'KMS_NOT_DECRYPTED', `the KMS key "${key}" does not open this slot`, {
        hint: 'The slot was made for another repository, slot or key, or was changed: use another key slot.',
        ...more,
      });
  }
  const answer = unavailableNames.has(name) ? 'unavailable' : awsAnswer(error as AwsError);
  if (answer === 'credentials-refused') {
    return new Failure('denied', 'KMS_CREDENTIALS_REFUSED', 'AWS does not accept the credentials for KMS', {
      hint: 'Renew them, and check the clock of this machine: a signature holds for some minutes.',
      ...more,
    });
  }
  if (answer === 'credentials-missing') {
    return new Failure('denied', 'KMS_CREDENTIALS_MISSING', 'there are no AWS credentials for KMS', {
      hint: 'Give them as for all AWS tools: AWS_PROFILE, AWS_ACCESS_KEY_ID, single sign-on or a role of the machine.',
      ...more,
    });
  }
  if (answer === 'throttled') {
    return new Failure('unavailable', 'KMS_THROTTLED', 'KMS answers that it is asked too often', {
      hint: 'Try again later, or raise the request quota of the account.',
      ...more,
    });
  }
  if (answer === 'unavailable') {
    return new Failure('unavailable', 'KMS_UNAVAILABLE', `KMS cannot use the key "${key}" at the moment`, {
      hint: 'Try again later; the health page of AWS tells of outages.',
      ...more,
    });
  }
  if (answer === 'unreachable') {
    return new Failure('unavailable', 'KMS_UNREACHABLE', `KMS cannot be reached for the key "${key}"`, {
      hint: 'Check network, proxy and AWS_ENDPOINT_URL_KMS; a network without internet needs a VPC endpoint for KMS.',
      facts: { ...facts, ...(code === undefined ? {} : { code }) },
      cause: error,
    });
  }
  return new Failure('denied', 'KMS_REFUSED', `KMS refuses the key "${key}" with "${name}"`, {
    hint: 'Look the name up in the KMS API reference of AWS.',
    ...more,
  });
}
