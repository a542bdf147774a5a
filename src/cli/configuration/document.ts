// A configuration file as text, YAML or JSON, and where in it each value stands. What makes such files dangerous or surprising is refused: keys
// that stand twice, aliases (by which a small file grows without bounds), tags, several documents. Nothing in it is expanded.

import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from 'yaml';
import { Failure } from '../../base/failure.ts';

export interface Position {
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
}

export interface ConfigurationDocument {
  /** For messages. */
  readonly name: string;
  readonly value: unknown;
  /** Of what stands there; of what is nearest above where nothing does. */
  positionOf(path: readonly PropertyKey[], at: 'key' | 'value'): Position;
  has(path: readonly PropertyKey[]): boolean;
}

export interface DocumentTrouble extends Position {
  readonly message: string;
}

/** Ten thousand policies fit. */
export const documentBytesMax = 8 * 1024 * 1024;
const depthMax = 32;
const troublesMax = 20;

const aliasWords = 'aliases ("*name") are not read: write it out';

const errorWords: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this key stands twice',
  BAD_ALIAS: aliasWords,
  TAB_AS_INDENT: 'a tab stands where the indentation must be spaces',
  BAD_INDENT: 'is not indented like its neighbours',
  MULTIPLE_DOCS: 'a second document begins here',
  TAG_RESOLVE_FAILED: 'tags ("!name") are not read',
  MISSING_CHAR: 'a character is missing here, such as a colon, a quote or a bracket',
  BAD_SCALAR_START: 'a value cannot begin so: put it into quotes',
  MULTILINE_IMPLICIT_KEY: 'a key must stand on one line, followed by a colon',
  BLOCK_AS_IMPLICIT_KEY: 'a value and more keys stand on one line: put the value into quotes',
  BAD_DQ_ESCAPE: 'knows no such character after a backslash',
};

export type ReadDocument =
  | { readonly document: ConfigurationDocument }
  | { readonly troubles: readonly DocumentTrouble[] };

/** What is no document comes back with every place at which it is none. */
export function readDocument(text: string, name: string): ReadDocument {
  const tooDeep = { troubles: [{ ...start, message: `is nested more than ${depthMax} deep` }] };
  if (Buffer.byteLength(text) > documentBytesMax) {
    return { troubles: [{ ...start, message: 'is larger than 8 MiB' }] };
  }
  if (isHopeless(text)) return tooDeep;
  const lines = new LineCounter();
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  // YAML forbids tabs in front of values, JSON does not; in JSON a tab never is part of a value.
  const source = text.replace(/^\ufeff/, '');
  const document = parseDocument(isJson(source) ? source.replaceAll('\t', ' ') : source, {
    lineCounter: lines,
    prettyErrors: false,
    schema: 'core',
    strict: true,
    // Looked for below: the parser compares each key with each.
    uniqueKeys: false,
    logLevel: 'error',
  });
  // The words of the parser may quote what stands there.
  const troubles: DocumentTrouble[] = [...document.errors, ...document.warnings].map(({ code, pos }) => ({
    ...at(pos[0]),
    message: errorWords[code] ?? `is no YAML here (${code})`,
  }));
  if (troubles.length > 0) return { troubles };
  let deepest = 0;
  const look = (path: readonly unknown[]) => {
    deepest = Math.max(deepest, path.length);
  };
  visit(document, {
    Alias: (_, node) => void troubles.push({ ...at(offsetOf(node)), message: aliasWords }),
    Map(_, { items }, path) {
      look(path);
      troubles.push(...keyTroubles(items, at));
    },
    Seq: (_, _node, path) => look(path),
  });
  if (deepest > depthMax * 2) return tooDeep;
  if (troubles.length > 0) return { troubles };
  const root = document.contents as Node | null;
  return {
    document: {
      name,
      value: document.toJS() ?? {},
      positionOf(path, wanted) {
        const { node, key, isWhole } = find(root, path);
        const chosen = wanted === 'key' || !isWhole ? (key ?? node) : (valueNode(node) ?? key);
        return chosen?.range === undefined || chosen.range === null ? start : at(chosen.range[0]);
      },
      has: (path) => find(root, path).isWhole,
    },
  };
}

/** Fails with usage/CONFIG_SYNTAX, telling all places. */
export function parseConfigurationText(text: string, name: string): ConfigurationDocument {
  const read = readDocument(text, name);
  if ('document' in read) return read.document;
  throw troublesFailure('CONFIG_SYNTAX', name, read.troubles);
}

const start: Position = { line: 1, column: 1 };

/** An empty value has no place of its own. */
function valueNode(node: Node | undefined): Node | undefined {
  return isScalar(node) && node.value === null ? undefined : node;
}

interface Found {
  readonly node: Node | undefined;
  readonly key: Node | undefined;
  readonly isWhole: boolean;
}

function find(root: Node | null, path: readonly PropertyKey[]): Found {
  let node: Node | undefined = root ?? undefined;
  let key: Node | undefined;
  for (const step of path) {
    let next: Node | undefined;
    let nextKey: Node | undefined;
    if (isMap(node)) {
      const pair = (node.items as Pair<Node, Node | null>[]).find(
        (one) => isScalar(one.key) && one.key.value === step,
      );
      if (pair === undefined) return { node, key, isWhole: false };
      nextKey = pair.key;
      next = pair.value ?? undefined;
    } else if (isSeq(node) && typeof step === 'number') {
      next = node.items[step] as Node | undefined;
      if (next === undefined) return { node, key, isWhole: false };
      nextKey = next;
    } else return { node, key, isWhole: false };
    node = next;
    key = nextKey;
  }
  return { node: isAlias(node) ? undefined : node, key, isWhole: true };
}

function keyTroubles(pairs: readonly Pair[], at: (offset: number) => Position): DocumentTrouble[] {
  const seen = new Set<string>();
  return pairs.flatMap(({ key }) => {
    const where = at(offsetOf(key as Node | null));
    if (!isScalar(key) || typeof key.value !== 'string') {
      return [{ ...where, message: 'a key must be a text: put it into quotes' }];
    }
    // Records of the schema would pass over it in silence.
    if (key.value === '__proto__') return [{ ...where, message: 'this key is not taken' }];
    if (seen.has(key.value)) return [{ ...where, message: errorWords.DUPLICATE_KEY! }];
    seen.add(key.value);
    return [];
  });
}

function offsetOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}

function isJson(text: string): boolean {
  if (!/^\s*\{/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Before the parser looks at it, whose time and stack grow with depth beyond measure. */
function isHopeless(text: string): boolean {
  let brackets = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    brackets += bracket === '[' || bracket === '{' ? 1 : -1;
    // Far above the limit: patterns may have brackets that are never closed.
    if (brackets > 1000) return true;
  }
  const steps = [0];
  for (const [, line = ''] of text.matchAll(/^((?: |- |\? )*)[^\s#]/gm)) {
    if ((line.match(/[-?] /g)?.length ?? 0) > depthMax) return true;
    while (steps.at(-1)! > line.length) steps.pop();
    if (line.length > steps.at(-1)!) steps.push(line.length);
    // A sequence in a mapping makes two steps of one.
    if (steps.length > depthMax * 2) return true;
  }
  return false;
}

/** One message of all mistakes, each with its place. */
export function troublesFailure(
  code: 'CONFIG_SYNTAX' | 'CONFIG_INVALID',
  name: string,
  troubles: readonly DocumentTrouble[],
): Failure {
  const shown = troubles.slice(0, troublesMax);
  const more = troubles.length > shown.length ? [`and ${troubles.length - shown.length} more`] : [];
  const lines = shown.map(({ line, column, message }) => `line ${line}, column ${column}: ${message}`);
  const message = `"${name}", ${[...lines, ...more].join('; ')}`;
  const facts = { file: name, mistakes: troubles.length };
  const hint = 'Correct the file; "holdfast config check" shows every mistake on a line of its own.';
  return code === 'CONFIG_SYNTAX'
    ? new Failure('usage', 'CONFIG_SYNTAX', message, { facts, hint })
    : new Failure('usage', 'CONFIG_INVALID', message, { facts, hint });
}
