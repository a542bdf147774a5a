// The small words of a configuration: names, spans of time, sizes, shares and references to secrets, each refused with a reason where it is none.

import { z } from 'zod';
import { isFailure } from '../../base/failure.ts';
import { parseRateTable } from '../rate-table.ts';
import { parseSchedule } from '../schedule/parse.ts';
import { parseWindows } from '../schedule/windows.ts';
import { createZone } from '../schedule/zone.ts';
import { parseSize } from '../size.ts';
import { parseDuration } from '../time.ts';

/** Of a repository, a policy, a channel, a person: what people type and what stands in URLs. */
export const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'a name has small letters, digits, ".", "_" and "-", at most 63')
  .refine((text) => !text.includes('..'), 'a name has no two dots in a row');

/** One line that people read. */
export const words = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !/\p{Cc}/u.test(text), 'has control characters');

/**
 * Where a secret is, never the secret: `file:/etc/holdfast/password` (mode 0600), `env:SMTP_PASSWORD`, `command:/usr/bin/pass show holdfast`
 * (no shell, split at spaces), `sealed:NAME` for one that was given once and lies sealed in the catalog.
 */
export const secretReference = z
  .string()
  .regex(
    /^(?:file:\/.+|env:[A-Za-z_][A-Za-z0-9_]*|command:\/.+|sealed:[a-z0-9][a-z0-9._-]*)$/,
    'is no reference to a secret: write file:/PATH, env:NAME, command:/PROGRAM or sealed:NAME',
  );

/** A URL, JSON or a folder, without a secret in it: what stands here is shown, logged and kept in the catalog. */
export const place = z
  .string()
  .min(1)
  .max(2000)
  .refine(
    (text) => !holdsSecret(text),
    'holds a secret, which must not stand here: name it under "secrets" by reference',
  );

/** A password before the "@", an option or a field of JSON with a telling name, or the address of a hook that is a secret as a whole. */
export function holdsSecret(text: string): boolean {
  const secretName =
    /(?:pass(?:word|phrase|wd)?|secret|token|credential|api-?key|(?:account|access|customer|private|secret|shared)-?key|connection-?string|sig(?:nature)?|sas)$/i;
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]*:[^/?#@\s]+@/i.test(text)) return true;
  if (/^(?:slack|teams|healthchecks):(?:\/\/)?./i.test(text)) return true;
  // The id of a key says whose it is and opens nothing; elsewhere it is a sign that credentials were pasted.
  const pasted = text.replace(/(?:[?&]access-key-id=|"accessKeyId"\s*:\s*")AKIA[0-9A-Z]{16}\b/g, '');
  if (/hooks\.slack\.com\/services\/|\bAKIA[0-9A-Z]{16}\b/.test(pasted)) return true;
  const options = [...text.matchAll(/[?&]([^=&#]+)=[^&#]/g)].map(([, option = '']) => option);
  const fields = [...text.matchAll(/"([A-Za-z]+)"\s*:\s*"[^"]/g)].map(([, field = '']) => field);
  return [...options, ...fields].some((one) => secretName.test(one) && !/(?:File|-file|Id|-id)$/.test(one));
}

/** An exact span such as "26h", "5min", "30d" (a day has 24 hours) or "1h30min"; milliseconds once read. */
export const span = z.string().transform((text, refused): number => {
  const duration = attempt(() => parseDuration(text), refused);
  if (duration === undefined) return z.NEVER;
  if (duration.years > 0 || duration.months > 0) {
    refused.addIssue({ code: 'custom', message: 'months and years differ in length: write days' });
    return z.NEVER;
  }
  return (((duration.days * 24 + duration.hours) * 60 + duration.minutes) * 60 + duration.seconds) * 1000;
});

/** A span on the calendar such as "2y6m", for retention. */
export const duration = z.string().transform((text, refused) => {
  return attempt(() => parseDuration(text), refused) ?? z.NEVER;
});

/** "500MiB"; bytes once read. */
export const size = z.string().transform((text, refused): number => {
  return attempt(() => parseSize(text), refused) ?? z.NEVER;
});

export const percent = z.int().min(0).max(100);

/** Classic cron or AWS cron(…)/rate(…), as written. */
export const schedule = valid(z.string(), parseSchedule);

/** An IANA zone such as "Europe/Zurich". */
export const zone = valid(z.string(), createZone);

/** Weekly hours such as "mon-fri 22:00-06:00". */
export const allowedHours = valid(z.string(), (text) => parseWindows({ allowed: text }));

/** Weekly hours or periods by date such as "2026-12-20 - 2027-01-06". */
export const barredHours = valid(z.string(), (text) => parseWindows({ barred: text }));

/** "5M", or "mon-fri 08:00-18:00 2MiB, else unlimited". */
export const rates = valid(z.string(), parseRateTable);

/** What the parser of the model refuses, the configuration refuses in its words. */
function valid(schema: z.ZodString, parse: (text: string) => unknown) {
  return schema.superRefine((text, refused) => {
    attempt(() => parse(text), refused);
  });
}

function attempt<Value>(
  read: () => Value,
  refused: { addIssue(issue: { code: 'custom'; message: string }): void },
): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (!isFailure(error)) throw error;
    refused.addIssue({ code: 'custom', message: [error.message, error.hint].filter(Boolean).join('. ') });
    return undefined;
  }
}
