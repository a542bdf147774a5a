// The program's version, as package.json has it.

import { readFileSync } from 'node:fs';

/** Read from the package itself, so that there is one place to change; the first line of `holdfast --version`. */
export const version: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
