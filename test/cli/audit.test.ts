// Whatever the command line does has exactly one entry in the audit trail of the catalog that is named, also when it is killed in the middle;
// and what must be audited does not happen without a trail.

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { type AuditEntry, listAudit } from '../../src/catalog/audit.ts';
import { verifyAudit } from '../../src/catalog/audit-verify.ts';
import { openCatalog } from '../../src/catalog/open.ts';
import { verbRules } from '../../src/cli/audit-actions.ts';
import type { Command } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands/all.ts';
import { testContext } from '../world.ts';
import { World } from './holdfast.ts';

test('every verb of the command line says what it is in the audit trail', async () => {
  const titles: string[] = [];
  const gather = (command: Command, parent?: string): void => {
    const title = parent === undefined ? command.name : `${parent} ${command.name}`;
    if (command.run !== undefined) titles.push(title);
    for (const child of command.subcommands ?? []) gather(child, command.name);
  };
  for (const load of Object.values(commands)) gather(await load());
  assert.deepEqual(
    titles.filter((title) => verbRules[title] === undefined),
    [],
    'add a line to src/cli/audit-actions.ts',
  );
  assert.deepEqual(
    Object.keys(verbRules).filter((title) => !titles.includes(title)),
    [],
    'there is no such verb',
  );
  for (const rule of Object.values(verbRules)) {
    if (typeof rule === 'object') assert.match(rule.action, /^[a-z-]+:[a-z-]+$/);
  }
});

class AuditedWorld extends World {
  readonly catalog = this.path('catalog');
  readonly environment = { HOLDFAST_CATALOG: this.catalog };

  constructor() {
    super({ secret: 'key-file' });
    this.run(['catalog', 'migrate', '--catalog', this.catalog]);
    this.init();
    mkdirSync(this.path('data'));
    writeFileSync(this.path('data', 'x'), 'content');
  }

  do(...words: readonly string[]) {
    return this.run(words, { environment: this.environment });
  }

  async entries(): Promise<readonly AuditEntry[]> {
    const context = testContext();
    await using catalog = await openCatalog({ location: this.catalog }, context);
    assert.deepEqual((await verifyAudit(catalog, {}, context)).findings, []);
    return [...(await listAudit(catalog, { limit: 500 }, context)).items].reverse();
  }

  spooled(): readonly string[] {
    const folder = this.path('state', 'holdfast', 'audit-spool');
    return existsSync(folder) ? readdirSync(folder) : [];
  }
}

test('each act has one entry with who, what, where and how it ended; looks have none', async () => {
  using world = new AuditedWorld();
  assert.equal(world.do('backup', world.path('data')).exit, 0);
  assert.equal(world.do('restore', 'latest', '--target', world.path('back')).exit, 0);
  assert.equal(world.do('snapshots').exit, 0);
  assert.equal(world.do('restore', 'nothing-like-it', '--target', world.path('other')).exit, 4);
  assert.equal(world.do('forget', '--keep-last', '1').exit, 0);
  assert.equal(world.do('key', 'rotate', '--dry-run').exit, 0);
  assert.equal(world.do('completion', 'bash').exit, 0);
  assert.equal(world.do('runs').exit, 0);
  const entries = await world.entries();
  assert.deepEqual(
    entries.map(({ act }) => [act.action, act.outcome]),
    [
      ['snapshot:create', 'succeeded'],
      ['snapshot:restore', 'succeeded'],
      ['snapshot:list', 'succeeded'],
      ['snapshot:restore', 'failed'],
      ['snapshot:forget', 'succeeded'],
      ['key:rotate', 'succeeded'],
    ],
  );
  assert.deepEqual(
    entries.map(({ act }) => act.facts?.['dryRun'] === true),
    [false, false, false, false, false, true],
    'a plan is told from a deed',
  );
  for (const { act } of entries) {
    assert.equal(act.object, world.repository);
    assert.ok(act.actor !== '' && act.node !== '' && act.method === 'local');
  }
  assert.deepEqual(world.spooled(), []);
});

test('no secret, and nothing that breaks a line, stands in an entry', async () => {
  using world = new AuditedWorld();
  world.do('restore', 'a\nb\x1b[2J', '--target', world.path('back'));
  world.run(['channel', 'test', 'slack:https://hooks.slack.com/services/T0/B0/canary7331'], {
    environment: world.environment,
  });
  world.run(['snapshots', '-r', 'sftp://ana:canary7331@127.0.0.1:1/x'], { environment: world.environment });
  const entries = await world.entries();
  assert.equal(entries.length, 3, JSON.stringify(entries));
  const text = JSON.stringify(entries);
  assert.doesNotMatch(text, /canary/);
  assert.doesNotMatch(text, /[\x00-\x1f]/);
});

test('with the catalog away a restore goes on and is taken in later, and a deletion does not happen', async () => {
  using world = new AuditedWorld();
  world.do('backup', world.path('data'));
  renameSync(world.catalog, `${world.catalog}.away`);
  const restored = world.do('restore', 'latest', '--target', world.path('back'));
  assert.equal(restored.exit, 0, restored.errors);
  assert.match(restored.errors, /audit trail cannot be reached/);
  assert.ok(existsSync(world.path('back')));
  const refused = world.do('forget', '--keep-last', '1');
  assert.equal(refused.exit, 6);
  assert.match(refused.errors, /AUDIT_UNREACHABLE/);
  assert.equal(world.spooled().length, 1, 'what did not happen leaves nothing');
  renameSync(`${world.catalog}.away`, world.catalog);
  world.do('snapshots');
  const entries = await world.entries();
  assert.deepEqual(
    entries.map(({ act }) => [act.action, act.outcome, typeof act.facts?.spooledAt]),
    [
      ['snapshot:create', 'succeeded', 'undefined'],
      ['snapshot:restore', 'succeeded', 'string'],
      ['snapshot:list', 'succeeded', 'undefined'],
    ],
  );
  assert.deepEqual(world.spooled(), []);
});

test('a command that is killed in the middle has its entry all the same, and only one', async () => {
  using world = new AuditedWorld();
  const killer = world.path('killer');
  writeFileSync(killer, "#!/bin/sh\nkill -9 $(cut -d' ' -f4 /proc/$PPID/stat)\n");
  chmodSync(killer, 0o700);
  const killed = world.run(['backup', world.path('data'), '--password-command', killer], {
    environment: { ...world.environment, HOLDFAST_KEY_FILE: undefined },
  });
  assert.equal(killed.exit, -1, killed.errors);
  assert.equal((await world.entries()).length, 0);
  for (let n = 0; n < 2; n += 1) assert.equal(world.do('snapshots').exit, 0);
  const entries = await world.entries();
  assert.deepEqual(
    entries.map(({ act }) => [act.action, act.outcome, act.facts?.interrupted]),
    [
      ['snapshot:create', 'failed', true],
      ['snapshot:list', 'succeeded', undefined],
      ['snapshot:list', 'succeeded', undefined],
    ],
  );
});

test('holdfast metrics tells the same figures to Prometheus and to scripts', () => {
  using world = new AuditedWorld();
  assert.match(world.do('metrics').output, /^holdfast_policies\{state="enabled"\} 0$/m);
  const read = JSON.parse(world.do('metrics', '--format', 'json').output) as { metrics: { brakes: number } };
  assert.equal(read.metrics.brakes, 0);
  const { result } = world.do('metrics', '--json').end as { result: { metrics: { brakes: number } } };
  assert.equal(result.metrics.brakes, 0);
});
