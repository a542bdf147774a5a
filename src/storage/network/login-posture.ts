// What can be told of a place that a login reaches and that has no settings of its own to ask for: how calls travel, and that nothing there
// keeps an object from whoever holds the login.

import type { PostureFinding } from '../storage.ts';

export function loginPosture(transport: 'ssh' | 'tls' | 'none', hasLogin = true): readonly PostureFinding[] {
  return [
    hasLogin
      ? {
          about: 'object-lock',
          verdict: 'warning',
          detail: 'nothing here refuses deletion: who has the login may delete all backups',
        }
      : {
          about: 'access',
          verdict: 'bad',
          detail: 'the server asks for no login: whoever reaches it may delete all backups',
        },
    transport === 'none'
      ? {
          about: 'transport',
          verdict: 'bad',
          detail: 'calls are not encrypted: the login, names, sizes and times of objects can be seen',
        }
      : {
          about: 'transport',
          verdict: 'good',
          detail: transport === 'ssh' ? 'all calls go through SSH' : 'all calls go through TLS',
        },
  ];
}
