// What failures, problems and hints say, in another language. They are written in English where they happen; a phrase is looked up by its English
// words, as gettext does, and its values are read back out of it. What has no phrase stays English: no language is ever a reason to say less.

import type { Language } from '../base/text.ts';

/** English to another language. `{1}`, `{2}` … stand for values, in the order of the English words. */
export type Phrases = Readonly<Record<string, string>>;

export interface Translator {
  /** The same in the language asked for, or undefined where it has no words for it. */
  translate(english: string): string | undefined;
}

interface Pattern {
  readonly parts: readonly string[];
  readonly said: string;
  /** How many letters are words of the phrase and not of its values. */
  readonly letters: number;
  /** How many characters, quotes among them. */
  readonly characters: number;
}

export const noTranslator: Translator = { translate: () => undefined };

/** Fewer letters than this are no evidence that a phrase was meant: then its values have to be phrases themselves. */
const lettersMin = 4;

/** A list of so many words is a phrase within a phrase for each of them; a longer one stays as it is. */
const depthMax = 10;

/** The mistakes of a file are told in a row, and so are those of the fields of a place. */
const nextMistake = /; (?=line \d+, column \d+: |and \d+ more$)/;
const nextField = /; (?=[a-zA-Z][\w.-]*: )/;
const ofField = /^([a-zA-Z][\w.-]*): (.+)$/s;

export async function translatorFor(language: Language): Promise<Translator> {
  return language === 'en' ? noTranslator : createTranslator((await import('./de.ts')).de);
}

export function createTranslator(phrases: Phrases): Translator {
  // The phrase with the most words of its own is tried first: "there is no key {1}" before "there is no {1}".
  const patterns = Object.entries(phrases)
    .filter(([english]) => english.includes('{1}'))
    .map(([english, said]): Pattern => {
      const parts = english.split(/\{\d\}/);
      const own = parts.join('');
      return { parts, said, letters: own.replace(/[^A-Za-z]/g, '').length, characters: own.length };
    })
    .sort((a, b) => b.letters - a.letters || b.characters - a.characters);

  const look = (english: string, depth: number): string | undefined => {
    if (Object.hasOwn(phrases, english)) return phrases[english];
    if (depth >= depthMax) return undefined;
    const mistakes = english.split(nextMistake);
    if (mistakes.length > 1) return mistakes.map((one) => look(one, depth) ?? one).join('; ');
    return byField(english, depth) ?? byPattern(english, depth, true) ?? byPattern(english, depth, false);
  };
  /** `isStrict`: a name in quotes has no quote within, which would be the end of one name and the beginning of another. */
  const byPattern = (english: string, depth: number, isStrict: boolean): string | undefined => {
    for (const { parts, said, letters } of patterns) {
      const values = valuesOf(english, parts);
      if (values === undefined) continue;
      if (isStrict && values.some((value, index) => parts[index]!.endsWith('"') && value.includes('"')))
        continue;
      const words = values.map((value, index) => {
        return isQuoted(parts, index)
          ? value
          : (look(value, depth + 1) ?? (isWord(value) ? undefined : value));
      });
      if (letters < lettersMin && words.some((word) => word === undefined)) continue;
      return said.replace(/\{(\d)\}/g, (_, place: string) => {
        const index = Number(place) - 1;
        return words[index] ?? values[index] ?? '';
      });
    }
    return undefined;
  };
  const byField = (english: string, depth: number): string | undefined => {
    const fields = english.split(nextField);
    const said = fields.map((one) => {
      const [, field, message] = ofField.exec(one) ?? [];
      const words = message === undefined ? undefined : look(message, depth + 1);
      return words === undefined ? undefined : `${field}: ${words}`;
    });
    if (said[0] === undefined) return undefined;
    return said.map((one, index) => one ?? fields[index]).join('; ');
  };
  return { translate: (english) => look(english, 0) };
}

function isQuoted(parts: readonly string[], index: number): boolean {
  return parts[index]!.endsWith('"') && parts[index + 1]!.startsWith('"');
}

/** Whether a value could be words that somebody has to understand, and not a number, a code or a path. */
function isWord(value: string): boolean {
  return /[a-z] [a-z]/.test(value);
}

/** What stands between the parts; undefined where the text is another one. Each value is as short as it can be. */
function valuesOf(text: string, parts: readonly string[]): string[] | undefined {
  const last = parts[parts.length - 1]!;
  if (!text.startsWith(parts[0]!) || !text.endsWith(last)) return undefined;
  const values: string[] = [];
  let at = parts[0]!.length;
  for (const [index, part] of parts.entries()) {
    if (index === 0) continue;
    const end = index === parts.length - 1 ? text.length - last.length : text.indexOf(part, at);
    if (end < at) return undefined;
    values.push(text.slice(at, end));
    at = end + part.length;
  }
  return values;
}
