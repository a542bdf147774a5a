// Pages of lists: each goes on after the last row of the one before, so the thousandth costs what the first does.

import { Failure } from '../base/failure.ts';

export interface PageWish {
  /** At most 500; 50 when left out. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly after?: string;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Absent on the last page. */
  readonly next?: string;
}

export const pageLimit = 500;

export function limitOf({ limit = 50 }: PageWish): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > pageLimit) {
    throw new Failure('usage', 'PAGE_LIMIT', `a page of "${limit}" rows is not possible`, {
      hint: 'Ask for 1 to 500 rows.',
    });
  }
  return limit;
}

/** `rows` holds one more than the page when there is a next one. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  itemOf: (row: Row) => Item,
  keyOf: (row: Row) => readonly (string | number)[],
): Page<Item> {
  const last = rows[limit - 1];
  const items = rows.slice(0, limit).map(itemOf);
  if (rows.length <= limit || last === undefined) return { items };
  return { items, next: Buffer.from(JSON.stringify(keyOf(last))).toString('base64url') };
}

/** The key of the row after which to go on: of exactly these types. Undefined at the start. */
export function keyAfter<Shape extends readonly ('string' | 'number')[]>(
  { after }: PageWish,
  ...shape: Shape
): { [At in keyof Shape]: Shape[At] extends 'string' ? string : number } | undefined {
  if (after === undefined) return undefined;
  let key: unknown;
  try {
    key = JSON.parse(Buffer.from(after, 'base64url').toString());
  } catch {
    key = undefined;
  }
  const fits =
    Array.isArray(key) &&
    key.length === shape.length &&
    key.every(
      (one, at) => typeof one === shape[at] && (typeof one === 'string' || Number.isSafeInteger(one)),
    );
  if (!fits) {
    throw new Failure('usage', 'PAGE_MARK', `"${after}" marks no page of this list`, {
      hint: 'Take the mark from the page before, unchanged, or begin again without one.',
    });
  }
  return key as never;
}

/** What a list may show to who asks; left out: all. Told by ids of policies and names of repositories. */
export interface Within {
  readonly policies: readonly string[];
  readonly repositories: readonly string[];
}
