// The text form of age files (`age --armor`): strict PEM of 64 columns, as the format asks. We read it and never write it.

import { type ByteReader, newline } from './byte-reader.ts';
import { sealBroken, sealTruncated } from './seal.ts';

const beginLine = '-----BEGIN AGE ENCRYPTED FILE-----';
const endLine = '-----END AGE ENCRYPTED FILE-----';
const columns = 64;
const whitespaceMax = 1024;

/** The bytes of the text; blanks around it are let pass, and nothing else. */
export async function* withoutArmor(reader: ByteReader): AsyncGenerator<Uint8Array> {
  let blanks = 0;
  let line = await nextLine(reader);
  while (line.trim() === '') {
    blanks += line.length + 1;
    if (blanks > whitespaceMax || (await reader.isAtEnd())) throw sealBroken('does not begin as an age file');
    line = await nextLine(reader);
  }
  if (line !== beginLine) throw sealBroken('does not begin as an age file');
  for (let isShort = false; ; ) {
    if (await reader.isAtEnd()) throw sealTruncated('ends within its text');
    line = await nextLine(reader);
    if (line === endLine) break;
    const bytes = Buffer.from(line, 'base64');
    // One text for one content: no blanks, no other alphabet, no spare bits, nothing behind a short line.
    if (isShort || bytes.length === 0 || line.length > columns || bytes.toString('base64') !== line)
      throw sealBroken('has a broken line of text');
    isShort = line.length < columns;
    yield bytes;
  }
  blanks = 0;
  while (!(await reader.isAtEnd())) {
    line = await nextLine(reader);
    blanks += line.length + 1;
    if (line.trim() !== '' || blanks > whitespaceMax) throw sealBroken('goes on after its end');
  }
}

async function nextLine(reader: ByteReader): Promise<string> {
  const bytes = await reader.takeThrough(newline, whitespaceMax);
  if (bytes === undefined) throw sealBroken('has a line of text that is too long');
  return Buffer.from(bytes)
    .toString('latin1')
    .replace(/\r?\n$/, '');
}
