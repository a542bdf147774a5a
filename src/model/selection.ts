// Which entries belong: exclude and include patterns in gitignore syntax for a backup, and plain matchers for a restore or a
// search. Patterns work on decoded paths, are case-sensitive, and are checked before any of them is compiled.

import ignore from 'ignore';
import { Failure } from '../base/failure.ts';
import { patternLengthMax, patternStarsMax } from '../base/limits.ts';
import { escapeForTerminal } from '../base/text.ts';

export interface Selection {
  /**
   * Whether the entry belongs: a directory for which this is false need not be entered, since nothing below it does.
   * `path` is decoded, absolute or relative to the root, without a slash at its end; "" and "/" always belong.
   */
  matches(path: string, isDirectory: boolean): boolean;
}

/**
 * `exclude` as in .gitignore: the last pattern that matches decides, `!` takes back, nothing comes back from below an excluded
 * directory. With `include`, only files that one of these matches, or that lie below a directory it matches, belong;
 * directories stay open, since matches may lie below them. Excluding wins. usage/INVALID_PATTERN names a bad one.
 */
export function createSelection(patterns: {
  readonly exclude?: readonly string[];
  readonly include?: readonly string[];
}): Selection {
  const { exclude = [], include = [] } = patterns;
  const isExcluded = compile(exclude);
  const isIncluded = compile(include);
  return {
    matches(path, isDirectory) {
      const relative = toRelative(path);
      if (relative === '') return true;
      if (exclude.length > 0 && isExcluded(relative, isDirectory)) return false;
      return include.length === 0 || isDirectory || isIncluded(relative, isDirectory);
    },
  };
}

/**
 * Tells whether an entry is meant by one of the patterns: without a slash names anywhere, with one (other than at the end)
 * from the root; a directory includes all below it. No patterns match nothing.
 */
export function createMatcher(patterns: readonly string[]): Selection {
  const isMatch = compile(patterns);
  return {
    matches(path, isDirectory) {
      const relative = toRelative(path);
      return relative !== '' && patterns.length > 0 && isMatch(relative, isDirectory);
    },
  };
}

/** The patterns of an exclude file: one a line, without blank lines and comments (`#`; `\#` begins a name). */
export function parsePatternLines(text: string): string[] {
  return text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
}

/** Throws usage/INVALID_PATTERN for a pattern that cannot be meant as written, or that could be slow to match. */
export function checkPattern(pattern: string): void {
  const trouble = findTrouble(pattern);
  if (trouble === undefined) return;
  const shown = escapeForTerminal(pattern.slice(0, 100)) + (pattern.length > 100 ? '…' : '');
  throw new Failure('usage', 'INVALID_PATTERN', `the pattern "${shown}" ${trouble}`, {
    facts: { pattern: shown },
    hint: 'Patterns are those of .gitignore: *.log, /home/*/cache/, **/node_modules, !keep.me; "\\" takes a character as it is.',
  });
}

function findTrouble(pattern: string): string | undefined {
  if (/^!?[\s/]*$/.test(pattern)) return 'is empty';
  if (pattern.length > patternLengthMax) return `is longer than ${patternLengthMax} characters`;
  if (pattern.includes('\0')) return 'holds a NUL';
  if (/[\r\n]/.test(pattern)) return 'holds a line break';
  if (/(?:^|[^\\])(?:\\\\)*\\$/.test(pattern)) return 'ends in a backslash';
  if (pattern.replaceAll(/\\./gs, '').replaceAll(/[^*]/g, '').length > patternStarsMax) {
    return `has more than ${patternStarsMax} stars`;
  }
  return hasOpenBracket(pattern) ? 'has a "[" without its "]"' : undefined;
}

/** `]` right after `[`, `[!` or `[^` stands for itself, and classes such as `[:alpha:]` may lie within. */
function hasOpenBracket(pattern: string): boolean {
  const inside = /^\[[!^]?\]?/;
  let at = 0;
  while (at < pattern.length) {
    if (pattern[at] === '\\') at += 2;
    else if (pattern[at] !== '[') at += 1;
    else {
      at += inside.exec(pattern.slice(at, at + 3))?.[0].length ?? 1;
      while (at < pattern.length && pattern[at] !== ']') {
        const characterClass = /^\[:[a-z]{1,6}:\]/.exec(pattern.slice(at, at + 10));
        at += characterClass?.[0].length ?? (pattern[at] === '\\' ? 2 : 1);
      }
      if (at >= pattern.length) return true;
      at += 1;
    }
  }
  return false;
}

/** The library keeps every path that it was asked about: it starts afresh before a million files fill the memory. */
const rememberedPathsMax = 20_000;

function compile(patterns: readonly string[]): (relative: string, isDirectory: boolean) => boolean {
  for (const pattern of patterns) checkPattern(pattern);
  // Comments end with `parsePatternLines`: here, a name may begin with "#".
  const lines = patterns.map((pattern) => (pattern.startsWith('#') ? `\\${pattern}` : pattern));
  const create = () => ignore({ ignorecase: false, allowRelativePaths: true }).add(lines);
  let rules = create();
  let asked = 0;
  return (relative, isDirectory) => {
    asked += 1;
    if (asked > rememberedPathsMax) {
      rules = create();
      asked = 0;
    }
    return rules.ignores(isDirectory ? `${relative}/` : relative);
  };
}

function toRelative(path: string): string {
  return path.replace(/^\/+/, '').replace(/\/+$/, '');
}
