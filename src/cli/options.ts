// Reads what commander parsed, typed and checked, so that no command sees `unknown`.

import { Failure } from '../base/failure.ts';
import { autoStart } from '../codecs/auto.ts';
import { type CodecKind, codecKinds } from '../codecs/kinds.ts';

export class Options {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  flag(key: string): boolean {
    return this.#values[key] === true;
  }

  /** True where `--no-…` was given. */
  isOff(key: string): boolean {
    return this.#values[key] === false;
  }

  text(key: string): string | undefined {
    const value = this.#values[key];
    return typeof value === 'string' ? value : undefined;
  }

  list(key: string): readonly string[] {
    const value = this.#values[key];
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** A whole number from 0, or undefined where the option is absent. */
  count(key: string, flag: string): number | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    if (!/^\d{1,9}$/.test(value)) throw invalidOption(flag, value, 'a whole number');
    return Number(value);
  }

  /** A share such as `5%` or `0.05`, as 0..1. */
  share(key: string, flag: string): number | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    const match = /^(\d{1,3}(?:\.\d{1,6})?)(%?)$/.exec(value);
    const share = match ? Number(match[1]) / (match[2] === '%' ? 100 : 1) : Number.NaN;
    if (!(share >= 0 && share <= 1)) throw invalidOption(flag, value, 'a share such as 5%');
    return share;
  }
}

export function invalidOption(flag: string, value: string, expected: string): Failure {
  return new Failure('usage', 'INVALID_OPTION', `option ${flag}: "${value}" is not ${expected}`, {
    facts: { flag, value },
  });
}

export interface CompressionChoice {
  readonly codec: CodecKind;
  readonly level: number;
  /** The choice is where it begins. */
  readonly isAuto: boolean;
}

/** People know xz by the name of its method, too. */
const aliases: Readonly<Record<string, string>> = { lzma: 'xz' };

/** `CODEC`, `CODEC:LEVEL`, `auto` or `none`. */
export function parseCompression(text: string | undefined): CompressionChoice {
  const { zstd } = codecKinds;
  if (text === undefined) return { codec: zstd, level: zstd.levels.usual, isAuto: false };
  if (text === 'auto') return { codec: zstd, level: autoStart.level, isAuto: true };
  const [, name = '', level] = /^([a-z\d]+)(?::(-?\d{1,3}))?$/.exec(text) ?? [];
  const codec = codecNamed(aliases[name] ?? name);
  if (codec === undefined) throw invalidOption('--compression', text, `"auto" or one of ${ranges()}`);
  if (level === undefined) return { codec, level: codec.levels.usual, isAuto: false };
  const { least, most } = codec.levels;
  // Zero is no level of zstd: its library takes it for the usual one.
  const isKnown = Number(level) >= least && Number(level) <= most && !(codec === zstd && Number(level) === 0);
  if (codec === codecKinds.none || !isKnown)
    throw invalidOption('--compression', text, `one of ${rangeOf(codec)}`);
  return { codec, level: Number(level), isAuto: false };
}

function codecNamed(name: string): CodecKind | undefined {
  return Object.values(codecKinds).find((kind) => kind.name === name);
}

function ranges(): string {
  return Object.values(codecKinds).map(rangeOf).join(', ');
}

function rangeOf({ name, levels: { least, most } }: CodecKind): string {
  return least === most ? `"${name}"` : `"${name}:${least}" … "${name}:${most}"`;
}

/** As the repository takes it: `comp` is FORMAT.md §2. */
export interface FrameCompression {
  readonly compression: { comp: number; level: number };
  /** The level is where it begins. */
  readonly autoLevel: boolean;
}

export function frameCompression(text: string | undefined): FrameCompression {
  const { codec, level, isAuto } = parseCompression(text);
  return { compression: { comp: codec.comp, level }, autoLevel: isAuto };
}
