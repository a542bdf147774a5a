// A share on paper: one page A4 with its text, the same as a QR code, and what whoever finds it in a drawer must know. The page is made in
// memory and written once, so that no copy of it lies anywhere else.

import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import type { Instant } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { writeNewFile } from '../disk/durable-file.ts';
import { makeFolders } from '../disk/folders.ts';
import type { Share } from '../keyslots/shamir/share.ts';
import { shareText } from '../keyslots/shamir/share-text.ts';
import { textsIn } from './texts/texts.ts';

/** What a sheet says of the slot that its share is of. */
export interface SheetSlot {
  readonly repositoryId: string;
  readonly slotId: string;
  readonly label: string;
  readonly madeAt: Instant;
}

/** The text of a share with a heading: what `--print-text` prints and `--share-file` reads. */
export function shareFileLines(share: Share, slot: SheetSlot): string[] {
  const { number, count, threshold } = share;
  return [
    `# Holdfast share ${number} of ${count} (${threshold} needed), repository ${slot.repositoryId}, key ${slot.slotId}`,
    ...shareText(share),
  ];
}

/** Where the sheet of a share is written. */
export function sheetPath(folder: string, { number, count }: Share, { slotId }: SheetSlot): string {
  return join(folder, `holdfast-share-${number}-of-${count}-${slotId.slice(0, 8)}.pdf`);
}

/** Makes the folder and asks whether it can be written to, before there is a share that would be lost. */
export function prepareSheetFolder(folder: string): void {
  try {
    makeFolders(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw notWritten(folder, cause);
  }
}

/** Mode 0600, durable; never replaces a file. */
export async function writeSheet(folder: string, share: Share, slot: SheetSlot): Promise<string> {
  const path = sheetPath(folder, share, slot);
  const bytes = await sheetPdf(share, slot);
  try {
    writeNewFile(path, bytes);
  } catch (cause) {
    throw notWritten(path, cause);
  } finally {
    bytes.fill(0);
  }
  return path;
}

function notWritten(path: string, cause: unknown): Failure {
  const { code = '' } = cause as NodeJS.ErrnoException;
  return new Failure('denied', 'SHEET_NOT_WRITTEN', `"${path}" cannot be written (${code})`, {
    facts: { path },
    cause,
  });
}

const millimetre = 72 / 25.4;
const page = { left: 20 * millimetre, width: 170 * millimetre };

async function sheetPdf(share: Share, slot: SheetSlot): Promise<Buffer> {
  const { default: Document } = await import('pdfkit');
  const document = new Document({
    size: 'A4',
    margin: page.left,
    info: { Title: `Holdfast share ${share.number} of ${share.count}`, CreationDate: new Date(slot.madeAt) },
  });
  const parts: Buffer[] = [];
  const done = new Promise<Buffer>((resolve, reject) => {
    document.on('data', (part: Buffer) => parts.push(part));
    document.on('end', () => resolve(Buffer.concat(parts)));
    document.on('error', reject);
  });
  const { number, count, threshold } = share;
  const values = { number, count, threshold };
  const [english, german] = await Promise.all([textsIn('en'), textsIn('de')]);
  document.font('Helvetica-Bold').fontSize(20);
  document.text(`${german.say('sheet.title', values)} · ${english.say('sheet.title', values)}`);
  document.moveDown(0.4).font('Helvetica').fontSize(10);
  for (const [name, value] of [
    ['sheet.repository', slot.repositoryId],
    ['sheet.key', slot.slotId],
    ['sheet.label', printable(slot.label)],
    ['sheet.made', new Date(slot.madeAt).toISOString().slice(0, 10)],
  ] as const) {
    document.font('Helvetica').text(`${german.say(name)} / ${english.say(name)}: `, { continued: true });
    document.font('Courier').text(value);
  }
  const top = document.y + 5 * millimetre;
  const side = 58 * millimetre;
  await drawQr(document, shareText(share).join('\n'), page.left, top, side);
  document.font('Courier-Bold').fontSize(14);
  for (const [index, line] of shareText(share).entries()) {
    document.text(line, page.left + side + 6 * millimetre, top + (4 + index * 9) * millimetre, {
      lineBreak: false,
    });
  }
  document.x = page.left;
  document.y = top + side + 6 * millimetre;
  for (const texts of [german, english]) {
    document.font('Helvetica-Bold').fontSize(11).text(texts.say('sheet.todoTitle'), page.left, document.y);
    document.font('Helvetica').fontSize(10);
    document.text(texts.say('sheet.todo', values), { width: page.width, lineGap: 1.5 });
    document.moveDown(0.7);
  }
  const foot = 268 * millimetre;
  document.lineWidth(0.5);
  for (const [index, name] of (['sheet.name', 'sheet.signature'] as const).entries()) {
    const left = page.left + index * 90 * millimetre;
    document
      .moveTo(left, foot)
      .lineTo(left + 80 * millimetre, foot)
      .stroke();
    document
      .fontSize(8)
      .text(`${german.say(name)} / ${english.say(name)}`, left, foot + 3, { lineBreak: false });
  }
  document.end();
  return done;
}

/** As filled squares, so that it is sharp on any printer. */
async function drawQr(
  document: PDFKit.PDFDocument,
  text: string,
  left: number,
  top: number,
  side: number,
): Promise<void> {
  const { default: makeQr } = await import('qrcode-generator');
  const qr = makeQr(0, 'M');
  qr.addData(text, 'Byte');
  qr.make();
  const count = qr.getModuleCount();
  const module = side / count;
  for (let row = 0; row < count; row += 1) {
    for (let column = 0; column < count; column += 1) {
      if (qr.isDark(row, column)) document.rect(left + column * module, top + row * module, module, module);
    }
  }
  document.fill('black');
}

/** The fonts that every PDF reader has know Latin letters only. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e\xa0-\xff]/g, '?').slice(0, 80);
}
