// T-08, its short form: with little memory for JavaScript, many files and a sparse file of 100 GiB are saved, verified and restored.

import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, mkdirSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { noise } from '../world.ts';
import { World } from './holdfast.ts';

const GiB = 2 ** 30;
const files = 4000;
const little = { environment: { NODE_OPTIONS: '--max-old-space-size=40' } };

test('many files and a sparse file of 100 GiB come back with 40 MiB for JavaScript', () => {
  using world = new World({ secret: 'key-file' }).init();
  for (let number = 0; number < files; number += 1) {
    const folder = world.path('files', `folder ${number % 40}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/a file of a rather long name, number ${number}`, `${number}`);
  }
  const sparse = openSync(world.path('files/sparse'), 'wx');
  ftruncateSync(sparse, 100 * GiB);
  for (const at of [0, 37 * GiB + 5, 100 * GiB - 3000])
    writeSync(sparse, noise(`at ${at}`, 3000), 0, 3000, at);
  closeSync(sparse);
  for (const words of [
    ['backup', 'files'],
    ['check', '--read-data'],
    ['restore', 'latest', '-t', 'back', '--verify'],
  ]) {
    const ran = world.run([...words, '--json'], little);
    assert.equal(ran.exit, 0, `${words[0]}: ${JSON.stringify(ran.end)}${ran.errors}`);
  }
  const { size, blocks } = statSync(world.path('back/sparse'));
  assert.equal(size, 100 * GiB);
  assert.ok(blocks * 512 < 1024 * 1024, `${blocks} blocks are in use`);
});
