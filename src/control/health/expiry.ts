// When certificates and secrets end, and how near that is. What lives for days or weeks only is renewed by a machine, late by intent: a part of
// its life counts for it, in place of the days that people need.

import type { Instant } from '../../base/context.ts';

export interface Span {
  /** Absent where it is not told. */
  readonly beginsAt?: Instant;
  readonly endsAt: Instant;
}

export type Nearness = 'ok' | 'warning' | 'critical' | 'over';

const criticalMs = 3 * 86_400_000;

export function nearnessOf({ beginsAt, endsAt }: Span, now: Instant, warningMs: number): Nearness {
  const lifeMs = beginsAt === undefined ? Number.POSITIVE_INFINITY : Math.max(0, endsAt - beginsAt);
  const left = endsAt - now;
  if (left <= 0) return 'over';
  if (left >= Math.min(warningMs, lifeMs / 4)) return 'ok';
  return left < Math.min(criticalMs, lifeMs / 10) ? 'critical' : 'warning';
}

/** What a secret says of its own end: a shared access signature of Azure, or a signed token (JWT). Undefined for all others. */
export function endOfSecret(secret: string): Span | undefined {
  return /(^|[?&])sig=/.test(secret) ? endOfSignature(secret) : endOfToken(secret);
}

function endOfSignature(text: string): Span | undefined {
  const at = (name: string) => {
    const found = new RegExp(`(?:^|[?&;=])${name}=([^&;\\s]+)`).exec(text)?.[1];
    return found === undefined ? Number.NaN : Date.parse(decoded(found));
  };
  return spanOf(at('st'), at('se'));
}

function endOfToken(text: string): Span | undefined {
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(text)?.[1];
  if (payload === undefined) return undefined;
  try {
    const { iat, exp } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<
      string,
      unknown
    >;
    return spanOf(Number(iat ?? Number.NaN) * 1000, Number(exp ?? Number.NaN) * 1000);
  } catch {
    return undefined;
  }
}

function spanOf(beginsAt: Instant, endsAt: Instant): Span | undefined {
  if (!Number.isFinite(endsAt)) return undefined;
  return Number.isFinite(beginsAt) ? { beginsAt, endsAt } : { endsAt };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
