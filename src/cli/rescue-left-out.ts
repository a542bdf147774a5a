// What rescue.mjs finds in place of a package that it does not carry: a failure like any other, so that other key slots are still tried.

import { Failure } from '../base/failure.ts';

export function leftOut(name: string): never {
  throw new Failure(
    'usage',
    'RESCUE_LEFT_OUT',
    `this needs the package "${name}", which rescue.mjs does not carry`,
  );
}
