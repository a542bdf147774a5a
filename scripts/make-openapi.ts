// Writes docs/openapi.json from the contract. A test compares the file with what this makes, so it cannot fall behind.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApi } from '../src/api/openapi.ts';

export function makeOpenApi(): string {
  return `${JSON.stringify(openApi(), undefined, 2)}\n`;
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(join(import.meta.dirname, '../docs/openapi.json'), makeOpenApi());
}
