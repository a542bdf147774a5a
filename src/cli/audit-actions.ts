// What each verb of the command line is in the audit trail. A new verb needs a line here: a test goes through all of them.

import type { Ambient } from './ambient.ts';
import type { Options } from './options.ts';

export interface AuditedVerb {
  /** `noun:verb`. */
  readonly action: string;
  /**
   * What saves or shows goes on while the catalog cannot be reached, and is spooled: a backup or a restore must not wait for a database. What
   * deletes, or changes who may do what, does not happen then.
   */
  readonly whenAway: 'spool' | 'refuse';
}

/** `own`: writes its entry in one unit with its effect. `none`: touches neither data nor keys nor anything that others see. */
export type VerbRule = AuditedVerb | 'own' | 'none';

const spooled = (action: string): AuditedVerb => ({ action, whenAway: 'spool' });
const refused = (action: string): AuditedVerb => ({ action, whenAway: 'refuse' });

export const verbRules: Readonly<Record<string, VerbRule>> = {
  init: spooled('repository:create'),
  backup: spooled('snapshot:create'),
  snapshots: spooled('snapshot:list'),
  ls: spooled('snapshot:read'),
  find: spooled('snapshot:search'),
  diff: spooled('snapshot:compare'),
  cat: spooled('snapshot:read'),
  restore: spooled('snapshot:restore'),
  export: spooled('snapshot:export'),
  import: spooled('snapshot:import'),
  rollback: refused('snapshot:rollback'),
  check: spooled('repository:check'),
  prune: refused('repository:prune'),
  forget: refused('snapshot:forget'),
  'forget-path': refused('snapshot:forget-path'),
  stats: spooled('repository:read'),
  'key list': spooled('key:list'),
  'key add': refused('key:add'),
  'key remove': refused('key:remove'),
  'key passwd': refused('key:change'),
  'key test': spooled('key:test'),
  'key cipher': refused('key:cipher'),
  'key rotate': refused('key:rotate'),
  'key status': spooled('key:read'),
  'key retire': refused('key:retire'),
  'key generate': refused('key:generate'),
  'key kit': refused('key:export'),
  'key self-test': 'none',
  'key shred': refused('key:shred'),
  'key sheet': refused('key:export'),
  'key rescue': spooled('key:rescue'),
  'writer list': spooled('writer:list'),
  'writer add': refused('writer:add'),
  'writer remove': refused('writer:remove'),
  'keys inventory': spooled('key-material:list'),
  'keys findings': spooled('key-material:list'),
  'keys drill': spooled('key-material:drill'),
  'maintainer list': spooled('maintainer:list'),
  'maintainer add': refused('maintainer:add'),
  'maintainer remove': refused('maintainer:remove'),
  'vault restore': spooled('vault:restore'),
  copy: spooled('snapshot:copy'),
  sync: spooled('repository:sync'),
  repair: refused('repository:repair'),
  tier: refused('repository:tier'),
  'storage kinds': 'none',
  'storage test': spooled('storage:test'),
  'storage posture': spooled('storage:read'),
  'storage list': spooled('storage:list'),
  'storage move': refused('storage:move'),
  'storage lifecycle': refused('storage:lifecycle'),
  'storage serve': refused('storage:serve'),
  'storage account': refused('storage:account'),
  'schedule explain': 'none',
  'schedule list': 'none',
  'channel kinds': 'none',
  'channel test': spooled('channel:test'),
  'session revoke': refused('session:revoke'),
  status: spooled('repository:read'),
  up: 'none',
  run: 'own',
  runs: 'none',
  'runs show': 'none',
  'runs cancel': 'own',
  policies: 'none',
  alerts: 'none',
  ack: 'own',
  logs: 'none',
  metrics: 'none',
  'node list': 'none',
  'archives backup': spooled('archive:create'),
  'archives list': spooled('archive:list'),
  'archives restore': spooled('archive:restore'),
  'archives interactive': spooled('archive:interactive'),
  'config import': 'none',
  'config check': 'none',
  'config diff': 'none',
  'config show': 'none',
  'config schema': 'none',
  'config init': 'none',
  'config apply': 'own',
  doctor: 'none',
  'maintenance list': 'none',
  'maintenance done': 'own',
  health: 'none',
  'brake status': 'none',
  'brake pull': 'own',
  'brake release': 'own',
  'config secret': 'own',
  'user add': 'own',
  'user role': 'own',
  'user rename': 'own',
  'user disable': 'own',
  'user enable': 'own',
  'user password': 'own',
  'user reset': 'own',
  'user totp': 'own',
  'user sessions': 'own',
  'user grant': 'own',
  'user revoke': 'own',
  'user remove': 'own',
  'token create': 'own',
  'token revoke': 'own',
  'approval approve': 'own',
  'approval refuse': 'own',
  report: 'none',
  'health figures': 'none',
  'user list': 'none',
  'user show': 'none',
  'token list': 'none',
  'approval list': 'none',
  'catalog check': 'none',
  'catalog migrate': 'none',
  'catalog rebuild': spooled('catalog:rebuild'),
  'catalog export': refused('catalog:export'),
  'catalog import': 'own',
  'catalog audit': refused('audit:read'),
  completion: 'none',
};

/** Undefined where there is no entry to write: no catalog is named, or the verb has none. */
export function verbToAudit(
  title: string,
  options: Options,
  { environment }: Pick<Ambient, 'environment'>,
): AuditedVerb | undefined {
  if (!(options.text('catalog') ?? environment.HOLDFAST_CATALOG)) return undefined;
  const rule = verbRules[title];
  return typeof rule === 'object' ? rule : undefined;
}
