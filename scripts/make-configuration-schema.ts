// Writes docs/holdfast.schema.json from the schema of the configuration. A test compares the file with what this makes.

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { configurationJsonSchema } from '../src/model/configuration/json-schema.ts';

export function makeConfigurationSchema(): string {
  return `${JSON.stringify(configurationJsonSchema(), null, 2)}\n`;
}

if (import.meta.main) {
  writeFileSync(resolve(import.meta.dirname, '../docs/holdfast.schema.json'), makeConfigurationSchema());
}
