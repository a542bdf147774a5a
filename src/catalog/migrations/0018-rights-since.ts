// Since when an account has the rights that it has: whoever got them after a request was made is nobody's second person for it.

import { columnTypes, type Migration } from './migration.ts';

export const migration: Migration = {
  number: 18,
  name: 'rights-since',
  statements(kind) {
    const { integer } = columnTypes(kind);
    return [
      `alter table users add column rights_since ${integer}`,
      "create index approvals_waiting on approvals (requested_id, order_hash) where state = 'waiting'",
    ];
  },
};
