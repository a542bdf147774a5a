// One mail over one connection of its own. The connection is made here, so that its address is checked and an abort ends it; nodemailer
// speaks the protocol and builds the mail.

import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { createTransport } from 'nodemailer';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { Channel, Message, Receipt } from '../channel.ts';
import type { EmailConfig, securities } from '../email.ts';
import type { Resolve } from '../network/addresses.ts';
import { dial } from '../network/dial.ts';
import { canceled, connectionFailure } from '../network/trouble.ts';
import { mailOf } from './mail.ts';

export interface SmtpOptions {
  readonly security: (typeof securities)[number];
  readonly port: number;
  readonly authorities: string | undefined;
  readonly resolve: Resolve;
}

export class SmtpChannel implements Channel {
  readonly location: string;
  readonly #config: EmailConfig;
  readonly #options: SmtpOptions;

  constructor(config: EmailConfig, options: SmtpOptions) {
    const shownHost = config.host.includes(':') ? `[${config.host}]` : config.host;
    this.location = `email:${shownHost}:${options.port}`;
    this.#config = config;
    this.#options = options;
  }

  async send(message: Message, context: Context): Promise<Receipt> {
    const { host, user, password } = this.#config;
    const { security, port, resolve, authorities } = this.#options;
    const { location } = this;
    const tls: ConnectionOptions = {
      minVersion: 'TLSv1.2',
      ...(authorities === undefined ? {} : { ca: authorities }),
      ...(isIP(host) === 0 ? { servername: host } : {}),
    };
    const plan = { host, port, location, resolve };
    const connection = await dial(security === 'tls' ? { ...plan, tls } : plan, context);
    if (security === 'none' && !isLoopback(connection.remoteAddress)) {
      connection.destroy();
      throw new Failure('usage', 'CHANNEL_PLAINTEXT', `"${location}" is not encrypted on the way`, {
        hint: 'Without encryption mail is sent to a server on this machine only. Use security "starttls" or "tls".',
      });
    }
    const transport = createTransport({
      host,
      port,
      // The connection stands already, encrypted in the case of `tls`.
      getSocket: (_: unknown, callback: (error: Error | null, socket: object) => void) =>
        callback(null, { connection, secured: security === 'tls' }),
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      tls,
      ...(user === undefined ? {} : { auth: { user, pass: password ?? '' }, forceAuth: true }),
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    try {
      const sent = await transport.sendMail({ ...mailOf(message, this.#config), signal: context.signal });
      return { refused: sent.rejected ?? [] };
    } catch (error) {
      if (context.signal.aborted) throw canceled();
      throw smtpFailure(location, error as SmtpError);
    } finally {
      transport.close();
      connection.destroy();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

interface SmtpError extends Error {
  readonly code?: string;
  readonly command?: string;
  /** Three digits of the server; absent where it said nothing. */
  readonly responseCode?: number;
}

/** The text of the server is left out; its number tells enough. */
function smtpFailure(location: string, error: SmtpError): Failure {
  const { code, responseCode } = error;
  const facts = responseCode === undefined ? {} : { reply: responseCode };
  if (responseCode !== undefined && responseCode >= 400 && responseCode < 500) {
    return new Failure('unavailable', 'CHANNEL_BUSY', `"${location}" cannot take the message now`, {
      facts,
      hint: 'The mail server asks to try again later. The message can be sent again.',
    });
  }
  // The library keeps the text of a failed handshake, not its code.
  const isHandshake = code === 'ETLS' || code === 'ESOCKET';
  if (isHandshake && /certificate|altnames|self.signed/i.test(error.message)) {
    return new Failure(
      'denied',
      'CHANNEL_CERTIFICATE',
      `the certificate of "${location}" is not to be trusted`,
      {
        hint: 'Name the authority that signed it by caFile, and use the name that it was made for. If it has expired, the server needs a new one.',
      },
    );
  }
  if (code === 'ETLS') {
    return new Failure('denied', 'CHANNEL_WITHOUT_TLS', `"${location}" does not encrypt`, {
      facts,
      hint: 'Nothing was sent. Use the port on which the server offers STARTTLS (587) or TLS (465, security "tls").',
    });
  }
  if (code === 'EAUTH' || responseCode === 530 || responseCode === 535) {
    return new Failure('denied', 'CHANNEL_DENIED', `"${location}" does not accept the credentials`, {
      facts,
      hint: 'Check user and password. Accounts with a second factor, as of Gmail, need an app password.',
    });
  }
  if (responseCode !== undefined && responseCode >= 500) {
    return new Failure('usage', 'CHANNEL_REFUSED', `"${location}" refuses the message`, {
      facts,
      hint:
        code === 'EENVELOPE'
          ? 'Check the addresses of sender and recipients, and whether this account may send to them.'
          : 'The mail server does not want this message. Its log says why.',
    });
  }
  return connectionFailure(location, error);
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(127\.|::1$|::ffff:127\.)/.test(address);
}
