import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { createMatcher, createSelection, parsePatternLines } from '../../src/model/selection.ts';

function kept(
  exclude: readonly string[],
  paths: readonly string[],
  include: readonly string[] = [],
): string[] {
  const selection = createSelection({ exclude, include });
  return paths.filter((path) => selection.matches(path.replace(/\/$/, ''), path.endsWith('/')));
}

test('without patterns everything belongs', () => {
  assert.deepEqual(kept([], ['/a', '/b/', '/']), ['/a', '/b/', '/']);
});

test('a pattern without a slash excludes names anywhere', () => {
  assert.deepEqual(kept(['*.log'], ['/a.log', '/x/y/b.log', '/x/b.log.gz', '/x/']), ['/x/b.log.gz', '/x/']);
});

test('a pattern with a slash counts from the root', () => {
  assert.deepEqual(kept(['/home/*/cache'], ['/home/a/cache/', '/srv/home/a/cache/', '/home/cache/']), [
    '/srv/home/a/cache/',
    '/home/cache/',
  ]);
});

test('a slash at the end means directories only', () => {
  assert.deepEqual(kept(['tmp/'], ['/a/tmp/', '/a/tmp', '/a/tmp/x']), ['/a/tmp']);
});

test('two stars cross directories, one does not', () => {
  assert.deepEqual(kept(['/a/**/z', '/b/*/z'], ['/a/z', '/a/1/2/z', '/b/1/z', '/b/1/2/z']), ['/b/1/2/z']);
});

test('the last pattern decides, but nothing comes back from below an excluded directory', () => {
  assert.deepEqual(kept(['*.log', '!keep.log'], ['/keep.log', '/a.log']), ['/keep.log']);
  assert.deepEqual(kept(['/x/', '!/x/keep'], ['/x/', '/x/keep']), []);
});

test('names are case-sensitive and may begin with # or hold odd characters', () => {
  assert.deepEqual(
    kept(['A', '#recycle', '\\!x', 'b c'], ['/a', '/A', '/#recycle/', '/!x', '/b c', '/..z']),
    ['/a', '/..z'],
  );
});

test('include leaves directories open, and files only where a pattern reaches', () => {
  const paths = ['/a/', '/a/x.txt', '/a/x.bin', '/docs/', '/docs/y.bin', '/cache/', '/cache/z.txt'];
  assert.deepEqual(kept(['cache/'], paths, ['*.txt', '/docs/']), [
    '/a/',
    '/a/x.txt',
    '/docs/',
    '/docs/y.bin',
  ]);
});

test('a matcher means names anywhere, paths from the root, and all below a directory', () => {
  const matcher = createMatcher(['*.txt', 'home/ann', 'photos']);
  assert.equal(matcher.matches('/deep/down/a.txt', false), true);
  assert.equal(matcher.matches('/home/ann', true), true);
  assert.equal(matcher.matches('/home/ann/x/y', false), true);
  assert.equal(matcher.matches('/srv/home/ann', true), false);
  assert.equal(matcher.matches('/home/annabel', false), false);
  assert.equal(matcher.matches('/a/photos/1.jpg', false), true);
  assert.equal(matcher.matches('/home', true), false);
  assert.equal(matcher.matches('/', true), false);
  assert.equal(createMatcher([]).matches('/a', false), false);
});

test('the answer stays the same after more paths than are remembered', () => {
  const selection = createSelection({ exclude: ['*.log'] });
  for (let index = 0; index < 45_000; index += 1) {
    assert.equal(selection.matches(`/d/${index}.${index % 2 ? 'log' : 'txt'}`, false), index % 2 === 0);
  }
});

test('lines of an exclude file lose comments, blanks, line ends and the byte order mark', () => {
  assert.deepEqual(parsePatternLines('\ufeff# comment\r\n*.log\r\n\n  \n\\#name\n!a\ntail '), [
    '*.log',
    '\\#name',
    '!a',
    'tail ',
  ]);
});

const bad = [
  '',
  '!',
  '/',
  '  ',
  'a\0b',
  'a\nb',
  '[abc',
  'x/[!]',
  '[]',
  '[',
  'a\\',
  '\\\\\\',
  'a'.repeat(1001),
  '*a'.repeat(21),
  '[a][',
];
for (const pattern of bad) {
  test(`the pattern ${JSON.stringify(pattern.slice(0, 20))} (${pattern.length} characters) is refused`, () => {
    const named = (error: unknown) =>
      isFailure(error, 'usage', 'INVALID_PATTERN') && error.message.includes('pattern "');
    assert.throws(() => createSelection({ exclude: [pattern] }), named);
    assert.throws(() => createSelection({ include: ['a', pattern] }), named);
    assert.throws(() => createMatcher([pattern]), named);
  });
}

test('brackets that close, escaped brackets and escaped stars are fine', () => {
  for (const pattern of [
    '[abc]',
    '[]a]',
    '[!]a]',
    '[[:alpha:]]x',
    '\\[a',
    'a]',
    '[\\]]',
    'a\\\\',
    '\\*'.repeat(30),
  ]) {
    createSelection({ exclude: [pattern] });
  }
  assert.deepEqual(kept(['[ab]x', '\\[c'], ['/ax', '/cx', '/[c']), ['/cx']);
});

test('the worst pattern that is allowed still answers at once', () => {
  const selection = createSelection({
    exclude: [`${'*a'.repeat(20)}b`, `${'**/'.repeat(10)}x`, '[[[[[[[[:a:]]]]]]]]'],
  });
  const path = `/${'a'.repeat(250)}/${'a'.repeat(250)}/${'a'.repeat(250)}c`;
  assert.equal(selection.matches(path, false), true);
});
