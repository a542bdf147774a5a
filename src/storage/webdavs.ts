// WebDAV over https. All else is webdav.ts.

import { z } from 'zod/mini';
import type { StorageKind } from './storage.ts';
import { createWebdav, openWebdav, type WebdavConfig, webdavConfig, webdavFromUrl } from './webdav.ts';

const config = z.omit(webdavConfig, { allowPlaintext: true });
type WebdavsConfig = z.infer<typeof config>;

const webdavs: StorageKind<WebdavsConfig> = {
  scheme: 'webdavs',
  title: 'WebDAV server',
  config,
  secretFields: ['password', 'token'],
  fromUrl: (url) => webdavFromUrl(url, ['ca-file', 'fingerprint']),
  open: (given, context) => openWebdav('webdavs', encrypted(given), context),
  create: (given, context) => createWebdav('webdavs', encrypted(given), context),
};
export default webdavs;

function encrypted(given: WebdavsConfig): WebdavConfig {
  return { ...given, allowPlaintext: false };
}
