// Checksums as S3 wants them in headers.

import { createHash } from 'node:crypto';

export function digest(algorithm: 'sha256' | 'md5', bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest('base64');
}
