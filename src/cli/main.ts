// The program's first file. It stays tiny: the compile cache must be on before anything else is loaded, so that
// `holdfast --version` answers in a tenth of a second.

import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

const cacheHome = process.env['XDG_CACHE_HOME'];
enableCompileCache(join(cacheHome?.startsWith('/') ? cacheHome : join(homedir(), '.cache'), 'holdfast', 'code'));

const { readAmbient } = await import('./ambient.ts');
const { run } = await import('./program.ts');
const ambient = readAmbient();
const exit = await run(ambient);
await ambient.flush();
process.exit(exit);
