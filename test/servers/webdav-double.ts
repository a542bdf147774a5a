// A small WebDAV server in this process that lies or fails as a test wants it: real servers cannot be told to. Files in memory; it
// answers only what the storage asks.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface DavLies {
  /** For methods, such as { PUT: { status: 507 } }. */
  answers?: Readonly<
    Record<string, { readonly status: number; readonly headers?: Readonly<Record<string, string>> }>
  >;
  /** Stores text as a server that converts line ends does. */
  convertsLineEnds?: boolean;
  /** Sends the whole file whatever range is asked for. */
  ignoresRanges?: boolean;
  /** Sends a range that begins one byte late. */
  shiftsRanges?: boolean;
  /** Announces all and sends only so many bytes. */
  sendsBytes?: number;
  encodesContent?: boolean;
  /** Reads the request and never answers. */
  hangsOn?: string;
  /** Does it, and resets the connection in place of the answer. */
  cutsAfter?: string;
  /** Another writer puts this file, just before a MOVE is done. */
  appears?: { readonly path: string; readonly bytes: Buffer };
  /** In place of what PROPFIND would answer. */
  listing?: string;
}

export interface DavDouble extends AsyncDisposable {
  readonly port: number;
  readonly files: Map<string, Buffer>;
  /** May be changed at any time. */
  lies: DavLies;
  readonly requests: {
    readonly method: string;
    readonly path: string;
    readonly headers: IncomingMessage['headers'];
  }[];
}

export async function startDavDouble(): Promise<DavDouble> {
  const files = new Map<string, Buffer>();
  const folders = new Set(['/']);
  const double = { files, lies: {} as DavLies, requests: [] as DavDouble['requests'] };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', headers } = request;
    const path = decodeURIComponent(request.url ?? '').replace(/(?<=.)\/$/, '');
    double.requests.push({ method, path, headers });
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces);
    const { lies } = double;
    const told = lies.answers?.[method];
    if (lies.hangsOn === method) return;
    if (told !== undefined) return void response.writeHead(told.status, told.headers).end();
    const say = (status: number, more: Record<string, string> = {}, text: Buffer | string = '') => {
      if (lies.cutsAfter === method) request.socket.resetAndDestroy();
      else response.writeHead(status, more).end(text);
    };
    const parent = path.slice(0, path.lastIndexOf('/')) || '/';
    const found = files.get(path);
    switch (method) {
      case 'MKCOL':
        if (folders.has(path)) return say(405);
        if (!folders.has(parent)) return say(409);
        folders.add(path);
        return say(201);
      case 'PUT':
        if (!folders.has(parent)) return say(409);
        files.set(
          path,
          lies.convertsLineEnds === true
            ? Buffer.from(body.toString('latin1').replaceAll('\n', '\r'), 'latin1')
            : body,
        );
        return say(201);
      case 'DELETE':
        return say(files.delete(path) ? 204 : 404);
      case 'MOVE': {
        const target = decodeURIComponent(new URL(String(headers.destination)).pathname);
        if (found === undefined) return say(404);
        if (lies.appears !== undefined) files.set(lies.appears.path, lies.appears.bytes);
        if (files.has(target) && headers.overwrite === 'F') return say(412);
        files.set(target, found);
        files.delete(path);
        return say(201);
      }
      case 'GET': {
        if (found === undefined) return say(404);
        const range = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '');
        const shift = lies.shiftsRanges === true ? 1 : 0;
        const from = Number(range?.[1] ?? 0) + shift;
        const part =
          range === null || lies.ignoresRanges === true
            ? found
            : found.subarray(from, Number(range[2]) + 1 + shift);
        const isPart = range !== null && lies.ignoresRanges !== true;
        const more = {
          'Content-Length': String(part.length),
          ...(isPart ? { 'Content-Range': `bytes ${from}-${from + part.length - 1}/${found.length}` } : {}),
          ...(lies.encodesContent === true ? { 'Content-Encoding': 'gzip' } : {}),
        };
        if (lies.sendsBytes === undefined) return say(isPart ? 206 : 200, more, part);
        response.writeHead(isPart ? 206 : 200, more);
        response.write(part.subarray(0, lies.sendsBytes), () => request.socket.resetAndDestroy());
        return;
      }
      case 'PROPFIND': {
        if (found === undefined && !folders.has(path)) return say(404);
        const within = path === '/' ? '/' : `${path}/`;
        const inside = headers.depth === '1' ? [...files.keys(), ...folders] : [];
        const paths = [
          path,
          ...inside.filter(
            (one) => one !== path && one.startsWith(within) && !one.slice(within.length).includes('/'),
          ),
        ];
        const entries = paths.map((one) => {
          const size = files.get(one)?.length;
          const kind =
            size === undefined
              ? '<D:resourcetype><D:collection/></D:resourcetype>'
              : `<D:resourcetype/><D:getcontentlength>${size}</D:getcontentlength>`;
          return `<D:response><D:href>${encodeURI(one)}${size === undefined && one !== '/' ? '/' : ''}</D:href><D:propstat><D:prop>${kind}<D:getlastmodified>Fri, 02 Jan 2026 03:04:05 GMT</D:getlastmodified></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`;
        });
        const text =
          lies.listing ??
          `<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">${entries.join('')}</D:multistatus>`;
        return say(207, { 'Content-Type': 'application/xml' }, text);
      }
      default:
        return say(405);
    }
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => request.socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return Object.assign(double, {
    port: address.port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}
