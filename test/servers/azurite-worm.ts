// Immutability policies, which Azurite has not: a double of that part of the service before it. It answers as the REST reference says:
// headers on container and blob, "Set Blob Immutability Policy", 409 for a delete before the date. It expects calls signed by a SAS, whose
// signature does not cover the headers that are taken away here.

import { type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { type Front, serve } from './front.ts';

interface Policy {
  readonly until: Date;
  readonly mode: string;
}

export interface WormFront extends Front {
  readonly policies: ReadonlyMap<string, Policy>;
}

export async function startWormFront(targetPort: number): Promise<WormFront> {
  const policies = new Map<string, Policy>();
  const front = await serve((request, response) => {
    const url = new URL(request.url ?? '/', 'http://front');
    const isContainer = url.searchParams.get('restype') === 'container';
    const policy = policies.get(url.pathname);
    if (request.method === 'PUT' && url.searchParams.get('comp') === 'immutabilityPolicies') {
      const next = policyIn(request);
      request.resume();
      if (next === undefined || (policy?.mode === 'locked' && next.until < policy.until)) {
        return refuse(response, 'BlobImmutableDueToPolicy');
      }
      policies.set(url.pathname, next);
      return void response.writeHead(200, { date: new Date().toUTCString() }).end();
    }
    if (request.method === 'DELETE' && policy !== undefined && policy.until > new Date()) {
      request.resume();
      return refuse(response, 'BlobImmutableDueToPolicy');
    }
    const given = request.method === 'PUT' ? policyIn(request) : undefined;
    pass(request, response, targetPort, (status) => {
      if (given !== undefined && status === 201) policies.set(url.pathname, given);
      if (isContainer) return { 'x-ms-immutable-storage-with-versioning-enabled': 'true' };
      if (policy === undefined) return {};
      return {
        'x-ms-immutability-policy-until-date': policy.until.toUTCString(),
        'x-ms-immutability-policy-mode': policy.mode,
      };
    });
  });
  return { ...front, policies };
}

function policyIn(request: IncomingMessage): Policy | undefined {
  const until = request.headers['x-ms-immutability-policy-until-date'];
  if (typeof until !== 'string') return undefined;
  const mode = String(request.headers['x-ms-immutability-policy-mode']).toLowerCase();
  delete request.headers['x-ms-immutability-policy-until-date'];
  delete request.headers['x-ms-immutability-policy-mode'];
  return { until: new Date(until), mode };
}

function pass(
  request: IncomingMessage,
  response: ServerResponse,
  port: number,
  more: (status: number) => Record<string, string>,
): void {
  const { method, headers, url: path } = request;
  const onward = send({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
    const status = answer.statusCode ?? 500;
    response.writeHead(status, { ...answer.headers, ...more(status) });
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}

function refuse(response: ServerResponse, code: string): void {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>This operation is not permitted.</Message></Error>`;
  response.writeHead(409, { 'content-type': 'application/xml', 'x-ms-error-code': code }).end(body);
}
