// How the secrets of key slots are found that are neither passphrase nor key file: one entry a kind. An option `--identity` of the main
// repository is `--to-identity` for a second one, `--new-…` for a slot that is about to be made; a variable HOLDFAST_IDENTITY,
// HOLDFAST_TO_IDENTITY means the same.

import type { Secret } from '../base/secret.ts';
import type { SlotType } from '../keyslots/all.ts';
import type { SlotParameters } from '../keyslots/keyslot.ts';
import type { Invocation, OptionSpec } from './command.ts';
import { kmsWay, pkcs11Way } from './hardware-secrets.ts';
import { identityWay, recipientWay } from './identity-secret.ts';

export interface FoundSecret {
  readonly secret: Secret;
  /** Of the slot that it makes or opens; a master key opens without one. */
  readonly type: SlotType | undefined;
  /** Chosen with the secret, for a new slot of it. */
  readonly params?: SlotParameters;
}

export type NewSecret = FoundSecret & { readonly type: SlotType };
export type SecretFinder = () => Promise<FoundSecret>;

/** One way of naming a secret. */
export interface SlotSecretWay {
  /** Without the dashes and the prefix. */
  readonly name: string;
  /** What stands behind the option in the help. */
  readonly value: string;
  readonly isRepeated?: boolean;
  /** The secret of what the user named, which was one value or, where repeated, several. */
  find(values: readonly string[], invocation: Invocation): Promise<FoundSecret>;
}

export const sharesWay: SlotSecretWay = {
  name: 'share-file',
  value: 'file',
  isRepeated: true,
  find: async (files, invocation) => (await import('./share-input.ts')).findShares(files, invocation),
};

/** What opens a slot. */
export const openingWays: readonly SlotSecretWay[] = [identityWay, pkcs11Way, kmsWay, sharesWay];

/** What makes a slot: the public half, a token, the number of shares. */
export const makingWays: readonly SlotSecretWay[] = [recipientWay, identityWay, pkcs11Way, kmsWay];

/** Those whose option is not one of every command: `init` names the others as the commands do that open. */
export const onlyMaking: readonly SlotSecretWay[] = makingWays.filter(
  ({ name }) => !openingWays.some((way) => way.name === name),
);

export function optionsOf(
  ways: readonly SlotSecretWay[],
  prefix: '' | 'to-' | 'from-' | 'new-',
): OptionSpec[] {
  return ways.map(({ name, value, isRepeated }) => ({
    flags: `--${prefix}${name} <${value}>`,
    text: `option.${prefix === 'new-' ? prefix : ''}${name}`,
    ...(isRepeated === true ? { repeat: true } : {}),
  }));
}

/** How to find what options name, and what variables name. Nothing is read before it is asked for. */
export function slotSecretFinders(
  ways: readonly SlotSecretWay[],
  environmentPrefix: string,
  invocation: Invocation,
): { readonly options: SecretFinder[]; readonly variables: SecretFinder[] } {
  const { options, ambient } = invocation;
  const optionPrefix = environmentPrefix.slice('HOLDFAST_'.length).toLowerCase().replace('_', '-');
  const found = { options: [] as SecretFinder[], variables: [] as SecretFinder[] };
  for (const way of ways) {
    const key = camel(`${optionPrefix}${way.name}`);
    const text = options.text(key);
    const values = text === undefined ? options.list(key) : [text];
    if (values.length > 0) found.options.push(() => way.find(values, invocation));
    const value = ambient.environment[environmentPrefix + way.name.toUpperCase().replaceAll('-', '_')];
    if (!value) continue;
    const parts = way.isRepeated === true ? value.split(':') : [value];
    found.variables.push(() => way.find(parts, invocation));
  }
  return found;
}

function camel(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
