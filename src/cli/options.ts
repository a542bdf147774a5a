// Reads what commander parsed, typed and checked, so that no command sees `unknown`.

import { Failure } from '../base/failure.ts';
import { autoStart } from '../codecs/auto.ts';

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

export type CompressionChoice =
  | { readonly codec: 'zstd'; readonly level: number }
  | { readonly codec: 'zstd'; readonly level: 'auto' }
  | { readonly codec: 'none' };

/** `zstd`, `zstd:1` to `zstd:19`, `auto` or `none`. */
export function parseCompression(text: string | undefined): CompressionChoice {
  if (text === undefined || text === 'zstd') return { codec: 'zstd', level: 3 };
  if (text === 'auto') return { codec: 'zstd', level: 'auto' };
  if (text === 'none') return { codec: 'none' };
  const level = Number(/^zstd:(\d{1,2})$/.exec(text)?.[1] ?? Number.NaN);
  if (level >= 1 && level <= 19) return { codec: 'zstd', level };
  throw invalidOption('--compression', text, 'one of "zstd:1" to "zstd:19", "auto" and "none"');
}

/** As the repository takes it: `comp` is FORMAT.md §2. */
export interface FrameCompression {
  readonly compression: { comp: number; level: number };
  /** The level is where it begins. */
  readonly autoLevel: boolean;
}

export function frameCompression(text: string | undefined): FrameCompression {
  const choice = parseCompression(text);
  if (choice.codec === 'none') return { compression: { comp: 0, level: 0 }, autoLevel: false };
  const isAuto = choice.level === 'auto';
  return {
    compression: { comp: 1, level: choice.level === 'auto' ? autoStart.level : choice.level },
    autoLevel: isAuto,
  };
}
