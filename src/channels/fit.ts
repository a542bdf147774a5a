// Brings messages into the room that a channel has. What is cut is cut at a whole character, and the text says so.

import type { Message } from './channel.ts';

const cutTexts = {
  en: (bytes: number) => `\n[… ${bytes} bytes more; the whole message is in the log]`,
  de: (bytes: number) => `\n[… ${bytes} weitere Bytes; die ganze Nachricht steht im Protokoll]`,
};

/** At most so many bytes of UTF-8, the note about what is missing included. */
export function fitText(text: string, bytesMax: number, language: Message['language']): string {
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes <= bytesMax) return text;
  // The note is longest when everything is cut.
  const room = bytesMax - Buffer.byteLength(cutTexts[language](sizeBytes));
  if (room <= 0) return cutAt(text, bytesMax);
  const kept = cutAt(text, room);
  return kept + cutTexts[language](sizeBytes - Buffer.byteLength(kept));
}

/** One line without control characters: a title goes into headers. */
export function oneLine(text: string, charactersMax = 200): string {
  const line = text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
  const characters = [...line];
  return characters.length <= charactersMax ? line : `${characters.slice(0, charactersMax - 1).join('')}…`;
}

/** Text of several lines, without the control characters that terminals and XML stumble over. */
export function plainLines(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/[^\P{Cc}\n\t]/gu, '');
}

function cutAt(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text);
  let end = Math.max(0, Math.min(bytesMax, bytes.length));
  // 10xxxxxx continues a character.
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString('utf8');
}
