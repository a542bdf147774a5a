// `key add --new-shares` and `key sheet`: splits the key to a repository among people, and puts their shares on paper.

import { Failure } from '../base/failure.ts';
import { Secret } from '../base/secret.ts';
import type { Share } from '../keyslots/shamir/share.ts';
import { splitShares } from '../keyslots/shamir/share-text.ts';
import { isShareOf, requireShare } from '../keyslots/shamir.ts';
import { describeSlot, type SlotDescription } from '../keyslots/slot.ts';
import type { Ending, Invocation, OptionSpec } from './command.ts';
import { invalidOption } from './options.ts';
import { openMainRepository, openPlace, repositoryPlace, writerName } from './repository-access.ts';
import { mainSecret } from './secrets.ts';
import { readShareFile } from './share-input.ts';
import { prepareSheetFolder, type SheetSlot, shareFileLines, writeSheet } from './share-sheet.ts';

export const sheetFolderOption: OptionSpec = { flags: '--to <folder>', text: 'option.sheetFolder' };
export const sharingOptions: readonly OptionSpec[] = [
  { flags: '--new-shares <k/n>' },
  sheetFolderOption,
  { flags: '--print-text' },
];

export async function addShares(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context } = invocation;
  const params = sharing(options.text('newShares')!);
  const folder = options.text('to');
  const printsText = options.flag('printText');
  if (folder === undefined && !printsText) {
    throw new Failure('usage', 'SHARES_NOT_PRINTED', 'the shares would be lost: they are to be put nowhere');
  }
  if (folder !== undefined) prepareSheetFolder(folder);
  await using repository = await openMainRepository(invocation, 'write');
  const { addKey, removeKey } = await import('../operations/keys.ts');
  const label = options.text('label') ?? writerName(invocation);
  const madeAt = context.clock.now();
  const nobody = new Secret(new Uint8Array(0), 'shamir');
  const added = await addKey({ secret: nobody, type: 'shamir', params, label }, repository, context);
  const slot: SheetSlot = { repositoryId: repository.id, slotId: added.id, label, madeAt };
  const shares = added.handOut.map(shareOf);
  const sheets: string[] = [];
  try {
    if (folder !== undefined) for (const share of shares) sheets.push(await writeSheet(folder, share, slot));
  } catch (error) {
    // Nobody holds enough of it: a slot that nothing opens must not look like a way in.
    await removeKey(added.id, repository, context);
    throw error;
  }
  output.line(texts.say('share.split', { id: added.id.slice(0, 12), ...params }));
  for (const [index, path] of sheets.entries()) {
    output.line(texts.say('share.sheet', { number: index + 1, path }));
  }
  const printed = printsText ? shares.map((share) => shareFileLines(share, slot)) : [];
  for (const lines of printed) for (const line of lines) output.line(line);
  output.note(texts.say('share.keep', { count: shares.length }));
  return {
    result: { id: added.id, type: 'shamir', ...params, sheets, ...(printsText ? { shares: printed } : {}) },
  };
}

/** Sheets from the text of shares, or without a folder only whether they still fit. Unlocks nothing: one holder can ask alone. */
export async function sheet(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context } = invocation;
  const shares = options.list('shareFile').flatMap((path) => readShareFile(path, invocation));
  if (shares.length === 0) throw new Failure('usage', 'SHARES_NOT_ASKED', 'no share file was named');
  const folder = options.text('to');
  if (folder !== undefined) prepareSheetFolder(folder);
  await using storage = await openPlace(repositoryPlace(invocation), mainSecret, invocation);
  const { readAll } = await import('../repository/read-all.ts');
  const { peekConfig } = await import('../repository/config.ts');
  const slots: SlotDescription[] = [];
  for await (const { bytes } of readAll(storage, 'keys/slot-', context)) {
    const slot = describeSlot(bytes);
    if (slot.type === 'shamir') slots.push(slot);
  }
  let repositoryId = '';
  for await (const { bytes, name } of readAll(storage, 'config/', context)) {
    repositoryId = peekConfig(bytes, name).repoId;
  }
  const found: { share: Share; slot: SlotDescription }[] = [];
  for (const share of shares) {
    const slot = slots.find(({ params }) => isShareOf(share, params));
    if (slot === undefined) {
      throw new Failure(
        'missing',
        'SHARE_UNKNOWN',
        `share ${share.number} belongs to no key of this repository`,
      );
    }
    found.push({ share, slot });
  }
  const sheets: string[] = [];
  for (const { share, slot } of found) {
    const { number, count, threshold } = share;
    output.line(texts.say('share.fits', { number, count, threshold, id: slot.id.slice(0, 12) }));
    if (folder === undefined) continue;
    const { id, label, createdAt } = slot;
    const path = await writeSheet(folder, share, {
      repositoryId,
      slotId: id,
      label,
      madeAt: Date.parse(createdAt),
    });
    sheets.push(path);
    output.line(texts.say('share.sheet', { number, path }));
  }
  const result = found.map(({ share: { number, count, threshold }, slot: { id } }) => ({
    id,
    number,
    count,
    threshold,
  }));
  return { result: { shares: result, sheets } };
}

function shareOf(secret: Secret): Share {
  const [lines = []] = splitShares(Buffer.from(secret.reveal()).toString('latin1'));
  return requireShare(lines, 'that was made');
}

function sharing(text: string): { readonly threshold: number; readonly count: number } {
  const match = /^(\d{1,3})\/(\d{1,3})$/.exec(text);
  if (match === null) throw invalidOption('--new-shares', text, 'a number such as 3/5');
  return { threshold: Number(match[1]), count: Number(match[2]) };
}
