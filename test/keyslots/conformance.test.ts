// The conformance suite over every kind of key slot.

import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Secret } from '../../src/base/secret.ts';
import { conformanceOf, type KeySlotUnderTest } from '../../src/keyslots/conformance.ts';
import { generateKeyPairTexts, keyPairTypes } from '../../src/keyslots/key-pair.ts';
import { splitNewKey } from '../../src/keyslots/shamir.ts';
import { identityType } from '../../src/keyslots/slot.ts';

const keyFile = () => new Secret(Buffer.from(`${randomBytes(32).toString('base64url')}\n`), 'key-file');
const passphrase = (words: string) => new Secret(Buffer.from(words), 'passphrase');
const identity = (text: string) => new Secret(Buffer.from(text), identityType);
const cheapest: readonly KeySlotUnderTest['choice'][] = [
  { kdf: 'argon2id', memoryKiB: 8192, passes: 1 },
  { kdf: 'scrypt', cost: 16_384 },
  { kdf: 'pbkdf2-sha256', rounds: 100_000 },
];

const kinds: readonly (KeySlotUnderTest & { readonly title: string })[] = [
  ...cheapest.map((choice) => ({
    title: `passphrase by ${choice!['kdf']}`,
    type: 'passphrase' as const,
    making: passphrase('correct horse'),
    choice: choice!,
    opening: () => passphrase('correct horse'),
    stranger: passphrase('correct house'),
  })),
  (() => {
    const own = keyFile();
    return { title: 'key file', type: 'key-file', making: own, opening: () => own, stranger: keyFile() };
  })(),
  ...(await Promise.all(
    keyPairTypes.map(async (type) => {
      const [own, other] = [await generateKeyPairTexts(type), await generateKeyPairTexts(type)];
      const opening = () => identity(own.privateText);
      return {
        title: type,
        type,
        making: identity(own.publicText),
        opening,
        stranger: identity(other.privateText),
      };
    }),
  )),
];

const handedOut = (shares: readonly Secret[]) =>
  new Secret(Buffer.concat(shares.map((share) => share.reveal())), 'shamir');
const strangers = await splitNewKey(2, 3);

const shamir: KeySlotUnderTest & { readonly title: string } = {
  title: 'shares of several people',
  type: 'shamir',
  making: new Secret(new Uint8Array(0), 'shamir'),
  choice: { threshold: 2, count: 3 },
  opening: ({ handOut }) => handedOut(handOut.slice(1)),
  stranger: handedOut(strangers.shares),
};

for (const kind of [...kinds, shamir]) {
  for (const promised of conformanceOf(kind)) test(`${kind.title}: ${promised.name}`, () => promised.check());
}
