// What a command loads before it works: a start is most of what a short command costs, and every worker of a backup pays it again.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { World } from './holdfast.ts';

/** In the program and in each of its workers. */
const recorder = `
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
registerHooks({
  load(url, context, next) {
    appendFileSync(process.env.LOADED_FILE, url + '\\n');
    return next(url, context);
  },
});
`;

/** The packages, and the rooms of src, of which anything was loaded. */
function loaded(world: World, words: readonly string[]): Set<string> {
  const list = world.path(`loaded ${words[0]}`);
  const hook = world.path('recorder.mjs');
  writeFileSync(hook, recorder);
  const environment = { LOADED_FILE: list, NODE_OPTIONS: `--import=${pathToFileURL(hook).href}` };
  const ran = world.run(words, { environment });
  assert.equal(ran.exit, 0, ran.errors);
  const parts = new Set<string>();
  for (const url of readFileSync(list, 'utf8').split('\n')) {
    const part = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\/|\/(src\/[^/]+)\//.exec(url);
    if (part !== null) parts.add(part[1] ?? part[2]!);
  }
  return parts;
}

test('a command on a repository in a folder loads neither the catalog, nor its database, nor the schemas', () => {
  using world = new World({ secret: 'key-file' }).init();
  mkdirSync(world.path('files'));
  writeFileSync(world.path('files', 'one'), 'one');
  for (const words of [['backup', 'files'], ['key', 'test'], ['snapshots'], ['forget', '--keep-last', '1']]) {
    const parts = loaded(world, words);
    assert.ok(parts.has('src/cli') && parts.has('src/repository'), `${words[0]}: the recorder saw nothing`);
    for (const part of ['zod', 'kysely', 'src/catalog', 'src/control', 'src/api'])
      assert.ok(!parts.has(part), `"${words.join(' ')}" loads ${part}`);
  }
});
