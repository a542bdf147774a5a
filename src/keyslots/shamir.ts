// k of n people together: the key is split into shares by Shamir's scheme over GF(2^8). FORMAT.md §4.1. The secret given is the text of
// some shares, one after another. A share that is wrong is named, so that one person looks again and not everybody.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { equalBytes } from '../base/bytes.ts';
import { assert, Failure } from '../base/failure.ts';
import { Secret } from '../base/secret.ts';
import type { KeySlotKind, SlotParameters } from './keyslot.ts';
import { isPossible, type Share, sharesMax, tagOf } from './shamir/share.ts';
import { readShare, shareText, splitShares } from './shamir/share-text.ts';

const shamir: KeySlotKind = {
  type: 'shamir',
  title: 'Shares of several people',
  isPostQuantum: () => true,
  // Nobody brings a secret: the key is made here and handed out in parts.
  async newKey(_secret, { threshold, count }) {
    const { kek, params, shares } = await splitNewKey(Number(threshold), Number(count));
    return { kek, params, handOut: shares };
  },
  canOpen: () => true,
  async keyEncryptionKey(secret, params) {
    const text = Buffer.from(secret.reveal()).toString('latin1');
    const shares = wholeShares(text);
    // A passphrase that is tried on every slot is no damaged share.
    if (secret.slotType === undefined && shares.length === 0) return undefined;
    // All of them of other keys: the repository may be shared among several circles of people.
    const { set } = slotOf(params);
    if (shares.length > 0 && !shares.some((share) => equalBytes(share.set, set))) return undefined;
    return joinShares(text, params);
  },
};
export default shamir;

/** A new key of 32 bytes, what the slot says of it, and the text of each share: to be handed out now, for it is kept nowhere. */
export async function splitNewKey(
  threshold: number,
  count: number,
): Promise<{
  readonly kek: Uint8Array;
  readonly params: SlotParameters;
  readonly shares: readonly Secret[];
}> {
  if (!isPossible(threshold, count)) {
    throw new Failure(
      'usage',
      'SHARES_IMPOSSIBLE',
      `a key cannot be split for "${threshold}" of "${count}"`,
      {
        hint: `Let at least 2 people be needed, of at most ${sharesMax}, such as "3/5".`,
      },
    );
  }
  const { split } = await import('shamir-secret-sharing');
  const kek = Uint8Array.from(randomBytes(32));
  const set = randomBytes(8);
  const points = await split(kek, count, threshold);
  const shares: Share[] = points.map((point, index) => ({
    threshold,
    count,
    number: index + 1,
    x: point[32]!,
    set,
    value: point.slice(0, 32),
  }));
  const params = {
    threshold,
    count,
    set: set.toString('base64url'),
    tags: shares.map((share) => tagOf(share).toString('base64url')),
  };
  const texts = shares.map((share) => `${shareText(share).join('\n')}\n`);
  // What is about to be printed is read back: paper with a fault would be noticed when it is too late.
  for (const people of [texts.slice(0, threshold), texts.slice(-threshold)]) {
    const joined = await joinShares(people.join(''), params);
    assert(timingSafeEqual(joined, kek), 'new shares do not give back their key');
  }
  return { kek, params, shares: texts.map((text) => new Secret(Buffer.from(text, 'latin1'), shamir.type)) };
}

/** The key that these shares give; fails with a code of its own for each thing that can be wrong with them. */
export async function joinShares(text: string, params: SlotParameters): Promise<Uint8Array> {
  const slot = slotOf(params);
  const good = new Map<number, Share>();
  for (const [index, lines] of splitShares(text).entries()) {
    const share = requireShare(lines, `at place ${index + 1}`);
    checkBelongs(share, slot);
    good.set(share.number, share);
  }
  const missing = slot.threshold - good.size;
  if (missing > 0) {
    const numbers = [...good.keys()].sort((a, b) => a - b).join(', ');
    throw new Failure(
      'denied',
      'SHARES_TOO_FEW',
      `${slot.threshold} of ${slot.count} shares are needed, ${missing} more than were given (${numbers})`,
      { facts: { needed: slot.threshold, given: good.size }, hint: 'Ask more of the people who hold one.' },
    );
  }
  const { combine } = await import('shamir-secret-sharing');
  const points = [...good.values()].map(({ value, x }) => Uint8Array.from([...value, x]));
  return combine(points.slice(0, slot.threshold));
}

function wholeShares(text: string): Share[] {
  return splitShares(text)
    .map(readShare)
    .flatMap((read) => ('share' in read ? [read.share] : []));
}

/** One share, or a failure that says where it is wrong. `place` tells which one is meant, such as `in "file"`. */
export function requireShare(lines: readonly string[], place: string): Share {
  const read = readShare(lines);
  if ('share' in read) return read.share;
  const { trouble, line, number } = read;
  const name = `${number === undefined ? 'the share' : `share ${number}`} ${place}`;
  const why =
    trouble === 'mixed'
      ? 'its lines do not belong together'
      : `its line ${line} ${
          {
            form: 'is not four groups of four characters and a check word',
            character: 'has a character that no share has',
            word: 'ends with a word that is no check word',
            check: 'does not fit its check word',
            order: 'belongs at another place',
            missing: 'is missing',
          }[trouble]
        }`;
  throw new Failure('usage', 'SHARE_DAMAGED', `${name} is damaged: ${why}`, {
    hint: 'Compare that line with the sheet character by character.',
    ...(line === undefined ? {} : { facts: { line } }),
  });
}

/** Whether this share is one of the slot's; fails with denied/SHARE_FORGED when it only says so. */
export function isShareOf(share: Share, params: SlotParameters): boolean {
  const slot = slotOf(params);
  if (!equalBytes(share.set, slot.set)) return false;
  checkBelongs(share, slot);
  return true;
}

interface Slot {
  readonly threshold: number;
  readonly count: number;
  readonly set: Uint8Array;
  readonly tags: readonly string[];
}

function checkBelongs(share: Share, slot: Slot): void {
  if (!equalBytes(share.set, slot.set)) {
    throw new Failure('denied', 'SHARE_OF_ANOTHER_SET', `share ${share.number} belongs to another set`, {
      hint: 'The sheets of one set bear the same number of the key slot: leave out the one that bears another.',
      facts: { share: share.number },
    });
  }
  // The set's number is no secret, so anybody can make a share that looks sound; its tag is not among those of the slot.
  if (slot.tags[share.number - 1] !== tagOf(share).toString('base64url')) {
    throw new Failure('denied', 'SHARE_FORGED', `share ${share.number} is not the one that was handed out`, {
      hint: 'Somebody changed it on purpose. Leave it out, and find out who.',
      facts: { share: share.number },
    });
  }
}

function slotOf(params: SlotParameters): Slot {
  const { threshold, count, set, tags } = params;
  const setBytes = typeof set === 'string' ? Buffer.from(set, 'base64url') : Buffer.alloc(0);
  if (
    typeof threshold !== 'number' ||
    typeof count !== 'number' ||
    !isPossible(threshold, count) ||
    setBytes.length !== 8 ||
    !Array.isArray(tags) ||
    tags.length !== count
  ) {
    throw new Failure('corrupt', 'SLOT_BROKEN', 'the key slot does not say how its key was split', {
      hint: 'Use another key slot, or copy this one back from another copy of the repository.',
    });
  }
  return { threshold, count, set: setBytes, tags: tags.map(String) };
}
