// Exclude and include patterns in gitignore syntax, checked before use and safe against patterns made to burn time.

import { readFileSync } from 'node:fs';
import ignore from 'ignore';
import { Failure } from '../base/failure.ts';

const patternLengthMax = 1000;
const patternStarsMax = 20;

export type Matches = (path: string, isDirectory: boolean) => boolean;

/** What a list of gitignore patterns names. Paths are text with or without a leading slash; the patterns' root is "/". */
export function createMatcher(patterns: readonly string[]): Matches {
  if (patterns.length === 0) return () => false;
  for (const pattern of patterns) checkPattern(pattern);
  const rules = ignore({ ignorecase: false, allowRelativePaths: true }).add([...patterns]);
  return (path, isDirectory) => {
    const relative = path.replace(/^\/+/, '');
    if (relative === '') return false;
    return rules.ignores(isDirectory ? `${relative}/` : relative);
  };
}

/**
 * What a restore takes: without `include` everything, else the named entries and all below them; never what `exclude` names.
 * Directories that only lead to something are made by the restore itself.
 */
export function createSelection(include: readonly string[], exclude: readonly string[]): Matches {
  const isIncluded = createMatcher(include);
  const isExcluded = createMatcher(exclude);
  return (path, isDirectory) => {
    if (isExcluded(path, isDirectory)) return false;
    return include.length === 0 || isIncluded(path, isDirectory);
  };
}

/** One pattern a line; empty lines and lines with "#" in front are comments. */
export function readPatternFile(path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Failure('missing', 'PATTERN_FILE_UNREADABLE', `pattern file "${path}" cannot be read`, {
      facts: { path },
      cause,
    });
  }
  return text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
}

export function checkPattern(pattern: string): void {
  const trouble = troubleOf(pattern);
  if (trouble === undefined) return;
  throw new Failure('usage', 'INVALID_PATTERN', `pattern "${pattern.slice(0, 80)}" ${trouble}`, {
    facts: { pattern: pattern.slice(0, 80) },
  });
}

function troubleOf(pattern: string): string | undefined {
  if (pattern.trim() === '' || pattern === '!' || pattern === '/') return 'names nothing';
  if (pattern.includes('\0')) return 'holds a zero byte';
  if (pattern.length > patternLengthMax) return `is longer than ${patternLengthMax} characters`;
  if ((pattern.match(/\*/g)?.length ?? 0) > patternStarsMax) return `has more than ${patternStarsMax} stars`;
  if (/(?:^|[^\\])(?:\\\\)*\\$/.test(pattern)) return 'ends with a backslash';
  return isBalanced(pattern) ? undefined : 'has an open bracket';
}

function isBalanced(pattern: string): boolean {
  for (let index = 0; index < pattern.length; index += 1) {
    if (pattern[index] === '\\') index += 1;
    else if (pattern[index] === '[') {
      // A bracket right after the opening one belongs to the set.
      const start = index + (/^\[[!^]?\]/.test(pattern.slice(index)) ? pattern.indexOf(']', index) - index + 1 : 1);
      const end = pattern.indexOf(']', start);
      if (end < 0) return false;
      index = end;
    }
  }
  return true;
}
