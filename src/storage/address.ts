// What the URLs of network storages have in common: scheme://user@host:port/path?option=value. A password in a URL is refused, because
// URLs are printed, logged and shown by `ps`.

import { Failure } from '../base/failure.ts';

export interface Address {
  /** Decoded; absent where the URL has none. */
  readonly user?: string;
  /** Without brackets, also for IPv6; lower case. Empty where the URL has none. */
  readonly host: string;
  /** The host in the letters of the URL: what stands there may be a name in which they matter, as a bucket's. */
  readonly hostAsWritten: string;
  readonly port?: number;
  /** Decoded parts of the path, without empty ones. Never "." or "..". */
  readonly path: readonly string[];
  /** Whether the URL's path begins with two slashes, which some kinds take for "from the root". */
  readonly isFromRoot: boolean;
  /** The values of `?name=value`, each of a name that is among those allowed. */
  readonly options: Readonly<Record<string, string>>;
}

/** `example` is a whole URL of the kind, shown when the given one is none. */
export function readAddress(url: string, optionNames: readonly string[], example: string): Address {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (cause) {
    throw invalid(url, 'it is no URL', example, cause);
  }
  if (parsed.password !== '') {
    throw new Failure('usage', 'STORAGE_URL_HAS_SECRET', 'the URL of a storage must not hold a password', {
      hint: 'URLs are printed and logged. Give the password as HOLDFAST_STORAGE_PASSWORD_FILE or HOLDFAST_STORAGE_PASSWORD_COMMAND, and change it if it was shown.',
    });
  }
  if (parsed.hash !== '') throw invalid(url, 'a "#" must be written %23', example);
  const decode = (text: string) => {
    try {
      return decodeURIComponent(text);
    } catch (cause) {
      throw invalid(url, 'a "%" must be followed by two hexadecimal digits', example, cause);
    }
  };
  const path = parsed.pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decode);
  for (const part of path) {
    if (part === '.' || part === '..' || /[/\0]/.test(part))
      throw invalid(url, `"${part}" is no part of a path`, example);
  }
  const options: Record<string, string> = {};
  for (const [name, value] of parsed.searchParams) {
    if (!optionNames.includes(name)) {
      throw invalid(url, `"${name}" is no option here; known: ${optionNames.join(', ') || 'none'}`, example);
    }
    if (Object.hasOwn(options, name)) throw invalid(url, `"${name}" is given twice`, example);
    options[name] = value;
  }
  return {
    ...(parsed.username === '' ? {} : { user: decode(parsed.username) }),
    host: parsed.hostname.toLowerCase().replace(/^\[(.*)\]$/, '$1'),
    hostAsWritten: parsed.hostname,
    ...(parsed.port === '' ? {} : { port: Number(parsed.port) }),
    path,
    isFromRoot: parsed.pathname.startsWith('//'),
    options,
  };
}

function invalid(url: string, why: string, example: string, cause?: unknown): Failure {
  // Whatever stands before an "@" may hold a password, and so may an option that is none.
  const shown = url.replace(/\/\/[^/]*@/, '//…@').replace(/\?.*$/s, '?…');
  return new Failure('usage', 'STORAGE_URL_INVALID', `"${shown}" cannot be used: ${why}`, {
    hint: `Write it like ${example}`,
    ...(cause === undefined ? {} : { cause }),
  });
}
