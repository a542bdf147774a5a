// The file of authorities that a channel trusts in place of the system's.

import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Failure } from '../../base/failure.ts';

export async function readAuthorities(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
    // The first one stands for all: OpenSSL would pass over what it cannot read, and then trust nobody.
    new X509Certificate(text);
  } catch (cause) {
    throw new Failure('usage', 'CHANNEL_CA_FILE', `"${path}" is no readable file with certificates`, {
      hint: 'caFile names a file with certificates in PEM format ("-----BEGIN CERTIFICATE-----").',
      cause,
    });
  }
  return text;
}
