// Builds the npm package: types stripped and imports rewritten by the compiler, the chunker's module and the launcher beside it.

import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeRescue } from './make-rescue.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', join(root, 'tsconfig.build.json')], {
  stdio: 'inherit',
});
copyFileSync(
  join(root, 'src/repository/chunker/chunker.wasm'),
  join(dist, 'repository/chunker/chunker.wasm'),
);
await writeRescue(join(dist, 'rescue.mjs'));
mkdirSync(join(dist, 'bin'), { recursive: true });
copyFileSync(join(root, 'bin/holdfast'), join(dist, 'bin/holdfast'));
chmodSync(join(dist, 'bin/holdfast'), 0o755);
