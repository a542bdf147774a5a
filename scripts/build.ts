// Builds the npm package: types stripped and imports rewritten by the compiler, the chunker's module and the launcher beside it, and the
// declarations of what the package exports.

import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
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
declareTypes('library/entrance.d.ts');

/** Of the whole source only the declarations that the entrance leads to. */
function declareTypes(entrance: string): void {
  const all = join(dist, '.types');
  const options = ['--declaration', '--emitDeclarationOnly', '--removeComments', 'false', '--outDir', all];
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', join(root, 'tsconfig.build.json'), ...options], {
    stdio: 'inherit',
  });
  const waiting = [entrance];
  for (const name of waiting) {
    const text = readFileSync(join(all, name), 'utf8');
    // The compiler leaves endings in declarations as they stand in the source.
    const rewritten = text.replace(
      /(from ')(\.[^']+)\.ts(')/g,
      (_, before: string, path: string, after: string) => {
        const found = resolve('/', dirname(name), `${path}.d.ts`).slice(1);
        if (!waiting.includes(found)) waiting.push(found);
        return `${before}${path}.js${after}`;
      },
    );
    writeFileSync(join(dist, name), rewritten);
  }
  rmSync(all, { recursive: true });
}
