// Writes docs/errors.md from the source: every failure and problem code with its kind, exit status, message and hint. A test compares
// the file with what this makes, so the list cannot fall behind.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FailureKind, failureKinds } from '../src/base/failure.ts';
import { en } from '../src/cli/texts/en.ts';

const root = join(import.meta.dirname, '..');

interface Entry {
  readonly kind: string;
  readonly message: string;
  readonly hint: string;
}

export function makeErrors(): string {
  const failures = new Map<string, Entry>();
  const problems = new Map<string, string>();
  const src = join(root, 'src');
  const names = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  for (const name of names.sort()) {
    const text = readFileSync(join(src, name), 'utf8');
    const pattern =
      /new Failure\(\s*(?:[\w.]+ \? )?('[a-z]+'(?: : '[a-z]+')?),\s*'([A-Z][A-Z0-9_]+)',\s*(`[^`]*`|'[^']*'|[^,)]+)(?=([\s\S]{0,400}))/g;
    for (const [, kind, code, message, rest] of text.matchAll(pattern)) {
      const hint = /^[^;]*?hint:\s*(`[^`]*`|'(?:[^'\\]|\\.)*')/.exec(rest ?? '')?.[1] ?? '';
      const known = failures.get(code!);
      if (known !== undefined && (known.hint !== '' || hint === '')) continue;
      failures.set(code!, {
        kind: kind!.replaceAll("'", '').replace(' : ', ' or '),
        message: /^[`']/.test(message!) ? plain(message!) : '',
        hint: plain(hint),
      });
    }
    for (const [, code, message] of text.matchAll(
      /code:\s*'([A-Z][A-Z0-9_]+)',\s*message:\s*(`[^`]*`|'[^']*')/g,
    )) {
      problems.set(code!, plain(message!));
    }
    for (const [, code, message] of text.matchAll(
      /report\([^;]*?'((?:ENTRY|TARGET)_[A-Z_]+)',\s*(`[^`]*`|'[^']*')/g,
    )) {
      problems.set(code!, plain(message!));
    }
    for (const [code] of text.matchAll(/(?<=')(?:ENTRY|TARGET)_[A-Z_]+(?=')/g)) {
      if (!failures.has(code) && !problems.has(code)) problems.set(code, '');
    }
  }
  for (const code of failures.keys()) problems.delete(code);
  const texts: Readonly<Record<string, string>> = Object.assign({}, ...en);
  for (const [code, entry] of failures) {
    // A message that is put together elsewhere, and a hint of the command line, stand in the texts.
    const message = entry.message === '' ? texts[`failure.${code}`] : undefined;
    const hint = entry.hint === '' ? texts[`hint.${code}`] : undefined;
    failures.set(code, {
      ...entry,
      ...(message === undefined ? {} : { message: plain(message) }),
      ...(hint === undefined ? {} : { hint: plain(hint) }),
    });
  }
  const lines = [
    '# Errors',
    '',
    'Made by `node scripts/make-errors.ts` from the source. A **failure** stops the operation; its kind alone decides the exit status. A **problem**',
    'is trouble with one entry: it is recorded, the run goes on, its outcome is `partial` and the exit status 1. Codes are stable: they are never',
    'renamed or used again. `…` stands for a value.',
    '',
    '| kind | exit | HTTP | means |',
    '|---|---|---|---|',
    ...Object.entries(kinds).map(([kind, means]) => {
      const { exit, http } = failureKinds[kind as FailureKind];
      return `| ${kind} | ${exit} | ${http} | ${means} |`;
    }),
    '',
    '## Failures',
    '',
    '| code | kind | says | what to do |',
    '|---|---|---|---|',
    ...[...failures]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([code, { kind, message, hint }]) => `| \`${code}\` | ${kind} | ${message} | ${hint} |`),
    '',
    '## Problems',
    '',
    '| code | says |',
    '|---|---|',
    ...[...problems]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([code, message]) => `| \`${code}\` | ${message} |`),
    '',
  ];
  return lines.join('\n');
}

const kinds: Readonly<Record<FailureKind, string>> = {
  usage: 'the request makes no sense as it stands',
  denied: 'a password, key or right is lacking',
  missing: 'the named thing does not exist',
  conflict: 'it exists already, or something changed meanwhile',
  unavailable: 'a disk, network or service does not answer now',
  exhausted: 'no space, quota or memory is left, or a limit of ours is reached',
  corrupt:
    'bytes are not what they must be; nothing is deleted afterwards until a person or `repair` has looked',
  canceled: 'a person or a shutdown asked for it',
  bug: 'an assertion of the program failed: please report it',
};

function plain(literal: string): string {
  return literal
    .replace(/^[`']|[`']$/g, '')
    .replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '…')
    .replace(/\\'/g, "'")
    .replace(/\s+/g, ' ')
    .replace(/\|/g, '\\|')
    .trim();
}

if (import.meta.main) writeFileSync(join(root, 'docs/errors.md'), makeErrors());
