// Installs what is missing, on a machine with Node 20 and npm. Plain JavaScript, because the pinned Node is not there yet.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const project = dirname(dirname(fileURLToPath(import.meta.url)));
/** The Node that package-lock.json pins; it runs everything else. */
export const node = join(project, 'node_modules', '.bin', 'node');

export function ensureInstalled() {
  if (existsSync(node) && existsSync(join(project, 'node_modules', '.package-lock.json'))) return;
  console.log('Installing the packages (npm install) …');
  const install = (PATH) =>
    spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund'], {
      cwd: project,
      stdio: 'inherit',
      env: { ...process.env, PATH },
    });
  let done = install(process.env.PATH);
  // Once more with the Node that came along: npm passes over optional packages that an older one could not load, such as that for xz.
  if (done.status === 0 && existsSync(node))
    done = install(`${join(project, 'node_modules', '.bin')}:${process.env.PATH}`);
  if (done.status !== 0 || !existsSync(node)) {
    console.error('"npm install" failed: look at its messages above, check the network, and start again.');
    process.exit(done.status || 1);
  }
}

/** Runs the pinned Node and ends as it ends. */
export function runNode(args, environment = {}) {
  const done = spawnSync(node, args, {
    cwd: project,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  if (done.error) console.error(done.error.message);
  process.exit(done.status ?? (done.signal === 'SIGINT' ? 130 : 1));
}
