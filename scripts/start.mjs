// `npm start [-- [--once] [FOLDER]]`: installs what is missing, proves the main job on real files (src/cli/prove.ts), and ends in `holdfast up`.

import { resolve } from 'node:path';
import { ensureInstalled, runNode } from './setup.mjs';

const named = process.argv.slice(2).filter((word) => word !== '--');
// npm changes to the project's folder; INIT_CWD is where the person stands.
const folders = named.map((word) =>
  word === '--once' ? word : resolve(process.env.INIT_CWD ?? process.cwd(), word),
);
ensureInstalled();
runNode(['--disable-warning=ExperimentalWarning', 'src/cli/prove.ts', ...folders]);
