// Reading what PROPFIND answers. Servers write addresses in many ways (whole or only the path, encoded more or less), so they are
// decoded before they are compared.

import { type DAVResult, parseXML } from 'webdav';
import { Failure } from '../../base/failure.ts';
import type { StorageRoom } from '../storage.ts';

export interface WebdavEntry {
  /** Decoded, without a slash at the end. */
  readonly path: string;
  readonly isFolder: boolean;
  readonly sizeBytes: number;
  readonly modifiedAt: number;
}

/** Asks for what `readListing` reads, and no more. */
export const propfindBody: Uint8Array = Buffer.from(
  '<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/><getlastmodified/></prop></propfind>',
);

/** RFC 4331: what is left for this account, and what it has used. */
export const quotaBody: Uint8Array = Buffer.from(
  '<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><quota-available-bytes/><quota-used-bytes/></prop></propfind>',
);

/** Undefined where the server knows no quota: it names the properties without a number, or with a negative one for "no bound". */
export function readQuota(text: string): StorageRoom | undefined {
  const [free, used] = ['available', 'used'].map((which) => {
    const found = new RegExp(`<(?:[\\w.-]+:)?quota-${which}-bytes(?:\\s[^>]*)?>\\s*(\\d{1,15})\\s*</`).exec(
      text,
    );
    return found === null ? undefined : Number(found[1]);
  });
  return free === undefined || used === undefined ? undefined : { freeBytes: free, totalBytes: free + used };
}

/** `folder`: decoded path that was asked for. Every entry must be it or lie in it. */
export async function readListing(text: string, folder: string): Promise<WebdavEntry[]> {
  let parsed: DAVResult;
  try {
    parsed = await parseXML(text);
  } catch (cause) {
    throw invalid(folder, 'the answer is no multistatus', cause);
  }
  const entries: WebdavEntry[] = [];
  for (const response of parsed.multistatus.response) {
    const path = pathOf(response.href, folder);
    const status = response.status ?? response.propstat?.status;
    // Part of an answer is none: what a list leaves out looks as if it were not there.
    if (status === undefined || !/ 200\b/.test(status))
      throw invalid(folder, `status "${String(status).slice(0, 40)}" for one entry`);
    const parent = folder === '/' ? '' : folder;
    if (path !== folder && (!path.startsWith(`${parent}/`) || path.slice(parent.length + 1).includes('/'))) {
      throw invalid(folder, 'an entry lies elsewhere');
    }
    const { resourcetype, getcontentlength, getlastmodified } = response.propstat?.prop ?? {};
    const isFolder =
      typeof resourcetype === 'object' && resourcetype !== null && 'collection' in resourcetype;
    const sizeBytes = isFolder ? 0 : Number(getcontentlength);
    const modifiedAt = Date.parse(String(getlastmodified));
    if (!isFolder && (!Number.isSafeInteger(sizeBytes) || Number.isNaN(modifiedAt))) {
      throw invalid(folder, 'an entry has no size or no date');
    }
    entries.push({ path, isFolder, sizeBytes, modifiedAt });
  }
  return entries;
}

function pathOf(href: unknown, folder: string): string {
  try {
    // Numbers and the like, as which the parser may read a relative address, are refused here.
    const { pathname } = new URL(String(href), 'http://server/');
    return decodeURIComponent(pathname).replace(/(?<=.)\/+$/, '');
  } catch (cause) {
    throw invalid(folder, 'an entry has no address', cause);
  }
}

function invalid(folder: string, why: string, cause?: unknown): Failure {
  return new Failure('unavailable', 'STORAGE_LIST_INVALID', `a list of "${folder}" cannot be used: ${why}`, {
    hint: 'The storage answers wrongly. Nothing was changed; ask who runs it.',
    ...(cause === undefined ? {} : { cause }),
  });
}
