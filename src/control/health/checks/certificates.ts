// Certificates on this machine that the configuration names: that of the API, those with which channels show themselves, and the authorities that
// channels and storages trust. Until when they are good.

import { X509Certificate } from 'node:crypto';
import type { Instant } from '../../../base/context.ts';
import type { Configuration } from '../../../model/configuration/configuration.ts';
import { errorCode } from '../../../sources/files/system-error.ts';
import type { CheckResult, HealthCheck } from '../check.ts';
import { nearnessOf, type Span } from '../expiry.ts';

export const check: HealthCheck = {
  scope: 'node',
  async run({ configuration, machine }, context) {
    const { health } = configuration;
    return Promise.all(
      [...named(configuration)].map(async ([path, use]): Promise<CheckResult> => {
        let span: Span;
        try {
          span = spanOf(await machine.readText(path), use);
        } catch (error) {
          // The control process may be kept from reading it on purpose; who uses it tells when it cannot.
          const reason = errorCode(error) ?? 'broken';
          return { object: path, state: 'unknown', reason: 'certificate-unread', facts: { reason } };
        }
        const { endsAt } = span;
        const now = context.clock.now();
        const nearness = nearnessOf(span, now, health.expiryWarning);
        const facts = { endsAt, leftMs: Math.max(0, endsAt - now) };
        if (nearness === 'over') {
          const reason = use === 'api' ? 'certificate-over' : 'certificate-own-over';
          return { object: path, state: 'critical', reason, facts };
        }
        const reason = nearness === 'ok' ? 'certificate-ok' : 'certificate-ends';
        return { object: path, state: nearness, reason, facts };
      }),
    );
  },
};

type Use = 'api' | 'own' | 'authorities';

function named({ api, channels, repositories }: Configuration): Map<string, Use> {
  const found = new Map<string, Use>();
  const add = (path: string, use: Use) => {
    if (path.startsWith('/') && !found.has(path)) found.set(path, use);
  };
  if (api.enabled && api.tls !== undefined) found.set(api.tls.certificate, 'api');
  const places = [...Object.values(channels), ...Object.values(repositories)];
  for (const { place } of places) {
    for (const [name, path] of optionsOf(place)) {
      if (name === 'certificateFile') add(path, 'own');
      else if (name === 'caFile' || name === 'ca-file') add(path, 'authorities');
    }
  }
  return found;
}

/** Of a place as it is written: JSON, or the options of a URL. What cannot be read is refused by who opens it. */
function optionsOf(place: string): readonly (readonly [string, string])[] {
  try {
    if (place.trimStart().startsWith('{')) {
      const fields = Object.entries(JSON.parse(place) as Record<string, unknown>);
      return fields.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : []));
    }
  } catch {
    return [];
  }
  const query = place.indexOf('?');
  return query < 0 ? [] : [...new URLSearchParams(place.slice(query + 1))];
}

/** Of a chain its first counts, the one that is shown. Of several authorities one is enough, so the one that lasts longest counts. */
function spanOf(text: string, use: Use): Span & { readonly beginsAt: Instant } {
  const all = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const counted = use === 'authorities' && all.length > 1 ? all : [text];
  const spans = counted.map((one) => {
    const { validFrom, validTo } = new X509Certificate(one);
    return { beginsAt: Date.parse(validFrom), endsAt: Date.parse(validTo) };
  });
  return spans.sort((a, b) => b.endsAt - a.endsAt)[0]!;
}
