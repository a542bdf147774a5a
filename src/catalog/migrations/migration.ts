// A step that brings the tables forward. A step that was released is never changed: the next one mends it.

export type DatabaseKind = 'sqlite' | 'postgres';

export interface Migration {
  readonly number: number;
  readonly name: string;
  /** One statement each. */
  statements(kind: DatabaseKind): readonly string[];
}

/** Words of columns: bytes decide the order of texts in both databases, never a language. */
export function columnTypes(kind: DatabaseKind): { readonly text: string; readonly integer: string } {
  return kind === 'sqlite'
    ? { text: 'text', integer: 'integer' }
    : { text: 'text collate "C"', integer: 'bigint' };
}
