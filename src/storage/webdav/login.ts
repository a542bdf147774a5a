// What a request says about who sends it: nothing until the server has asked, then Basic or Digest (RFC 7616) as the server asked, or
// a bearer token from the start. Digest counts its requests, so one login serves all parallel ones.

import { createHash, randomBytes } from 'node:crypto';

export interface Credentials {
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
}

interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque?: string;
  readonly algorithm: 'MD5' | 'SHA-256';
  readonly hasQop: boolean;
}

export class WebdavLogin {
  readonly #credentials: Credentials;
  #isBasic = false;
  #challenge: Challenge | undefined;
  #count = 0;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /** The server may ask anew at any request, for example because its nonce is old. */
  get mayBeAskedAgain(): boolean {
    return this.#challenge !== undefined;
  }

  header(method: string, path: string): string | undefined {
    const { user = '', password = '', token } = this.#credentials;
    if (token !== undefined) return `Bearer ${token}`;
    if (this.#isBasic) return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    if (this.#challenge === undefined) return undefined;
    this.#count += 1;
    return digest(this.#challenge, { user, password, method, path, count: this.#count });
  }

  /**
   * Takes what a 401 asks for; false when asking again is of no use. `sent` is the header of the refused request: another request may
   * have learned the new challenge meanwhile.
   */
  learn(wwwAuthenticate: string, sent: string | undefined): boolean {
    const { user, password, token } = this.#credentials;
    if (token !== undefined || user === undefined || password === undefined) return false;
    const found = readDigest(wwwAuthenticate);
    if (found !== undefined) {
      const isStale = /\bstale\s*=\s*"?true/i.test(wwwAuthenticate);
      if (sent?.startsWith('Digest ') === true && !isStale && sent.includes(`nonce="${found.nonce}"`))
        return false;
      if (this.#challenge?.nonce !== found.nonce) this.#count = 0;
      this.#challenge = found;
      return true;
    }
    if (!/\bbasic\b/i.test(wwwAuthenticate) || sent !== undefined) return false;
    this.#isBasic = true;
    return true;
  }
}

function readDigest(header: string): Challenge | undefined {
  const parts = header.split(/(?=\bDigest\s)/i).filter((part) => /^Digest\s/i.test(part));
  const read = parts.map((part) => {
    const value = (name: string) =>
      new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|([^\\s,]+))`, 'i')
        .exec(part)
        ?.slice(1)
        .find((one) => one !== undefined);
    return {
      realm: value('realm'),
      nonce: value('nonce'),
      opaque: value('opaque'),
      algorithm: value('algorithm') ?? 'MD5',
      qop: value('qop'),
    };
  });
  const usable = read.filter(({ algorithm }) => /^(MD5|SHA-256)$/i.test(algorithm));
  const best = usable.find(({ algorithm }) => algorithm.toUpperCase() === 'SHA-256') ?? usable[0];
  if (best?.nonce === undefined) return undefined;
  return {
    realm: best.realm ?? '',
    nonce: best.nonce,
    ...(best.opaque === undefined ? {} : { opaque: best.opaque }),
    algorithm: best.algorithm.toUpperCase() as Challenge['algorithm'],
    hasQop: best.qop !== undefined,
  };
}

function digest(
  { realm, nonce, opaque, algorithm, hasQop }: Challenge,
  {
    user,
    password,
    method,
    path,
    count,
  }: { user: string; password: string; method: string; path: string; count: number },
): string {
  const hash = (text: string) =>
    createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(text)
      .digest('hex');
  const quoted = (text: string) => text.replace(/["\\]/g, '\\$&');
  const nc = count.toString(16).padStart(8, '0');
  const cnonce = randomBytes(12).toString('hex');
  const secret = hash(`${user}:${realm}:${password}`);
  const what = hash(`${method}:${path}`);
  const response = hash(
    hasQop ? `${secret}:${nonce}:${nc}:${cnonce}:auth:${what}` : `${secret}:${nonce}:${what}`,
  );
  return [
    `Digest username="${quoted(user)}", realm="${quoted(realm)}", nonce="${nonce}", uri="${path}"`,
    `response="${response}", algorithm=${algorithm}`,
    ...(opaque === undefined ? [] : [`opaque="${opaque}"`]),
    ...(hasQop ? [`qop=auth, nc=${nc}, cnonce="${cnonce}"`] : []),
  ].join(', ');
}
