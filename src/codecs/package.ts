// The libraries of codecs that Node does not bring: loaded by the first call, and told as missing where they were left out.

import { createRequire } from 'node:module';
import { Failure } from '../base/failure.ts';

export function fromPackage<Value>(codec: string, load: (require: NodeJS.Require) => Value): Value {
  try {
    return load(createRequire(import.meta.url));
  } catch (cause) {
    throw new Failure('missing', 'CODEC_NOT_INSTALLED', `the library of the codec "${codec}" is not here`, {
      facts: { codec },
      hint: 'Install the whole of Holdfast, with its packages.',
      cause,
    });
  }
}
