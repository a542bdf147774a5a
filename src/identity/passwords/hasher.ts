// Argon2id. One stretching gives two keys: one is compared, the other seals what only the person's password shall open (the secret of their
// code generator), so that a stolen catalog holds neither.

import { argon2, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { Failure } from '../../base/failure.ts';
import type { Secret } from '../../base/secret.ts';
import { normalizedPassword } from './rules.ts';

export interface HashCost {
  readonly memoryKiB: number;
  readonly passes: number;
}

/** OWASP asks for 46 MiB and one pass at least. */
export const standardCost: HashCost = { memoryKiB: 47_104, passes: 2 };

export interface Proof {
  readonly isRight: boolean;
  /** Only with a right password: seals and opens what belongs to it. */
  readonly sealKey?: Buffer;
  /** The same password in today's parameters is due. */
  readonly isDated: boolean;
}

export interface Hasher {
  /** Does the same work whether there is a hash or not: who asks learns nothing from the time. */
  check(password: Secret, hash: string | undefined): Promise<Proof>;
  make(password: Secret): Promise<{ readonly hash: string; readonly sealKey: Buffer }>;
}

export type Stretch = (message: Buffer, salt: Buffer, cost: HashCost) => Promise<Buffer>;

/** So many stretchings at a time, each with its memory; some more may wait. */
const atOnce = 2;
const waitingMax = 16;

export function createHasher(cost: HashCost = standardCost, stretch: Stretch = stretchByArgon2): Hasher {
  const line = new Line();
  const nobody = formatted(cost, Buffer.alloc(16), Buffer.alloc(32));
  const keysOf = (password: Secret, salt: Buffer, how: HashCost) =>
    line.run(async () => {
      const message = Buffer.from(normalizedPassword(Buffer.from(password.reveal()).toString()));
      try {
        const root = await stretch(message, salt, how);
        const key = (name: string) =>
          Buffer.from(hkdfSync('sha256', root, salt, `holdfast password ${name}`, 32));
        return { compared: key('compared'), sealKey: key('seal') };
      } finally {
        message.fill(0);
      }
    });
  return {
    async check(password, hash) {
      const stored = parsed(hash ?? nobody);
      const { compared, sealKey } = await keysOf(password, stored.salt, stored.cost);
      const isRight = timingSafeEqual(compared, stored.compared) && hash !== undefined;
      const isDated = stored.cost.memoryKiB !== cost.memoryKiB || stored.cost.passes !== cost.passes;
      return isRight ? { isRight, sealKey, isDated } : { isRight, isDated };
    },
    async make(password) {
      const salt = randomBytes(16);
      const { compared, sealKey } = await keysOf(password, salt, cost);
      return { hash: formatted(cost, salt, compared), sealKey };
    },
  };
}

/** Logins wait for each other, so that many at once cannot take all memory. */
class Line {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running >= atOnce) {
      if (this.#waiting.length >= waitingMax) {
        throw new Failure('unavailable', 'LOGINS_BUSY', 'too many people prove who they are at this moment', {
          hint: 'Try again in a few seconds.',
        });
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      // Who waits takes over the place of who goes.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

const stretchAsync = promisify(argon2);

const stretchByArgon2: Stretch = (message, salt, { memoryKiB, passes }) =>
  stretchAsync('argon2id', {
    message,
    nonce: salt,
    memory: memoryKiB,
    passes,
    parallelism: 1,
    tagLength: 32,
  });

function formatted({ memoryKiB, passes }: HashCost, salt: Buffer, compared: Buffer): string {
  return `argon2id-hkdf$m=${memoryKiB},t=${passes}$${salt.toString('base64url')}$${compared.toString('base64url')}`;
}

function parsed(hash: string): { cost: HashCost; salt: Buffer; compared: Buffer } {
  const found = /^argon2id-hkdf\$m=(\d{1,7}),t=(\d{1,2})\$([\w-]{22})\$([\w-]{43})$/.exec(hash);
  if (found === null) {
    throw new Failure('corrupt', 'PASSWORD_HASH_INVALID', 'what the catalog holds of a password is damaged', {
      hint: 'Set a new password for this user.',
    });
  }
  const [, memory, passes, salt, compared] = found as unknown as [string, string, string, string, string];
  return {
    cost: { memoryKiB: Number(memory), passes: Number(passes) },
    salt: Buffer.from(salt, 'base64url'),
    compared: Buffer.from(compared, 'base64url'),
  };
}
