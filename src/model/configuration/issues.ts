// What is wrong with a configuration, in words that name the place and, of a key that nobody knows, the nearest right one.

import type { z } from 'zod';
import { nearestName } from '../nearest-name.ts';
import { configurationSchema } from './configuration.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

export interface Trouble {
  readonly path: Path;
  /** Whether the key itself is wrong, or its value. */
  readonly at: 'key' | 'value';
  readonly message: string;
}

/** Everything that is wrong, in the order of the schema; empty when nothing is. */
export function troublesOf(input: unknown): Trouble[] {
  const parsed = configurationSchema.safeParse(input, { reportInput: true });
  return parsed.success ? [] : parsed.error.issues.flatMap((issue) => describeIssue(issue, []));
}

/** Such as `policies.files.rpo months and years differ in length: write days`. */
export function troubleLine({ path, message }: Trouble): string {
  return `${pathText(path)} ${message}`;
}

/** `policies.files.sources[0].paths`. */
export function pathText(path: Path): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return text.replace(/^\./, '') || 'the configuration';
}

function describeIssue(issue: Issue, above: Path): Trouble[] {
  const path = [...above, ...issue.path];
  const value = (message: string): Trouble[] => [{ path, at: 'value', message }];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        at: 'key',
        message: unknownKey(key, path, issue.input),
      }));
    case 'invalid_type':
      if (issue.input === undefined) return value(`is missing: ${expectedWords(issue.expected)} is needed`);
      return value(`must be ${expectedWords(issue.expected)}, not ${typeWords(issue.input)}`);
    case 'invalid_value':
      return value(`must be ${listOf(issue.values.map((one) => JSON.stringify(one)))}`);
    case 'invalid_key':
      return issue.issues.map(({ message }) => ({ path, at: 'key', message }));
    case 'invalid_union':
      return fittingBranch(issue, path);
    case 'too_small':
      return value(
        issue.origin === 'string'
          ? 'must not be empty'
          : `must be at least ${bound(issue.minimum, issue.origin)}`,
      );
    case 'too_big':
      return value(`must be at most ${bound(issue.maximum, issue.origin)}`);
    default:
      return value(issue.message.replace(/^Invalid (?:input|URL)$/, 'is not valid'));
  }
}

/** Of several forms, the one that was meant: where the value was of the right shape, but something within was wrong. */
function fittingBranch(issue: z.core.$ZodIssueInvalidUnion, path: Path): Trouble[] {
  const { discriminator } = issue as { discriminator?: string };
  if (discriminator !== undefined) {
    const kinds = schemasAt(path.at(-1) === discriminator ? path.slice(0, -1) : path).flatMap(kindsOf);
    const own = path.at(-1) === discriminator ? path : [...path, discriminator];
    return [{ path: own, at: 'value', message: `must be ${listOf(kinds)}` }];
  }
  const meant = issue.errors.find((issues) =>
    issues.every((one) => one.path.length > 0 || !['invalid_type', 'invalid_value'].includes(one.code)),
  );
  if (meant !== undefined) return meant.flatMap((one) => describeIssue(one as Issue, path));
  const words = issue.errors.flat().flatMap((one) => describeIssue(one as Issue, path));
  const forms = [
    ...new Set(
      words.map(({ message }) => message.replace(/^must be |,? not .*$|^is missing: | is needed$/g, '')),
    ),
  ];
  const what = listOf(forms);
  const message = issue.input === undefined ? `is missing: ${what} is needed` : `must be ${what}`;
  return [{ path, at: 'value', message }];
}

function unknownKey(key: string, path: Path, given: unknown): string {
  const meant = schemasAt(path).filter((schema) => isMeant(schema, given));
  const known = meant.flatMap((schema) => Object.keys(shapeOf(schema) ?? {}));
  const nearest = nearestName(key, known);
  if (nearest !== undefined) return `is no key of the configuration; did you mean "${nearest}"?`;
  return known.length === 0
    ? 'is no key of the configuration'
    : `is no key of the configuration; here stand ${listOf([...new Set(known)].sort(), 'and')}`;
}

/** Of several forms that are told apart by a word, such as `kind`, the one whose word stands there. */
function isMeant(schema: z.core.$ZodType, given: unknown): boolean {
  const fields = (typeof given === 'object' && given !== null ? given : {}) as Readonly<
    Record<string, unknown>
  >;
  return Object.entries(shapeOf(schema) ?? {}).every(([name, field]) => {
    const { values } = definitionOf(field);
    return values === undefined || !Object.hasOwn(fields, name) || values.includes(fields[name]);
  });
}

interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly innerType?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly element?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
  readonly values?: readonly unknown[];
}

function definitionOf(schema: z.core.$ZodType): Definition {
  return schema._zod.def as unknown as Definition;
}

/** The schemas that may hold at a place: several where it has several forms. */
export function schemasAt(path: Path): z.core.$ZodType[] {
  let schemas = formsOf(configurationSchema);
  for (const step of path) {
    schemas = schemas.flatMap((schema) => {
      const { type, shape, valueType, element } = definitionOf(schema);
      if (type === 'object' && Object.hasOwn(shape ?? {}, step)) return formsOf(shape![String(step)]!);
      if (type === 'record' && valueType !== undefined) return formsOf(valueType);
      return type === 'array' && element !== undefined ? formsOf(element) : [];
    });
  }
  return schemas;
}

function formsOf(schema: z.core.$ZodType): z.core.$ZodType[] {
  const { innerType, options } = definitionOf(schema);
  if (innerType !== undefined) return formsOf(innerType);
  return options === undefined ? [schema] : options.flatMap(formsOf);
}

function shapeOf(schema: z.core.$ZodType): Definition['shape'] {
  return definitionOf(schema).shape;
}

function kindsOf(schema: z.core.$ZodType): string[] {
  const kind = shapeOf(schema)?.kind;
  return kind === undefined ? [] : (definitionOf(kind).values ?? []).map((one) => JSON.stringify(one));
}

const expectedForms: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a list of "key: value"',
  record: 'a list of "key: value"',
  array: 'a list ("- …" or "[…]")',
};

function expectedWords(expected: string): string {
  return expectedForms[expected] ?? expected;
}

function typeWords(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a list of "key: value"';
  if (typeof value === 'number')
    return Number.isInteger(value) ? `the number ${value}` : `the fraction ${value}`;
  // The value may be a secret in the wrong place.
  return typeof value === 'boolean' ? String(value) : 'a text';
}

function bound(limit: number | bigint, origin: string): string {
  if (origin === 'array') return `${limit} ${limit === 1 ? 'entry' : 'entries'}`;
  return origin === 'string' ? `${limit} characters` : String(limit);
}

function listOf(words: readonly string[], last = 'or'): string {
  if (words.length < 2) return words[0] ?? '';
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}
