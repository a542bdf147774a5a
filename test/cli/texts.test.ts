// The languages are complete: the same keys, the same placeholders, a text for all that the program can name.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { type Command, globalOptions, longName, type OptionSpec } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands/all.ts';
import { optionSummary, summary } from '../../src/cli/completion.ts';
import * as deTables from '../../src/cli/texts/de.ts';
import * as enTables from '../../src/cli/texts/en.ts';
import { chooseLanguage, textsIn } from '../../src/cli/texts/texts.ts';

const en: Readonly<Record<string, string>> = Object.assign({}, ...enTables.en);
const de: Readonly<Record<string, string>> = Object.assign({}, ...deTables.de);
const tables: Readonly<Record<string, Readonly<Record<string, string>>>> = { en, de };
const english = await textsIn('en');
const german = await textsIn('de');
const all = await Promise.all(Object.values(commands).map((load) => load()));

function placeholders(text: string | undefined): string[] {
  const names = [...(text ?? '').matchAll(/\{(\w+)(?::[^{}|]*\|[^{}|]*)?\}/g)].map((match) => match[1] ?? '');
  return [...new Set(names)].sort();
}

test('every language has exactly the keys of English', () => {
  for (const [name, table] of Object.entries(tables)) {
    assert.deepEqual(Object.keys(table).sort(), Object.keys(en).sort(), name);
  }
});

test('no key stands in two tables of a language', () => {
  const count = (all: readonly object[]) => all.reduce((sum, table) => sum + Object.keys(table).length, 0);
  assert.equal(count(enTables.en), Object.keys(en).length);
  assert.equal(count(deTables.de), Object.keys(de).length);
});

test('every text has the placeholders of its English twin, and as many columns', () => {
  for (const [key, text] of Object.entries(en)) {
    const twin = tables.de?.[key];
    assert.deepEqual(placeholders(twin), placeholders(text), key);
    if (key.endsWith('.head')) assert.equal(twin?.split('|').length, text.split('|').length, key);
  }
});

test('one is called otherwise than many', () => {
  assert.equal(english.say('forget.done', { kept: '1', forgotten: '2' }), '1 snapshot stays, 2 forgotten.');
  assert.equal(english.say('forget.done', { kept: '0', forgotten: '1' }), '0 snapshots stay, 1 forgotten.');
  assert.equal(german.say('forget.done', { kept: 1, forgotten: 2 }), '1 Stand bleibt, 2 entfernt.');
  assert.equal(german.say('forget.done', { kept: 11, forgotten: 1 }), '11 Stände bleiben, 1 entfernt.');
});

test('every command and option has a summary', () => {
  const check = (command: Command, parent?: string) => {
    assert.notEqual(summary(command, german, parent), command.name);
    for (const spec of command.options ?? []) hasSummary(spec);
    for (const child of command.subcommands ?? []) check(child, command.name);
  };
  const hasSummary = (spec: OptionSpec) => assert.match(optionSummary(spec, german), / /, spec.flags);
  for (const command of all) check(command);
  for (const spec of globalOptions) hasSummary(spec);
});

test('every text that the program asks for by name exists', () => {
  const source = resolve(import.meta.dirname, '../../src/cli');
  for (const name of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts') || name.startsWith('texts/')) continue;
    for (const match of readFileSync(resolve(source, name), 'utf8').matchAll(/\.say\(\s*'([^']+)'/g)) {
      assert.ok(Object.hasOwn(en, match[1] ?? ''), `${name} says "${match[1]}"`);
    }
  }
});

test('no text is left over', () => {
  const source = resolve(import.meta.dirname, '../../src');
  const code = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('cli/texts/'))
    .map((name) => readFileSync(resolve(source, name), 'utf8'))
    .join('\n');
  const named = new Set(['command.help', 'option.help', 'option.version']);
  const name = (command: Command, parent = '') => {
    named.add(`command.${parent}${command.name}`);
    for (const spec of command.options ?? []) named.add(spec.text ?? `option.${longName(spec)}`);
    for (const child of command.subcommands ?? []) name(child, `${command.name}.`);
  };
  for (const command of all) name(command);
  for (const spec of globalOptions) named.add(`option.${longName(spec)}`);
  for (const key of Object.keys(en)) {
    const [family = '', rest = ''] = [key.slice(0, key.indexOf('.')), key.slice(key.indexOf('.') + 1)];
    const isUsed =
      family === 'hint' || family === 'failure' || family === 'phase'
        ? code.includes(`'${rest}'`)
        : named.has(key) ||
          code.includes(`'${key}'`) ||
          (key.startsWith('status.session.') && code.includes('status.session.$'));
    assert.ok(isUsed, key);
  }
});

test('every phase that an operation names has a text', () => {
  const source = resolve(import.meta.dirname, '../../src/operations');
  for (const name of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    for (const match of readFileSync(resolve(source, name), 'utf8').matchAll(/\.phase\(\s*'([^']+)'/g)) {
      assert.ok(Object.hasOwn(en, `phase.${match[1]}`), `${name} names the phase "${match[1]}"`);
    }
  }
});

test('every failure of the command line itself has a hint', () => {
  const source = resolve(import.meta.dirname, '../../src/cli');
  for (const name of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const text = readFileSync(resolve(source, name), 'utf8');
    for (const match of text.matchAll(/new Failure\(\s*[^,]+,\s*'([A-Z_]+)'/g)) {
      assert.ok(Object.hasOwn(en, `hint.${match[1]}`), `${name} throws ${match[1]} without a hint`);
    }
  }
});

test('--lang wins over HOLDFAST_LANG, that over the locale, and what is unknown means English', () => {
  assert.equal(chooseLanguage('de', { HOLDFAST_LANG: 'en' }), 'de');
  assert.equal(chooseLanguage(undefined, { HOLDFAST_LANG: 'de', LANG: 'en_US.UTF-8' }), 'de');
  assert.equal(chooseLanguage(undefined, { LC_ALL: 'de_AT.UTF-8', LANG: 'en_US.UTF-8' }), 'de');
  assert.equal(chooseLanguage(undefined, { LC_ALL: '', LANG: 'de_CH' }), 'de');
  assert.equal(chooseLanguage(undefined, { LC_ALL: 'C', LANG: 'de_DE' }), 'en');
  assert.equal(chooseLanguage('fr', {}), 'en');
  assert.equal(chooseLanguage(undefined, {}), 'en');
});

test('every command that a text tells somebody to run exists', () => {
  const wrong: string[] = [];
  const source = resolve(import.meta.dirname, '../../src');
  const known = new Map(all.map((command) => [command.name, command]));
  for (const name of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    for (const [told, verb = '', second = ''] of readFileSync(resolve(source, name), 'utf8').matchAll(
      /["„]holdfast ([a-z][a-z-]*)(?: ([a-z][a-z-]*)\b(?![:/.=]))?/g,
    )) {
      const command = known.get(verb);
      if (command === undefined && verb !== 'help') wrong.push(`${name} tells to run ${told}`);
      const children = command?.subcommands?.map((child) => child.name) ?? [];
      if (second === '' || children.length === 0) continue;
      if (!children.includes(second)) wrong.push(`${name} tells to run ${told}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('German addresses nobody, and has one word for a thing', () => {
  const wrong = Object.entries(de).filter(
    ([, text]) =>
      /\b([A-ZÄÖÜ]\w*en Sie|Ihnen|Ihren?|du|dein\w*|dich|dir)\b/.test(text) ||
      /\b(Ablagen?|Snapshots?|Maschine|Packs?)\b/.test(text),
  );
  assert.deepEqual(wrong, []);
});
