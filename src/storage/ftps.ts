// FTP with implicit TLS: encrypted from the first byte, on a port of its own. All else is ftp.ts.

import { z } from 'zod/mini';
import { createFtp, type FtpConfig, ftpConfig, ftpFromUrl, openFtp } from './ftp.ts';
import type { StorageKind } from './storage.ts';

const config = z.omit(ftpConfig, { allowPlaintext: true });
type FtpsConfig = z.infer<typeof config>;

const ftps: StorageKind<FtpsConfig> = {
  scheme: 'ftps',
  title: 'FTP server, implicit TLS',
  config,
  secretFields: ['password'],
  fromUrl: (url) => ftpFromUrl(url, ['ca-file', 'fingerprint']),
  open: (given, context) => openFtp('ftps', encrypted(given), context),
  create: (given, context) => createFtp('ftps', encrypted(given), context),
};
export default ftps;

function encrypted(given: FtpsConfig): FtpConfig {
  return { ...given, allowPlaintext: false };
}
