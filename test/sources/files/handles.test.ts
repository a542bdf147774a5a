// Handles lead to any folder below the root, however deep, and tell of what is not there without failing.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Handles } from '../../../src/sources/files/handles.ts';
import { openSystem, type System, sys } from '../../../src/sources/files/system.ts';
import { scratch } from '../../world.ts';

const system = openSystem();

test('a folder is found however deep it lies', () => {
  using folder = scratch();
  const steps: string[] = [];
  // Every folder is the root again: thousands of real ones take seconds to make and to remove.
  const endless: System = {
    ...system,
    openAt: (directory, name, flags) => {
      if (directory !== sys.atFdCwd) steps.push(String(name));
      return system.openAt(directory, directory === sys.atFdCwd ? name : '.', flags);
    },
  };
  using handles = new Handles(endless, folder.path);
  const names = Array.from({ length: 12_000 }, (_, level) => String(level));
  handles.directory(names.join('/'));
  assert.deepEqual(steps, names);
  // What is near the place that was found last is known.
  handles.directory(names.slice(0, -1).join('/'));
  handles.directory([...names, 'below'].join('/'));
  assert.deepEqual(steps, [...names, 'below']);
});

test('what cannot be there is absent: no entry, no folder on the way, a name that is too long', () => {
  using folder = scratch();
  writeFileSync(join(folder.path, 'file'), '');
  using handles = new Handles(system, folder.path);
  for (const path of ['none', 'none/none', 'file/none', 'n'.repeat(256), `${'n'.repeat(256)}/none`]) {
    assert.equal(handles.statIfAny(path), undefined, path);
  }
  assert.equal(handles.statIfAny('file')?.sizeBytes, 0);
});
