// Certificates on this machine that the configuration names: until when they are good.

import { X509Certificate } from 'node:crypto';
import { errorCode } from '../../../sources/files/system-error.ts';
import type { CheckResult, HealthCheck } from '../check.ts';

const criticalMs = 3 * 86_400_000;

export const check: HealthCheck = {
  scope: 'node',
  async run({ configuration, machine }, context) {
    const { api, health } = configuration;
    const paths = api.enabled && api.tls !== undefined ? [api.tls.certificate] : [];
    return Promise.all(
      paths.map(async (path): Promise<CheckResult> => {
        let certificate: X509Certificate;
        try {
          certificate = new X509Certificate(await machine.readText(path));
        } catch (error) {
          // The control process may be kept from reading it on purpose; the API tells when it cannot.
          const reason = errorCode(error) ?? 'broken';
          return { object: path, state: 'unknown', reason: 'certificate-unread', facts: { reason } };
        }
        const endsAt = Date.parse(certificate.validTo);
        const left = endsAt - context.clock.now();
        const facts = { endsAt, leftMs: Math.max(0, left) };
        if (left <= 0) return { object: path, state: 'critical', reason: 'certificate-over', facts };
        if (left >= health.expiryWarning) {
          return { object: path, state: 'ok', reason: 'certificate-ok', facts };
        }
        const state = left < criticalMs ? 'critical' : 'warning';
        return { object: path, state, reason: 'certificate-ends', facts };
      }),
    );
  },
};
