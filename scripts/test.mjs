// `npm test [-- FILE…]`: installs what is missing and runs all tests with the pinned Node. Skipped tests and why are printed last.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { ensureInstalled, node, project } from './setup.mjs';

ensureInstalled();
const named = process.argv.slice(2).filter((word) => word !== '--');
const files =
  named.length > 0 ? named.map((file) => resolve(process.env.INIT_CWD ?? project, file)) : allTests();
const flags = ['--disable-warning=ExperimentalWarning', '--test', '--test-reporter=spec'];
const child = spawn(node, [...flags, ...files], { cwd: project, stdio: ['inherit', 'pipe', 'inherit'] });
// Asked for at once: the program may end before its last line is read.
const ended = once(child, 'close');
const skipped = [];
for await (const line of createInterface({ input: child.stdout })) {
  console.log(line);
  if (/# SKIP|# TODO/.test(line)) skipped.push(line.trim());
}
const [status] = await ended;
console.log(skipped.length === 0 ? '\nNo test was skipped.' : `\nSkipped (${skipped.length}):`);
for (const line of skipped) console.log(`  ${line}`);
process.exit(status ?? 1);

function allTests() {
  return readdirSync(join(project, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => join('test', name));
}
