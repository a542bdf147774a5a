// Sends one OTLP request over HTTP. Its headers often hold a secret, so it is done where secrets may be.

import { z } from 'zod';
import { Failure } from '../../base/failure.ts';
import { below, openEndpoint } from '../../channels/network/endpoint.ts';
import { post } from '../../channels/network/post.ts';
import { secretReference } from '../../model/configuration/fields.ts';
import type { JobKind } from '../job.ts';

const orderSchema = z.strictObject({
  endpoint: z.url(),
  headers: z.record(z.string(), secretReference),
  allowNetworks: z.array(z.string()),
  /** The JSON text of an ExportMetricsServiceRequest. */
  request: z.string(),
});
type OtlpOrder = z.output<typeof orderSchema>;

const timeoutMs = 30_000;

export const job: JobKind<OtlpOrder> = {
  order: orderSchema,
  async run({ endpoint: url, headers: references, allowNetworks, request }, { openers }, context) {
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    for (const [name, reference] of Object.entries(references)) {
      if (openers.secret === undefined) throw noSecrets();
      const secret = await openers.secret(reference, context);
      headers[name.toLowerCase()] = Buffer.from(secret.reveal()).toString('utf8').trim();
    }
    const endpoint = below(await openEndpoint('otlp', { url, allowNetworks }), '/v1/metrics');
    const over = new AbortController();
    const waiting = context.clock
      .sleep(timeoutMs, AbortSignal.any([context.signal, over.signal]))
      .then(() => over.abort())
      .catch(() => undefined);
    try {
      const signal = AbortSignal.any([context.signal, over.signal]);
      const answer = await post(endpoint, { headers, body: request }, { ...context, signal });
      const rejected = rejectedPoints(answer);
      return { outcome: 'succeeded', counts: { rejected }, result: null };
    } finally {
      over.abort();
      await waiting;
    }
  },
};

/** A receiver may take a part, and says so with status 200. */
function rejectedPoints(answer: string): number {
  try {
    const read = JSON.parse(answer) as {
      readonly partialSuccess?: { readonly rejectedDataPoints?: unknown };
    };
    const count = Number(read.partialSuccess?.rejectedDataPoints ?? 0);
    return Number.isSafeInteger(count) ? count : 0;
  } catch {
    return 0;
  }
}

function noSecrets(): Failure {
  return new Failure('usage', 'SECRETS_UNREACHABLE', 'no secrets can be looked up here', {
    hint: 'Push metrics without headers, or from "holdfast up".',
  });
}
