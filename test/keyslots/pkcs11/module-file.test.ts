// A module is native code: only a file in nobody's hands but root's names it, and only such a file is loaded.

import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../../src/base/failure.ts';
import { findModule } from '../../../src/keyslots/pkcs11/module-file.ts';
import { rootOrSkip, serverFolder } from '../../servers/process.ts';

const nobody = 65534;

test('one module of root is found, through symbolic links too', (t) => {
  if (!rootOrSkip(t)) return;
  using folder = serverFolder();
  const module = join(folder.path, 'real.so');
  writeFileSync(module, '');
  symlinkSync(module, join(folder.path, 'module.so'));
  const config = join(folder.path, 'pkcs11.conf');
  writeFileSync(config, `# ours\n\n  module-path = ${folder.path}/module.so \n`);
  assert.equal(findModule(config), realpathSync(module));
});

test('whatever another account could change is refused: file, folder above, module, what a link leads to', (t) => {
  if (!rootOrSkip(t)) return;
  using folder = serverFolder();
  const inner = join(folder.path, 'inner');
  mkdirSync(inner);
  const module = join(inner, 'module.so');
  const config = join(folder.path, 'pkcs11.conf');
  writeFileSync(module, '');
  writeFileSync(config, `module-path = ${module}\n`);
  findModule(config);
  const cases: readonly [name: string, spoil: () => void, mend: () => void][] = [
    ['config for the group', () => chmodSync(config, 0o664), () => chmodSync(config, 0o644)],
    ['config of somebody', () => chownSync(config, nobody, 0), () => chownSync(config, 0, 0)],
    ['module for all', () => chmodSync(module, 0o757), () => chmodSync(module, 0o755)],
    ['module of somebody', () => chownSync(module, nobody, 0), () => chownSync(module, 0, 0)],
    ['folder of the module', () => chmodSync(inner, 0o777), () => chmodSync(inner, 0o755)],
    ['folder of all', () => chownSync(folder.path, nobody, 0), () => chownSync(folder.path, 0, 0)],
  ];
  for (const [name, spoil, mend] of cases) {
    spoil();
    assert.throws(
      () => findModule(config),
      (error) => isFailure(error, 'denied', 'PKCS11_CONFIG_UNSAFE'),
      name,
    );
    mend();
    findModule(config);
  }
  // Root's file in a folder where all may write, and nobody may replace it: as in /tmp.
  chmodSync(inner, 0o1777);
  findModule(config);
});

test('a configuration that is missing or says anything but one module is refused', (t) => {
  if (!rootOrSkip(t)) return;
  using folder = serverFolder();
  const config = join(folder.path, 'pkcs11.conf');
  assert.throws(
    () => findModule(config),
    (error) => isFailure(error, 'missing', 'PKCS11_CONFIG_MISSING'),
  );
  for (const content of [
    '',
    '# nothing\n',
    'module-path = a.so\n',
    'module-path = /a.so\nmodule-path = /b.so\n',
    'pin = 1\n',
  ]) {
    writeFileSync(config, content);
    assert.throws(
      () => findModule(config),
      (error) => isFailure(error, 'usage', 'PKCS11_CONFIG_INVALID'),
      content,
    );
  }
  writeFileSync(config, `module-path = ${folder.path}/none.so\n`);
  assert.throws(
    () => findModule(config),
    (error) => isFailure(error, 'missing', 'PKCS11_MODULE_MISSING'),
  );
});
