// What check and repair do about the second copies that a weak storage has of keys, indexes and snapshots (storage/with/twins.ts).

import type { Context } from '../base/context.ts';
import type { Repository } from '../repository/repository.ts';
import type { CopyFinding } from '../storage/storage.ts';
import type { Finding } from './check.ts';

/** `read`: every byte of both; else what lists tell. One good copy is enough to restore, so that no finding is an error. */
export async function checkCopies(
  { storage }: Repository,
  read: boolean,
  context: Context,
): Promise<readonly Finding[]> {
  const found = (await storage.compareCopies?.({ mend: false, read }, context)) ?? [];
  const findings: Finding[] = [];
  const missing = found.filter(({ trouble }) => trouble === 'missing');
  for (const { name, trouble } of found) {
    if (trouble === 'damaged') findings.push(warning('COPY_DAMAGED', `"${name}" is damaged`, name));
    if (trouble === 'different')
      findings.push(warning('COPIES_DIFFER', `"${name}" and its twin differ`, name));
  }
  if (missing.length > 0) {
    const what =
      missing.length === 1
        ? `"${missing[0]!.name}" is missing`
        : `${missing.length} copies of objects are missing`;
    findings.push(warning('COPY_MISSING', what, missing[0]!.name));
  }
  return findings;
}

/** One sentence for each copy that is, or would be, replaced. */
export async function mendCopies(
  { storage }: Repository,
  dryRun: boolean,
  context: Context,
): Promise<readonly string[]> {
  const found = (await storage.compareCopies?.({ mend: !dryRun, read: true }, context)) ?? [];
  return found.map(sentence);
}

function sentence({ name, trouble }: CopyFinding): string {
  if (trouble === 'missing') return `put "${name}" again from its other copy`;
  if (trouble === 'damaged') return `replace the damaged "${name}" by its other copy`;
  return `leave "${name}" alone: it and its twin differ, and both may be right`;
}

function warning(code: string, message: string, object: string): Finding {
  const hint = 'the other copy is good; "holdfast repair" replaces it';
  return {
    severity: 'warning',
    code,
    message: code === 'COPIES_DIFFER' ? message : `${message}; ${hint}`,
    object,
    snapshots: [],
  };
}
