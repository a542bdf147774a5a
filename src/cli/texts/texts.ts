// Speaks the user's language: texts by key with placeholders in braces, and `{count:file|files}` for what one and many are called. English is the measure, other languages have the
// same keys (a test compares them).

import type { Language } from '../../base/text.ts';
import { noTranslator, type Translator } from '../../phrases/phrases.ts';
import type { TextKey } from './en.ts';

export type { TextKey } from './en.ts';
export type TextValues = Readonly<Record<string, string | number>>;

export interface Texts {
  readonly language: Language;
  say(key: TextKey, values?: TextValues): string;
  /** For keys made from a name, such as `hint.<code>`; undefined where there is no such text. */
  find(key: string, values?: TextValues): string | undefined;
  /** What was said in English where it happened, such as a failure's message, in this language where it has words for it. */
  phrase(english: string): string;
}

type Tables = readonly Readonly<Record<string, string>>[];

/** One is loaded, for most runs speak one. */
const languages: Readonly<Record<Language, () => Promise<Tables>>> = {
  en: async () => (await import('./en.ts')).en,
  de: async () => (await import('./de.ts')).de,
};

/** Without a translator, what was said in English stays so. */
export async function textsIn(language: Language, translator: Translator = noTranslator): Promise<Texts> {
  const tables = await languages[language]();
  const find = (key: string) => tables.find((table) => Object.hasOwn(table, key))?.[key];
  return {
    language,
    say: (key, values) => fill(find(key) ?? key, values),
    find(key, values) {
      const text = find(key);
      return text === undefined ? undefined : fill(text, values);
    },
    phrase: (english) => translator.translate(english) ?? english,
  };
}

/** `--lang` wins, then HOLDFAST_LANG, LC_ALL, LC_MESSAGES and LANG; what is no language of ours means English. */
export function chooseLanguage(
  asked: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Language {
  const names = [
    asked,
    ...['HOLDFAST_LANG', 'LC_ALL', 'LC_MESSAGES', 'LANG'].map((name) => environment[name]),
  ];
  const first = names.find((name) => name !== undefined && name !== '');
  return first?.toLowerCase().startsWith('de') ? 'de' : 'en';
}

/** The language is needed before the arguments are parsed, because even that can fail. */
export function languageOption(argv: readonly string[]): string | undefined {
  const index = argv.findIndex((word) => word === '--lang' || word.startsWith('--lang='));
  if (index < 0) return undefined;
  const word = argv[index] ?? '';
  return word.includes('=') ? word.slice(word.indexOf('=') + 1) : argv[index + 1];
}

function fill(text: string, values: TextValues | undefined): string {
  if (values === undefined) return text;
  return text
    .replace(/\{(\w+):([^{}|]*)\|([^{}|]*)\}/g, (whole, name: string, one: string, many: string) => {
      const value = values[name];
      if (value === undefined) return whole;
      return String(value) === '1' ? one : many;
    })
    .replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
