// The double of AWS in the environment of a test, and what a gathered source holds.

import type { TestContext as NodeTest } from 'node:test';
import type { Source } from '../../src/sources/source.ts';
import { type AwsJsonDouble, startAwsJsonDouble } from '../servers/aws-json-double.ts';
import { accessKeyId, secretAccessKey } from '../servers/kms-double.ts';
import type { TestContext } from '../world.ts';

/** Knows the double and nothing of this machine's own AWS. */
export function awsEnvironment(endpoint: string): Readonly<Record<string, string | undefined>> {
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_ENDPOINT_URL: endpoint,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PROFILE: undefined,
    AWS_REGION: undefined,
    AWS_SESSION_TOKEN: undefined,
  };
}

export async function startAws(t: NodeTest): Promise<AwsJsonDouble> {
  const double = await startAwsJsonDouble();
  t.after(() => double[Symbol.asyncDispose]());
  for (const [name, value] of Object.entries(awsEnvironment(double.endpoint))) {
    const before = process.env[name];
    const set = (to: string | undefined) => {
      if (to === undefined) delete process.env[name];
      else process.env[name] = to;
    };
    set(value);
    t.after(() => set(before));
  }
  return double;
}

/** Every file with its content; undefined where a problem was told instead. */
export function contentsOf(source: Source, context: TestContext): Map<string, string | undefined> {
  const contents = new Map<string, string | undefined>();
  for (const event of source.walk(context)) {
    if (event.type !== 'directory') continue;
    const { path, names, kinds } = event.listing;
    names.forEach((name, row) => {
      if (kinds[row] !== 0) return;
      const whole = path === '/' ? `/${name}` : `${path}/${name}`;
      const opened = source.open(whole, { device: 0, inode: 0n }, context);
      if (opened === undefined) {
        contents.set(whole, undefined);
        return;
      }
      const pieces: Buffer[] = [];
      // Not a whole number of any content, so that pieces are cut.
      for (const buffer = Buffer.alloc(7); ; ) {
        const length = opened.read(buffer);
        if (length === 0) break;
        pieces.push(Buffer.from(buffer.subarray(0, length)));
      }
      opened.finish();
      opened.close();
      contents.set(whole, Buffer.concat(pieces).toString('latin1'));
    });
  }
  return contents;
}
