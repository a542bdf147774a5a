// Reads the messages and hints of failures out of the source, so that a test can tell which of them have no translation. It is a scanner of strings
// and brackets, not of the language. Run by itself it prints what has no German words yet, ready to be filled in.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `{}` stands for each value. */
export interface SaidTexts {
  readonly file: string;
  readonly code: string;
  readonly messages: readonly string[];
  readonly hints: readonly string[];
  /** Whether all of the message stands here, and not in a variable or a call. */
  readonly isWhole: boolean;
}

const source = join(import.meta.dirname, '../src');

export function failureTexts(): SaidTexts[] {
  const said: SaidTexts[] = [];
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => name.endsWith('.ts')).sort()) {
    const text = readFileSync(join(source, file), 'utf8');
    for (const match of text.matchAll(/new Failure\(/g)) {
      const [, code, message, more] = parts(inBrackets(text, match.index + match[0].length - 1), ',');
      const messages = wordings(message ?? '');
      const hint = parts((more ?? '').trim().replace(/^\{|\}$/g, ''), ',')
        .map((property) => property.trim())
        .flatMap((property) => hintIn(property));
      for (const one of wordings(code ?? '')) {
        said.push({
          file,
          code: one ?? '',
          messages: messages.filter((text) => text !== undefined),
          hints: hint.flatMap(wordings).filter((text) => text !== undefined),
          isWhole: messages.every((text) => text !== undefined),
        });
      }
    }
  }
  return said;
}

function hintIn(property: string): string[] {
  const named = /^hint:([\s\S]*)$/.exec(property)?.[1];
  if (named !== undefined) return [named];
  // `...(condition ? {} : { hint: … })`
  const spread = /^\.\.\.[\s\S]*\{\s*hint:/.exec(property);
  if (spread === null) return [];
  const from = property.lastIndexOf('{', spread[0].length);
  return parts(inBrackets(property, from), ',').flatMap((inner) => hintIn(inner.trim()));
}

/** All that an expression can say: of strings, templates, choices and sums; undefined for what is none of these. */
export function wordings(expression: string): (string | undefined)[] {
  const text = expression.trim();
  const choice = parts(text, '?');
  if (choice.length > 1 && !text.startsWith('`') && !text.startsWith("'")) {
    const rest = text.slice(choice[0]!.length + 1);
    const [yes = ''] = colon(rest);
    return [...wordings(yes), ...wordings(rest.slice(yes.length + 1))];
  }
  const sum = parts(text, '+');
  if (sum.length > 1) {
    return sum
      .map(wordings)
      .reduce((before, after) =>
        before.flatMap((left) =>
          after.map((right) => (left === undefined || right === undefined ? undefined : left + right)),
        ),
      );
  }
  if (text.startsWith('(') && text.endsWith(')')) return wordings(text.slice(1, -1));
  if (/^(['"]).*\1$/.test(text)) return [text.slice(1, -1).replace(/\\(.)/g, '$1')];
  if (text.startsWith('`') && text.endsWith('`')) return [template(text.slice(1, -1))];
  return [undefined];
}

function template(text: string): string {
  let said = '';
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') {
      at += 1;
      said += text[at] ?? '';
    } else if (text.startsWith('${', at)) {
      said += '{}';
      at += inBrackets(text, at + 1).length + 2;
    } else said += text[at];
  }
  return said;
}

/** What stands between the bracket at `from` and its partner. */
function inBrackets(text: string, from: number): string {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const char = text[at]!;
    if ('([{'.includes(char)) depth += 1;
    else if (')]}'.includes(char)) depth -= 1;
    else at = pastString(text, at);
    if (depth === 0) return text.slice(from + 1, at);
  }
  return text.slice(from + 1);
}

/** Where the string that begins here ends; `at` where none begins. */
function pastString(text: string, at: number): number {
  const quote = text[at]!;
  if (text.startsWith('//', at) && text[at - 1] !== ':') return Math.max(at, text.indexOf('\n', at));
  if (!'\'"`'.includes(quote)) return at;
  let end = at + 1;
  for (; end < text.length && text[end] !== quote; end += 1) {
    if (text[end] === '\\') end += 1;
    else if (quote === '`' && text.startsWith('${', end)) end += inBrackets(text, end + 1).length + 2;
  }
  return end;
}

/** Cuts at `separator` where it stands outside of strings and brackets. */
function parts(text: string, separator: string): string[] {
  const found: string[] = [];
  let begin = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]!;
    if ('([{'.includes(char)) depth += 1;
    else if (')]}'.includes(char)) depth -= 1;
    else if (
      depth === 0 &&
      char === separator &&
      text[at + 1] !== '?' &&
      text[at - 1] !== '?' &&
      text[at + 1] !== '.'
    ) {
      found.push(text.slice(begin, at));
      begin = at + 1;
    } else at = pastString(text, at);
  }
  found.push(text.slice(begin));
  return found.length > 1 && found.at(-1)?.trim() === '' ? found.slice(0, -1) : found;
}

/** The part before the colon that belongs to the choice just opened. */
function colon(text: string): string[] {
  let open = 0;
  const cut = parts(text, ':');
  let taken = '';
  for (const [index, part] of cut.entries()) {
    taken += index === 0 ? part : `:${part}`;
    open += parts(part, '?').length - 1;
    if (open === index) return [taken];
  }
  return [taken];
}

/** As a table of translations has it: `{1}`, `{2}` … in the order of the English words. */
export function numbered(wording: string): string {
  let count = 0;
  return wording.replaceAll('{}', () => {
    count += 1;
    return `{${count}}`;
  });
}

if (import.meta.main) {
  const known = new Set(Object.keys((await import('../src/phrases/de.ts')).de));
  for (const { file, code, messages, hints } of failureTexts()) {
    for (const wording of [...messages, ...hints].map(numbered)) {
      if (known.has(wording)) continue;
      known.add(wording);
      console.log(`// ${file} ${code}\n${JSON.stringify(wording)}: '',`);
    }
  }
}
