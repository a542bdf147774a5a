// Patterns from options and files, for backup and restore.

import { readFileSync } from 'node:fs';
import { Failure } from '../base/failure.ts';
import { createMatcher, parsePatternLines } from '../model/selection.ts';

export type Matches = (path: string, isDirectory: boolean) => boolean;

/**
 * What a restore takes: without `include` everything, else the named entries and all below them; never what `exclude` names.
 * Directories that only lead to something are made by the restore itself.
 */
export function createRestoreSelection(include: readonly string[], exclude: readonly string[]): Matches {
  const included = createMatcher(include);
  const excluded = createMatcher(exclude);
  return (path, isDirectory) => {
    if (excluded.matches(path, isDirectory)) return false;
    return include.length === 0 || included.matches(path, isDirectory);
  };
}

/** One pattern a line; empty lines and lines with "#" in front are comments. */
export function readPatternFile(path: string): string[] {
  try {
    return parsePatternLines(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new Failure('missing', 'PATTERN_FILE_UNREADABLE', `pattern file "${path}" cannot be read`, {
      facts: { path },
      cause,
    });
  }
}
