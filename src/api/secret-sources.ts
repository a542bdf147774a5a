// Sources that are opened with a secret come from the configuration file alone. Who writes `command:` or `file:` decides what runs and what
// is read on our machine, and who writes the address decides who gets the secret: over the API that would be everything.

import { Failure } from '../base/failure.ts';
import { encodeJcs, type JsonValue } from '../base/jcs.ts';
import { secretReference } from '../model/configuration/fields.ts';
import type { SourceRules } from '../model/configuration/policy.ts';

/** Fails with denied/SOURCE_NEEDS_SECRET; what was there before may stay as it was, to the letter. */
export function requireNoNewSecrets(
  before: readonly SourceRules[],
  after: readonly SourceRules[],
  policy: string,
): void {
  const known = new Set(before.map(canonical));
  for (const source of after) {
    // Patterns of files may look like anything.
    if (source.kind === 'files' || source.kind === 'keys') continue;
    if (!hasReference(source) || known.has(canonical(source))) continue;
    throw new Failure('denied', 'SOURCE_NEEDS_SECRET', `a source of "${policy}" is opened with a secret`, {
      hint: 'Write such a policy into the configuration file, on the machine itself.',
    });
  }
}

function hasReference(value: unknown): boolean {
  if (typeof value === 'string') return secretReference.safeParse(value).success;
  return value !== null && typeof value === 'object' && Object.values(value).some(hasReference);
}

function canonical(source: SourceRules): string {
  return Buffer.from(encodeJcs(JSON.parse(JSON.stringify(source)) as JsonValue)).toString();
}
