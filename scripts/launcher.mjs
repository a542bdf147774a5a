#!/usr/bin/env node
// The `holdfast` of the npm package: runs on the Node that the package brings, whatever Node the machine has.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../cli/main.js', import.meta.url));
const node = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin/node');
const flags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4'];
const child = spawn(existsSync(node) ? node : process.execPath, [...flags, main, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
