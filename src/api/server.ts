// The HTTP server of the API. It holds no secrets of storages, sources or channels, and opens none: it reads the catalog and adds tasks to
// its queue. Its routes are made from the contract alone.

import type { AddressInfo } from 'node:net';
import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { createHasher } from '../identity/passwords/hasher.ts';
import type { Configuration } from '../model/configuration/configuration.ts';
import { recognition } from './access.ts';
import { budgetsOf } from './budgets.ts';
import type { ApiTools } from './handler.ts';
import { isOfThisMachine, namesOf, parseListen, requireSafeLine } from './places.ts';
import { createReads, type ReadsRules, usualReads } from './reads.ts';
import { makeRoutes } from './routes.ts';
import { type LineRules, makeListener, usualLines } from './wire.ts';

/** Less than who stops us waits before killing us. */
const patienceMs = 3000;

export interface ApiWish {
  readonly catalog: Catalog;
  readonly rules: Configuration['api'];
  /** This machine, whose audit stream is written. */
  readonly node: string;
  /** The contents of the files that `rules.tls` names. */
  readonly tls?: { readonly certificate: Uint8Array; readonly key: Uint8Array };
  /** The text of /metrics. */
  metrics(context: Context): Promise<string>;
  /** The same figures as JSON. */
  statistics: ApiTools['statistics'];
  /** When what is read goes into the audit trail; as it usually does when left out. */
  readonly reads?: ReadsRules;
  /** How slow a line may be; as it usually is when left out. */
  readonly lines?: LineRules;
  /** Absent where nothing is logged. */
  logs?: NonNullable<ApiTools['logs']>;
  /** Absent where nobody hands out files. */
  download?: ApiTools['download'];
}

/** A school goes out by one address: its people are not to wait for each other. */
const callersBehindAddress = 4;

export interface Api {
  /** With the port that was given when 0 was asked for. */
  readonly url: string;
  /** Ends event streams at once; calls on their way get their answers, when they are done within three seconds. */
  close(): Promise<void>;
}

export async function startApi(wish: ApiWish, context: Context): Promise<Api> {
  const { catalog, rules, node, tls, metrics, statistics, download = noDownload } = wish;
  const place = parseListen(rules.listen);
  const line = { hasTls: tls !== undefined, origin: rules.origin };
  requireSafeLine(place, line);
  const stopping = new AbortController();
  const within = { ...context, signal: AbortSignal.any([context.signal, stopping.signal]) };
  // Calls on their way go on when we are told to stop, for a while.
  const patience = new AbortController();
  // Names depend on the port, which the system may choose.
  let names = namesOf(place, line);
  const reads = createReads(catalog, node, wish.reads ?? usualReads, context);
  const tools: ApiTools = {
    catalog,
    rules,
    node,
    metrics,
    statistics,
    download,
    reads,
    ...(wish.logs === undefined ? {} : { logs: endingWith(wish.logs, stopping.signal) }),
    recognition: recognition(catalog),
    desk: { catalog, node, hasher: createHasher(), profile: rules.passwords },
    siteOf: (host) => names.siteOf(host),
  };
  const { handlers, close: endStreams } = makeRoutes(tools, within);
  const server = await makeListener(
    {
      tools,
      handlers,
      callers: budgetsOf(rules.requestsPerMinute, catalog),
      addresses: budgetsOf(rules.requestsPerMinute * callersBehindAddress, catalog),
      tls,
      lines: wish.lines ?? usualLines,
      names: () => names,
    },
    { ...context, signal: patience.signal },
  );
  try {
    await server.listen({ host: place.host, port: place.port });
  } catch (cause) {
    stopping.abort();
    await endStreams();
    await reads.close();
    throw refusedPlace(rules.listen, cause);
  }
  const { port } = server.server.address() as AddressInfo;
  names = namesOf({ ...place, port }, line);
  const host = place.host.includes(':') ? `[${place.host}]` : place.host;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host}:${port}`,
    async close() {
      stopping.abort();
      await endStreams();
      const over = new AbortController();
      const late = context.clock.sleep(patienceMs, over.signal).then(
        () => {
          patience.abort();
          server.server.closeAllConnections();
        },
        () => undefined,
      );
      await server.close();
      over.abort();
      await late;
      await reads.close();
    },
  };
}

/** Who listens is not waited for. */
function endingWith(logs: NonNullable<ApiTools['logs']>, stop: AbortSignal): NonNullable<ApiTools['logs']> {
  return (wish, context) => logs(wish, { ...context, signal: AbortSignal.any([context.signal, stop]) });
}

async function noDownload(): Promise<never> {
  throw new Failure('denied', 'DOWNLOADS_OFF', 'nothing is downloaded from this server', {
    hint: 'Restore it below a folder of "api.restoreRoots", or on the machine itself.',
  });
}

function refusedPlace(listen: string, cause: unknown): Failure {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE') {
    return new Failure('conflict', 'API_PORT_TAKEN', `somebody listens on "${listen}" already`, {
      hint: 'Stop the other program, or set "api.listen" to another port.',
      cause,
    });
  }
  if (code === 'EACCES') {
    return new Failure('denied', 'API_PORT_DENIED', `"${listen}" may not be listened on`, {
      hint: 'Ports below 1024 belong to the administrator: use another one, with a proxy in front.',
      cause,
    });
  }
  const { host } = parseListen(listen);
  return new Failure('usage', 'LISTEN_REFUSED', `nobody can listen on "${listen}"`, {
    hint: isOfThisMachine(host) ? 'Use 127.0.0.1.' : 'Use an address of this machine.',
    cause,
  });
}
