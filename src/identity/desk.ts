// What the functions of this room work with besides the catalog: how dear a password is to try, which rules hold, whose audit stream.

import type { Catalog } from '../catalog/catalog.ts';
import type { Hasher } from './passwords/hasher.ts';
import type { PasswordProfile } from './passwords/rules.ts';

export interface Desk {
  readonly catalog: Catalog;
  /** This machine, whose audit stream is written. */
  readonly node: string;
  readonly hasher: Hasher;
  readonly profile: PasswordProfile;
}
