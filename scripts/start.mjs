// `npm start [-- FOLDER]`: installs what is missing and proves the main job on real files (src/cli/prove.ts).

import { resolve } from 'node:path';
import { ensureInstalled, runNode } from './setup.mjs';

const named = process.argv.slice(2).filter((word) => word !== '--');
// npm changes to the project's folder; INIT_CWD is where the person stands.
const folders = named.map((folder) => resolve(process.env.INIT_CWD ?? process.cwd(), folder));
ensureInstalled();
runNode(['--disable-warning=ExperimentalWarning', 'src/cli/prove.ts', ...folders]);
