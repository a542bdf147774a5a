// Files of others on their way out: they are kept, never shown as a page of ours, whatever lies in them and whatever they are called.

import type { ByteRange } from './ranges.ts';

/** RFC 6266: a name that every program takes, and the true one beside it. */
export function attachmentHeaders(
  name: string,
  bytes: number | undefined,
  range?: ByteRange,
): Readonly<Record<string, string>> {
  const length = range === undefined ? bytes : range.to - range.from + 1;
  return {
    'content-disposition': contentDisposition(name),
    'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
    ...(length === undefined ? {} : { 'content-length': String(length), 'accept-ranges': 'bytes' }),
    ...(range === undefined ? {} : { 'content-range': `bytes ${range.from}-${range.to}/${bytes}` }),
  };
}

export function contentDisposition(name: string): string {
  const own = plainName(name);
  const simple = own.normalize('NFKD').replace(/[^ !#$&'()+,\-.0-9;=@A-Z[\]^_`a-z{}~]/g, '_');
  return `attachment; filename="${simple}"; filename*=UTF-8''${encoded(own)}`;
}

/** Never a way to another folder, a hidden file, or a text that reads backwards. */
function plainName(name: string): string {
  const last = name.toWellFormed().split(/[\\/]/).at(-1) ?? '';
  const told = last
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, 200)
    .toWellFormed();
  return told === '' ? 'download' : told;
}

/** What RFC 8187 lets stand as it is; the rest byte by byte. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
