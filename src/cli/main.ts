// The program's first file. It stays tiny: the compile cache must be on before anything else is loaded, so that
// `holdfast --version` answers in a tenth of a second.

import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

const cacheHome = process.env.XDG_CACHE_HOME;
enableCompileCache(
  join(cacheHome?.startsWith('/') ? cacheHome : join(homedir(), '.cache'), 'holdfast', 'code'),
);

if (process.argv.length === 3 && process.argv[2] === '--version') {
  const { version } = await import('./version.ts');
  process.stdout.write(`${version}\n`);
} else {
  const [{ readAmbient }, { run }] = await Promise.all([import('./ambient.ts'), import('./program.ts')]);
  const ambient = readAmbient();
  const exit = await run(ambient);
  await ambient.flush();
  process.exit(exit);
}
