// T-90: exclude, include and restore patterns against a naive reading of gitignore's rules, on every path of a small universe.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { createMatcher, createSelection } from '../../src/model/selection.ts';
import { budgetOf, report } from '../campaign.ts';

const numRuns = budgetOf('PROPERTY', 150);
after(() => report({ campaign: 'T-90', tried: 3 * numRuns, lost: 0, wrong: 0, manual: 0 }));
const names = ['a', 'b', 'ab', '.c'];
const depthMax = 3;

interface Pattern {
  readonly negated: boolean;
  readonly anchored: boolean;
  readonly parts: readonly string[];
  readonly directoryOnly: boolean;
}

const part = fc.constantFrom('a', 'b', 'ab', '.c', '*', 'a*', '*b', '?', '[ab]');
const pattern: fc.Arbitrary<Pattern> = fc.record({
  negated: fc.constantFrom(false, false, true),
  anchored: fc.boolean(),
  parts: fc
    .array(fc.oneof({ weight: 5, arbitrary: part }, fc.constant('**')), { minLength: 1, maxLength: 3 })
    // What "**" means alone or beside another is left to the library; between names and in front it is law.
    .filter(
      (parts) => parts.at(-1) !== '**' && parts.every((one, at) => one !== '**' || parts[at + 1] !== '**'),
    ),
  directoryOnly: fc.boolean(),
});

const textOf = ({ negated, anchored, parts, directoryOnly }: Pattern): string =>
  `${negated ? '!' : ''}${anchored ? '/' : ''}${parts.join('/')}${directoryOnly ? '/' : ''}`;

/** Every path of the universe, each as a file and as a directory. */
const paths: readonly (readonly string[])[] = (function below(depth: number): string[][] {
  if (depth === 0) return [];
  return names.flatMap((name) => [[name], ...below(depth - 1).map((rest) => [name, ...rest])]);
})(depthMax);

function isNameMatch(wanted: string, name: string): boolean {
  const source = wanted.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(name);
}

function isPathMatch(parts: readonly string[], path: readonly string[]): boolean {
  const [first, ...rest] = parts;
  if (first === undefined) return path.length === 0;
  if (first === '**') return path.some((_, at) => isPathMatch(rest, path.slice(at)));
  return path.length > 0 && isNameMatch(first, path[0]!) && isPathMatch(rest, path.slice(1));
}

function isMatch(
  { anchored, parts, directoryOnly }: Pattern,
  path: readonly string[],
  isDirectory: boolean,
): boolean {
  if (directoryOnly && !isDirectory) return false;
  // Without a slash inside or in front, a name anywhere.
  return anchored || parts.length > 1 ? isPathMatch(parts, path) : isNameMatch(parts[0]!, path.at(-1)!);
}

/** The last pattern decides for each step from the root; below what is excluded nothing comes back. */
function isIgnored(patterns: readonly Pattern[], path: readonly string[], isDirectory: boolean): boolean {
  return path.some((_, at) => {
    const last = patterns.findLast((one) =>
      isMatch(one, path.slice(0, at + 1), at + 1 < path.length || isDirectory),
    );
    return last !== undefined && !last.negated;
  });
}

test('what a backup excludes is what a naive reading of the patterns excludes', () => {
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 4 }), (patterns) => {
      const selection = createSelection({ exclude: patterns.map(textOf) });
      for (const path of paths) {
        for (const isDirectory of [false, true]) {
          assert.equal(
            selection.matches(`/${path.join('/')}`, isDirectory),
            !isIgnored(patterns, path, isDirectory),
            `${patterns.map(textOf).join(' ')}: /${path.join('/')}${isDirectory ? '/' : ''}`,
          );
        }
      }
    }),
    { numRuns },
  );
});

test('with include patterns a file belongs when it or a folder above it is named and nothing excludes it', () => {
  fc.assert(
    fc.property(
      fc.array(pattern, { maxLength: 2 }),
      fc.array(pattern, { minLength: 1, maxLength: 2 }),
      (out, named) => {
        const selection = createSelection({ exclude: out.map(textOf), include: named.map(textOf) });
        const matcher = createMatcher(named.map(textOf));
        for (const path of paths) {
          const text = path.join('/');
          for (const isDirectory of [false, true]) {
            const isNamed = isIgnored(named, path, isDirectory);
            const isOut = out.length > 0 && isIgnored(out, path, isDirectory);
            assert.equal(selection.matches(text, isDirectory), !isOut && (isDirectory || isNamed), text);
            assert.equal(matcher.matches(text, isDirectory), isNamed, text);
          }
        }
      },
    ),
    { numRuns },
  );
});

test('an excluded directory need not be entered: nothing below it belongs', () => {
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 4 }), (patterns) => {
      const selection = createSelection({ exclude: patterns.map(textOf) });
      for (const path of paths) {
        if (path.length === depthMax || selection.matches(path.join('/'), true)) continue;
        for (const name of names) {
          for (const isDirectory of [false, true])
            assert.equal(selection.matches([...path, name].join('/'), isDirectory), false);
        }
      }
    }),
    { numRuns },
  );
});
