// Who may use an object server: the file of accounts, and the check of what a client presents. Passwords are kept as scrypt hashes.
// Tokens are random, so that a plain SHA-256 of them cannot be guessed from; neither stands anywhere in the clear.

import { createHash, createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';

export type Access = 'full' | 'append-only' | 'read-only';

export interface Account {
  readonly name: string;
  /** `scrypt$15$8$3$salt$hash` or `sha256$hex`. */
  readonly secretHash: string;
  readonly access: Access;
  /** Whose repositories it sees: its own, unless several accounts share a folder. */
  readonly folder: string;
  /** Of all repositories in its folder together. */
  readonly quotaBytes: number | undefined;
}

const namePattern = /^[a-z0-9][a-z0-9._-]{0,31}$/;
const cost = { ln: 15, r: 8, p: 3 } as const;
const hashBytes = 32;
/** scrypt takes 32 MiB and a core for a tenth of a second: a flood of guesses must not take all of either. */
const checksAtOnce = 2;
const checksWaitingMax = 32;
const failuresMax = 10;
const failuresForgottenMs = 60_000;
const rememberedMax = 1_000;

/**
 * One account a line, `#` begins a comment: `name:hash` or `name:hash:option,option`, with the options `append-only`, `read-only`,
 * `quota=500G` and `folder=name`. Messages name lines, never hashes.
 */
export function parseAccounts(text: string): Account[] {
  const accounts = new Map<string, Account>();
  for (const [index, whole] of text.split('\n').entries()) {
    const line = whole.trim();
    if (line === '' || line.startsWith('#')) continue;
    const fail = (what: string) => invalid(index + 1, what);
    const [name, secretHash, options = '', ...rest] = line.split(':');
    if (name === undefined || !namePattern.test(name)) throw fail('the name must be of a-z 0-9 . _ -');
    if (secretHash === undefined || parseHash(secretHash) === undefined || rest.length > 0) {
      throw fail('a hash that this program made must follow the name');
    }
    if (accounts.has(name)) throw fail(`"${name}" is there twice`);
    let account: Account = { name, secretHash, access: 'full', folder: name, quotaBytes: undefined };
    for (const option of options === '' ? [] : options.split(',')) {
      account = { ...account, ...parseOption(option, fail) };
    }
    accounts.set(name, account);
  }
  return [...accounts.values()];
}

function parseOption(option: string, fail: (what: string) => Failure): Partial<Account> {
  if (option === 'append-only' || option === 'read-only') return { access: option };
  const [, key, value] = /^(quota|folder)=(.+)$/.exec(option) ?? [];
  if (key === 'folder' && value !== undefined && namePattern.test(value)) return { folder: value };
  const size = key === 'quota' ? /^([1-9][0-9]{0,11})([KMGT]?)$/.exec(value ?? '') : null;
  if (size === null) throw fail(`"${option.slice(0, 40)}" is no option`);
  return { quotaBytes: Number(size[1]) * 1024 ** ' KMGT'.indexOf(size[2] === '' ? ' ' : (size[2] ?? ' ')) };
}

/** For the line of an account. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await stretch(password, salt, cost, hashBytes);
  return `scrypt$${cost.ln}$${cost.r}$${cost.p}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}

/** A new token, which is shown once, and what the line of the account holds. */
export function makeToken(): { readonly token: string; readonly secretHash: string } {
  const token = `hf_${randomBytes(32).toString('base64url')}`;
  return { token, secretHash: `sha256$${createHash('sha256').update(token).digest('hex')}` };
}

interface ScryptHash {
  readonly cost: { readonly ln: number; readonly r: number; readonly p: number };
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** A token's hash as it is; undefined for what is none. The bounds keep a line of the file from taking all memory. */
function parseHash(text: string): ScryptHash | 'token' | undefined {
  if (/^sha256\$[0-9a-f]{64}$/.test(text)) return 'token';
  const parts = /^scrypt\$(1[0-7])\$([1-9]|1[0-6])\$([1-8])\$([\w-]{16,64})\$([\w-]{43,86})$/.exec(text);
  if (parts === null) return undefined;
  return {
    cost: { ln: Number(parts[1]), r: Number(parts[2]), p: Number(parts[3]) },
    salt: Buffer.from(parts[4] ?? '', 'base64url'),
    hash: Buffer.from(parts[5] ?? '', 'base64url'),
  };
}

function stretch(password: string, salt: Buffer, { ln, r, p }: ScryptHash['cost'], length: number) {
  return new Promise<Buffer>((resolve, reject) => {
    const options = { N: 2 ** ln, r, p, maxmem: 2 ** ln * r * 256 + 1024 * 1024 };
    scrypt(password.normalize('NFC'), salt, length, options, (error, hash) => {
      if (error === null) resolve(hash);
      else reject(error);
    });
  });
}

/** Remembers what it has accepted, so that only the first call of a client costs a stretching. */
export class Doorman {
  readonly #context: Context;
  readonly #key = randomBytes(32);
  #accounts = new Map<string, Account>();
  #tokens = new Map<string, Account>();
  /** By a keyed hash of the header, so that memory holds no secret for long. */
  readonly #accepted = new Map<string, Account>();
  readonly #failures = new Map<string, { count: number; since: number }>();
  #checking = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(accounts: readonly Account[], context: Context) {
    this.#context = context;
    this.replace(accounts);
  }

  replace(accounts: readonly Account[]): void {
    this.#accepted.clear();
    this.#accounts = new Map(accounts.map((account) => [account.name, account]));
    this.#tokens = new Map(accounts.map((account) => [account.secretHash, account]));
  }

  /** `header` is that of Authorization. Unknown names cost and say the same as wrong passwords. */
  async admit(header: string | undefined, address: string): Promise<Account> {
    if (header === undefined) throw refused();
    const known = createHmac('sha256', this.#key).update(header).digest('base64');
    const remembered = this.#accepted.get(known);
    if (remembered !== undefined) return remembered;
    this.#refuseGuessers(address);
    const accounts = this.#accounts;
    const account = await this.#check(header);
    if (account === undefined) {
      this.#countFailure(address);
      throw refused();
    }
    // The accounts may have been replaced during the check.
    if (accounts !== this.#accounts) throw refused();
    if (this.#accepted.size >= rememberedMax) this.#accepted.clear();
    this.#accepted.set(known, account);
    return account;
  }

  async #check(header: string): Promise<Account | undefined> {
    const bearer = /^Bearer ([\w-]{20,100})$/i.exec(header)?.[1];
    if (bearer !== undefined) {
      return this.#tokens.get(`sha256$${createHash('sha256').update(bearer).digest('hex')}`);
    }
    const basic = /^Basic ([A-Za-z0-9+/]{1,2000}={0,2})$/i.exec(header)?.[1];
    if (basic === undefined) return undefined;
    const text = Buffer.from(basic, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    if (colon < 0) return undefined;
    const account = this.#accounts.get(text.slice(0, colon));
    const parsed = account === undefined ? undefined : parseHash(account.secretHash);
    const isPassword = parsed !== undefined && parsed !== 'token';
    const expected = isPassword ? parsed : { cost, salt: Buffer.alloc(16), hash: Buffer.alloc(hashBytes) };
    const found = await this.#inTurn(() =>
      stretch(text.slice(colon + 1), expected.salt, expected.cost, expected.hash.length),
    );
    return timingSafeEqual(found, expected.hash) && isPassword ? account : undefined;
  }

  async #inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
    if (this.#checking >= checksAtOnce) {
      if (this.#waiting.length >= checksWaitingMax) throw busy(1000);
      const turn = Promise.withResolvers<void>();
      this.#waiting.push(turn.resolve);
      await turn.promise;
    } else this.#checking += 1;
    try {
      return await run();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#checking -= 1;
      else next();
    }
  }

  #refuseGuessers(address: string): void {
    const failures = this.#failures.get(address);
    if (failures === undefined) return;
    const passedMs = this.#context.clock.elapsed() - failures.since;
    if (passedMs > failuresForgottenMs) this.#failures.delete(address);
    else if (failures.count >= failuresMax) throw busy(failuresForgottenMs - passedMs, 429);
  }

  #countFailure(address: string): void {
    const failures = this.#failures.get(address);
    if (failures !== undefined) failures.count += 1;
    else {
      if (this.#failures.size >= rememberedMax) this.#failures.clear();
      this.#failures.set(address, { count: 1, since: this.#context.clock.elapsed() });
    }
  }
}

/** `status` is 429 for who guesses, 503 for who comes at a bad time. */
export function busy(retryAfterMs: number, status = 503): Failure {
  return new Failure('unavailable', 'STORAGE_UNAVAILABLE', 'the server takes no more for now', {
    facts: { retryAfterMs, status },
  });
}

function refused(): Failure {
  return new Failure(
    'denied',
    'STORAGE_LOGIN_REFUSED',
    'the name and password, or the token, are not accepted',
  );
}

function invalid(line: number, what: string): Failure {
  return new Failure(
    'usage',
    'STORAGE_ACCOUNTS_INVALID',
    `line ${line} of the accounts cannot be used: ${what}`,
    {
      hint: 'A line is NAME:HASH or NAME:HASH:OPTIONS, with options such as append-only,quota=500G.',
    },
  );
}
