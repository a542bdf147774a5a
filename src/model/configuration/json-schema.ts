// The configuration's schema as JSON Schema, for editors: docs/holdfast.schema.json.

import { z } from 'zod';
import { configurationSchema } from './configuration.ts';
import { span } from './fields.ts';
import { policySchema } from './policy.ts';
import { spanText } from './values.ts';

export function configurationJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(configurationSchema, {
    io: 'input',
    override({ zodSchema, jsonSchema }) {
      const definition = zodSchema._zod.def as { innerType?: unknown; defaultValue?: unknown };
      // A default is of what was read, in milliseconds; people write "5min".
      if (definition.innerType === span && typeof definition.defaultValue === 'number') {
        jsonSchema.default = spanText(definition.defaultValue);
      }
      // A profile may say these.
      if (zodSchema === (policySchema as unknown)) jsonSchema.required = ['sources', 'repositories'];
    },
  });
  return { ...schema, title: 'holdfast.yaml' };
}
