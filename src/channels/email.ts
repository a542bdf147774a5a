// Mail by SMTP: encrypted before anything is said, or, without a password, to a server on this machine. One message goes to all recipients.

import { z } from 'zod/mini';
import type { Channel, ChannelKind } from './channel.ts';
import { caFile, host, oneLineText, optionsOf, pathOf, port, readUrl, timeoutSeconds } from './fields.ts';
import { type Resolve, systemResolve } from './network/addresses.ts';
import { readAuthorities } from './network/authorities.ts';
import { hostOf } from './network/post.ts';

const mailAddress = z.string().check(z.regex(/^[^\s<>,;"@]{1,64}@[^\s<>,;"@]{1,255}$/, 'is no mail address'));
export const securities = ['starttls', 'tls', 'none'] as const;

export const emailConfig = z.strictObject({
  host,
  port,
  /** Absent: `tls` on port 465, otherwise `starttls`. `none` is for servers on this machine. */
  security: z.optional(z.enum(securities, `must be one of ${securities.join(', ')}`)),
  user: z.optional(oneLineText),
  /** With Gmail and others that ask for a second factor: an app password. */
  password: z.optional(oneLineText),
  from: mailAddress,
  fromName: z._default(oneLineText, 'Holdfast'),
  to: z.array(mailAddress).check(z.minLength(1, 'no recipient is named'), z.maxLength(100)),
  caFile,
  timeoutSeconds,
});
export type EmailConfig = z.infer<typeof emailConfig>;

const ports = { starttls: 587, tls: 465, none: 25 } as const;

const email: ChannelKind<EmailConfig> = {
  kind: 'email',
  title: 'mail by SMTP',
  config: emailConfig,
  secretFields: ['password'],
  fromUrl: emailFromUrl,
  open: (config) => openEmail(config),
};
export default email;

export async function openEmail(config: EmailConfig, resolve: Resolve = systemResolve): Promise<Channel> {
  const security = config.security ?? (config.port === 465 ? 'tls' : 'starttls');
  const authorities = await readAuthorities(config.caFile);
  // For who sends only: the library is large.
  const { SmtpChannel } = await import('./email/smtp.ts');
  return new SmtpChannel(config, { security, port: config.port ?? ports[security], authorities, resolve });
}

/** email://user@host:587/to@example.org,other@example.org?from=backup@example.org */
function emailFromUrl(text: string): Readonly<Record<string, unknown>> {
  const url = readUrl(text);
  const user = decodeURIComponent(url.username);
  const to = pathOf(url).join('/').split(',');
  return {
    host: hostOf(url),
    to: to.filter((one) => one !== ''),
    // Most servers know their users by their mail addresses.
    ...(/^[^@]+@[^@]+$/.test(user) ? { from: user } : {}),
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    ...(user === '' ? {} : { user }),
    ...optionsOf(url, {
      from: 'text',
      fromName: 'text',
      security: 'text',
      caFile: 'text',
      timeoutSeconds: 'number',
    }),
  };
}
