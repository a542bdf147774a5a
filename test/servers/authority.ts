// Certificates for the servers of a test: an authority made for one run, and what it signs.

import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Authority {
  /** PEM. */
  readonly path: string;
  /** `subjectAltName` such as "IP:127.0.0.1" or "DNS:example.test". */
  issue(name: string, subjectAltName: string): IssuedCertificate;
}

export interface IssuedCertificate {
  readonly certificatePath: string;
  readonly keyPath: string;
  /** SHA-256, with colons. */
  readonly fingerprint: string;
}

export function makeAuthority(folder: string, name = 'authority'): Authority {
  const path = join(folder, `${name}.pem`);
  const keyPath = join(folder, `${name}.key`);
  openssl([
    'req',
    '-x509',
    '-subj',
    `/CN=${name}`,
    '-days',
    '2',
    '-keyout',
    keyPath,
    '-out',
    path,
    ...newKey,
  ]);
  return {
    path,
    issue(issued, subjectAltName) {
      const own = { certificatePath: join(folder, `${issued}.pem`), keyPath: join(folder, `${issued}.key`) };
      const request = join(folder, `${issued}.csr`);
      const extensions = join(folder, `${issued}.ext`);
      writeFileSync(extensions, `subjectAltName=${subjectAltName}\n`);
      openssl(['req', '-subj', `/CN=${issued}`, '-keyout', own.keyPath, '-out', request, ...newKey]);
      openssl([
        'x509',
        '-req',
        '-in',
        request,
        '-CA',
        path,
        '-CAkey',
        keyPath,
        '-CAcreateserial',
        '-days',
        '2',
        '-extfile',
        extensions,
        '-out',
        own.certificatePath,
      ]);
      return { ...own, fingerprint: new X509Certificate(readFileSync(own.certificatePath)).fingerprint256 };
    },
  };
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function openssl(given: readonly string[]): void {
  execFileSync('openssl', given, { stdio: 'pipe' });
}
