// SoftHSM 2 of Debian as the token of a test: its files in a folder of the test, and the file of root that names its module.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { programsOrSkip, rootOrSkip, serverFolder } from './process.ts';

const modules = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib64/softhsm/libsofthsm.so'];
export const pin = '4321-ünï';

export interface SoftHsm extends Disposable {
  readonly folder: string;
  readonly module: string;
  /** What the module reads; set for this process too. */
  readonly environment: Readonly<Record<string, string>>;
  /** Names the module, belongs to root. */
  readonly configPath: string;
  addToken(label: string): void;
  /** As if somebody took it off. */
  unplug(): void;
  plugIn(): void;
  /** Debian's opensc looks at the token from outside. */
  pkcs11Tool(...args: readonly string[]): string;
}

/** Undefined where this machine has none; then the test is skipped. Only root can write the file that names a module. */
export function startSoftHsm(t: TestContext, label = 'vault'): SoftHsm | undefined {
  if (!programsOrSkip(t, ['softhsm2-util', 'pkcs11-tool'], 'softhsm2 opensc') || !rootOrSkip(t)) return;
  const folder = serverFolder();
  const tokens = join(folder.path, 'tokens');
  const away = join(folder.path, 'away');
  mkdirSync(tokens);
  const conf = join(folder.path, 'softhsm2.conf');
  writeFileSync(conf, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  const module = modules.find((path) => existsSync(path)) ?? modules[0]!;
  const configPath = join(folder.path, 'pkcs11.conf');
  writeFileSync(configPath, `# The module of this test.\nmodule-path = ${module}\n`, { mode: 0o644 });
  const before = process.env.SOFTHSM2_CONF;
  process.env.SOFTHSM2_CONF = conf;
  const run = (program: string, args: readonly string[]) =>
    execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const addToken = (name: string) => {
    run('softhsm2-util', ['--init-token', '--free', '--label', name, '--so-pin', '87654321', '--pin', pin]);
  };
  addToken(label);
  return {
    folder: folder.path,
    module,
    environment: { SOFTHSM2_CONF: conf },
    configPath,
    addToken,
    unplug: () => renameSync(tokens, away),
    plugIn: () => renameSync(away, tokens),
    pkcs11Tool: (...args) => run('pkcs11-tool', ['--module', module, '--token-label', label, ...args]),
    [Symbol.dispose]() {
      if (before === undefined) delete process.env.SOFTHSM2_CONF;
      else process.env.SOFTHSM2_CONF = before;
      folder[Symbol.dispose]();
    },
  };
}
