// Fields that the configurations of several kinds have, and how their URLs are read.

import { z } from 'zod/mini';
import { Failure } from '../base/failure.ts';
import { networkPattern } from './network/addresses.ts';

export const timeoutSeconds = z._default(z.int().check(z.minimum(1), z.maximum(300)), 30);
export const caFile = z.optional(z.string());
/** An administrator's leave to reach private networks; "127.0.0.0/8" is this machine. */
export const allowNetworks = z._default(
  z.array(z.string().check(z.regex(networkPattern, 'a network is written like "10.1.0.0/16"'))),
  [],
);
export const port = z.optional(z.int().check(z.minimum(1), z.maximum(65535)));
export const host = z.string().check(z.regex(/^[^\s/@]+$/, 'no server is named'));
export const oneLineText = z
  .string()
  .check(z.regex(/^[^\x00-\x1f\x7f]*$/, 'control characters are not allowed'));
export const httpUrl = z
  .string()
  .check(z.refine((text) => /^https?:$/.test(protocolOf(text)), 'is no URL with https'));

/** Of kinds whose whole address is a secret, and which therefore have nothing to say in a URL. */
export function nothingFromUrl(kind: string): (url: string) => Readonly<Record<string, unknown>> {
  return (url) => {
    if (new RegExp(`^${kind}:(//)?$`, 'i').test(url)) return {};
    // Not shown: it may be the secret.
    throw new Failure(
      'usage',
      'CHANNEL_URL_HAS_SECRET',
      `the address of a channel "${kind}" is a secret and must not be an argument`,
      {
        hint: `Write "${kind}:" and give the address by HOLDFAST_CHANNEL_URL_FILE or HOLDFAST_CHANNEL_URL_COMMAND.`,
      },
    );
  };
}

/** The values of a URL's options, by the names of their fields; lists are separated by commas. */
export function optionsOf(
  url: URL,
  fields: Readonly<Record<string, 'text' | 'number' | 'list'>>,
): Readonly<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const [name, value] of url.searchParams) {
    const field = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (!Object.hasOwn(fields, field) || Object.hasOwn(found, field)) {
      const known = Object.keys(fields).map((one) =>
        one.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
      );
      throw invalidUrl(`its options are ${known.join(', ')}, each once`);
    }
    const type = fields[field];
    found[field] = type === 'number' ? Number(value) : type === 'list' ? value.split(',') : value;
  }
  return found;
}

/** Host, port and user of a URL such as "email://user@host:587/…". */
export function readUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw invalidUrl('it cannot be read');
  }
  if (url.password !== '') {
    throw new Failure('usage', 'CHANNEL_URL_HAS_SECRET', 'the URL of a channel must not hold a password', {
      hint: 'URLs are printed and logged. Give the password by HOLDFAST_CHANNEL_PASSWORD_FILE or HOLDFAST_CHANNEL_PASSWORD_COMMAND, and change it if it was shown.',
    });
  }
  return url;
}

/** Decoded parts of the path. */
export function pathOf(url: URL): string[] {
  try {
    return url.pathname
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent);
  } catch {
    throw invalidUrl('a "%" must be followed by two hexadecimal digits');
  }
}

export function invalidUrl(why: string): Failure {
  return new Failure('usage', 'CHANNEL_URL_INVALID', `the URL of the channel is wrong: ${why}`, {
    hint: 'See docs/guides/channels.md for the URL of each kind.',
  });
}

function protocolOf(text: string): string {
  try {
    return new URL(text).protocol;
  } catch {
    return '';
  }
}
