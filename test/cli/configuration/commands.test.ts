// `holdfast config` as people use it: from the first file to the change that would keep less.

import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { openCatalog } from '../../../src/catalog/open.ts';
import { policyNamed } from '../../../src/catalog/policies.ts';
import { addRecoveryPoint } from '../../../src/catalog/recovery-points.ts';
import { testContext } from '../../world.ts';
import { type Ran, World } from '../holdfast.ts';

const canary = 'canary-51fe-staple';

/** A file that checks without a remark. */
function worldWithFile(more = '', retention = '{ keepDaily: 7 }'): World {
  const world = new World({ secret: 'key-file' }).init();
  mkdirSync(world.path('srv'));
  writeFileSync(
    world.path('holdfast.yaml'),
    `catalog: { place: ${world.path('catalog')} }
repositories:
  disk:
    place: ${world.repository}
    unlock: { keyFile: ${world.path('key')} }
policies:
  files:
    sources: [{ kind: files, paths: [${world.path('srv')}] }]
    repositories: [disk]
    schedule: "0 2 * * *"
    retention: ${retention}
    tell: [log]
channels:
  log: { place: "syslog://localhost" }
${more}`,
    { mode: 0o600 },
  );
  return world;
}

const config = (world: World, ...words: readonly string[]) =>
  world.run(['config', ...words, '--config', 'holdfast.yaml']);

const resultOf = ({ end }: Ran) => end.result as Readonly<Record<string, unknown>>;

function change(world: World, from: string, to: string): void {
  const path = world.path('holdfast.yaml');
  const text = readFileSync(path, 'utf8');
  assert.ok(text.includes(from));
  writeFileSync(path, text.replace(from, to));
}

test('a first file is written for this machine without a question, and says itself what is still missing', () => {
  using world = new World();
  for (const profile of ['school', 'pipeline']) {
    const to = `${profile}.yaml`;
    const environment = { SNS_TOPIC_ARN: 'arn:aws:sns:eu-central-1:111122223333:x', LANG: 'de_CH.UTF-8' };
    const made = world.run(['config', 'init', '--profile', profile, '--to', to], { environment });
    assert.equal(made.exit, 0, made.errors);
    assert.equal(statSync(world.path(to)).mode & 0o777, 0o600);
    const checked = world.run(['config', 'check', '--config', to, '--json'], { environment });
    assert.deepEqual([checked.exit, resultOf(checked).mistakes], [1, []], checked.output);
    const codes = (resultOf(checked).findings as { state: string; code: string }[])
      .filter(({ state }) => state === 'problem')
      .map(({ code }) => code);
    assert.deepEqual(codes.sort(), ['file-missing', 'folder-missing']);
  }
  assert.match(world.run(['config', 'init', '--to', 'school.yaml']).errors, /CONFIG_EXISTS/);
  const usual = { XDG_CONFIG_HOME: world.path('etc'), HOLDFAST_CONFIG: world.path('etc/mine.yaml') };
  world.run(['config', 'init'], { environment: usual });
  assert.ok(existsSync(world.path('etc/mine.yaml')));
});

test('check tells every mistake on a line of its own', () => {
  using world = worldWithFile('heath: {}\nlogs: { level: loud }\n');
  const { exit, output } = config(world, 'check');
  assert.equal(exit, 2);
  assert.match(output, /holdfast\.yaml:15:1: heath is no key .* did you mean "health"\?\n/);
  assert.match(output, /holdfast\.yaml:16:16: logs\.level must be "debug", "info", "warn" or "error"\n/);
});

test('check finds what this machine lacks: secrets, modes, kinds, folders', () => {
  using world =
    worldWithFile(`  mail: { place: "email://u@h/t@example.org?from=f@example.org", secrets: { password: "file:/nowhere/secret" } }
  chat: { place: "slack:", secrets: { url: "sealed:chat" } }
  page: { place: "pager://x" }
  hook: { place: "webhook:https://example.org", secrets: { token: "command:/nowhere/pass show x", secret: "env:NOT_SET" } }
`);
  writeFileSync(world.path('open'), 'x', { mode: 0o644 });
  writeFileSync(world.path('empty'), '', { mode: 0o600 });
  change(
    world,
    '  chat:',
    `  one: { place: "slack:", secrets: { url: "file:${world.path('open')}" } }\n  two: { place: "slack:", secrets: { url: "file:${world.path('empty')}" } }\n  chat:`,
  );
  change(world, 'retention:', 'compression: brotli:99\n    retention:');
  change(world, '"0 2 * * *"', '"0 2 * * 0"');
  const checked = world.run(['config', 'check', '--config', 'holdfast.yaml', '--json']);
  assert.equal(checked.exit, 1);
  const found = (resultOf(checked).findings as { path: string; code: string; state: string }[]).map(
    ({ path, code, state }) => [path, code, state].join(' '),
  );
  assert.deepEqual(found.sort(), [
    'catalog.place catalog-new advice',
    'channels.chat.secrets.url sealed-missing problem',
    'channels.hook.secrets.secret variable-missing advice',
    'channels.hook.secrets.token program-missing problem',
    'channels.mail.secrets.password file-missing problem',
    'channels.one.secrets.url file-open problem',
    'channels.page.place kind-unknown problem',
    'channels.two.secrets.url file-empty problem',
    'policies.files.compression compression-unknown problem',
    'policies.files.rpo rpo-short advice',
  ]);
});

test('a catalog of a newer program, and one that is away, are said by check and stop apply', () => {
  using world = worldWithFile();
  assert.equal(config(world, 'apply').exit, 0);
  assert.equal(config(world, 'check').exit, 0, config(world, 'check').output);
  const database = new DatabaseSync(world.path('catalog'));
  database.exec("insert into catalog_migrations (number, name, applied_at) values (9999, 'later', 0)");
  database.close();
  const checked = config(world, 'check');
  assert.deepEqual([checked.exit, /CATALOG_NEWER/.test(checked.output)], [1, true], checked.output);
  assert.match(config(world, 'apply').errors, /CATALOG_NEWER/);
  change(world, world.path('catalog'), 'postgres://nobody@127.0.0.1:1/holdfast');
  const away = config(world, 'check');
  assert.deepEqual([away.exit, /CATALOG_/.test(away.output)], [1, true], away.output);
});

test('apply makes the file hold, once, and show tells each value with where it comes from', () => {
  using world = worldWithFile();
  const before = config(world, 'diff');
  assert.deepEqual([before.exit, /new: policies\.files/.test(before.output)], [1, true]);
  assert.ok(!existsSync(world.path('catalog')));
  const applied = world.run(['config', 'apply', '--config', 'holdfast.yaml', '--json']);
  assert.deepEqual(
    [applied.exit, resultOf(applied).revision, resultOf(applied).savedPolicies],
    [0, 1, ['files']],
    applied.errors,
  );
  const again = world.run(['config', 'apply', '--config', 'holdfast.yaml', '--json']);
  assert.deepEqual(
    [resultOf(again).revision, resultOf(again).changed, resultOf(again).differences],
    [1, false, []],
  );
  assert.equal(config(world, 'diff').exit, 0);
  change(world, 'tell: [log]', 'tell: [log]\n    rpo: 30h');
  const after = config(world, 'diff');
  assert.match(after.output, /policies\.files\.rpo: 26h becomes 30h/);
  const shown = config(world, 'show').output;
  assert.match(shown, /policies\.files\.rpo +30h +line 13\n/);
  assert.match(shown, /health\.interval +5min +default\n/);
  const held = config(world, 'show', '--applied');
  assert.match(held.output, /policies\.files\.rpo +26h\n/);
  assert.match(held.errors, /revision 1/);
});

test('a change that keeps less is counted in recovery points, and applied only when somebody says so', async () => {
  using world = worldWithFile();
  assert.equal(config(world, 'apply').exit, 0);
  const context = testContext();
  {
    await using catalog = await openCatalog({ location: world.path('catalog') }, context);
    const policyId = (await policyNamed(catalog, 'files', context))!.id;
    for (let i = 0; i < 7; i++) {
      const takenAt = context.clock.now() - i * 86_400_000;
      const copy = { repository: 'r', snapshot: `s${i}`, storage: world.repository, arrivedAt: takenAt };
      const point = {
        policyId,
        source: 'files',
        takenAt,
        outcome: 'succeeded',
        entries: 1,
        bytes: 1,
        copy,
      } as const;
      await addRecoveryPoint(catalog, point, context);
    }
  }
  change(world, '{ keepDaily: 7 }', '{ keepDaily: 3 }');
  const refused = config(world, 'apply');
  assert.equal(refused.exit, 5);
  assert.match(
    refused.output,
    /SHORTER: "files" keeps less than before; of its 7 recovery points 4 would go/,
  );
  assert.match(refused.errors, /CONFIG_SHORTENS_RETENTION/);
  assert.match(config(world, 'show', '--applied').output, /keepDaily +7\n/);
  assert.equal(config(world, 'apply', '--yes').exit, 0);
  assert.match(config(world, 'show', '--applied').output, /keepDaily +3\n/);
  change(world, '{ keepDaily: 3 }', '{ keepDaily: 30 }');
  assert.equal(config(world, 'apply').exit, 0);
});

test('what would be kept shorter is told, too, where the rest of what was applied cannot be read any more', () => {
  using world = worldWithFile();
  assert.equal(config(world, 'apply').exit, 0);
  const database = new DatabaseSync(world.path('catalog'));
  database.exec(
    `update configurations set config = replace(config, '"repositories":', '"heath":{},"repositories":')`,
  );
  database.close();
  change(world, '{ keepDaily: 7 }', '{ keepDaily: 3 }');
  const refused = config(world, 'apply');
  assert.equal(refused.exit, 5, refused.errors);
  assert.match(refused.errors, /CONFIG_SHORTENS_RETENTION/);
});

test('a secret goes into the catalog from standard input, and nothing ever shows it', () => {
  using world = worldWithFile('  chat: { place: "slack:", secrets: { url: "sealed:chat" } }\n');
  assert.equal(config(world, 'apply').exit, 0);
  const words = ['config', 'secret', 'set', 'chat', '--config', 'holdfast.yaml'];
  const set = world.run(words, { input: `${canary}\n` });
  assert.equal(set.exit, 0, set.errors);
  assert.equal(config(world, 'check').exit, 0, config(world, 'check').output);
  const seen = [
    set,
    config(world, 'secret', 'list'),
    config(world, 'show'),
    config(world, 'show', '--applied'),
    world.run(['catalog', 'audit', 'export', '--catalog', world.path('catalog')]),
  ];
  for (const { output, errors } of seen) assert.ok(!`${output}${errors}`.includes(canary));
  assert.match(seen[1]!.output, /^chat /);
  assert.match(seen[4]!.output, /secret:set/);
  for (const name of readdirSync(world.folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(world.folder, name);
    if (statSync(path).isFile()) assert.ok(!readFileSync(path).includes(canary), name);
  }
  assert.equal(statSync(world.path('state/holdfast/secrets.key')).mode & 0o777, 0o600);
  assert.match(world.run([...words.slice(0, 3), 'No Name']).errors, /SECRET_NAME/);
  assert.match(world.run(words, { input: '' }).errors, /PASSWORD_EMPTY/);
  assert.equal(config(world, 'secret', 'delete', 'chat').exit, 0);
  assert.equal(config(world, 'check').exit, 1);
});

test('what several older files say becomes one configuration that reads well', () => {
  using world = new World();
  writeFileSync(
    world.path('backup_config.json'),
    JSON.stringify({ storage: { backends: ['local'] }, backup_settings: { retention_day: 3 } }),
  );
  writeFileSync(
    world.path('monitor_config.json'),
    JSON.stringify({
      thresholds: { disk_warning_percent: 70 },
      notifications: { email: { recipients: ['head@example.org'] } },
    }),
  );
  mkdirSync(world.path('config'));
  writeFileSync(world.path('config/backup_schedule.json'), '{"s3_sync":"cron(30 1 * * ? *)"}');
  const files = ['backup_config.json', 'monitor_config.json', 'config/backup_schedule.json'];
  const taken = world.run(['config', 'import', ...files, '--to', 'holdfast.yaml']);
  assert.equal(taken.exit, 0, taken.errors);
  assert.match(taken.errors, /"backup_settings\.retention_day" in backup_config\.json/);
  assert.match(taken.errors, /ec2_snapshots/);
  const shown = world.run(['config', 'show', '--config', 'holdfast.yaml', '--json']);
  assert.equal(shown.exit, 0, shown.errors);
  const values = new Map(
    (resultOf(shown).values as { path: string; value: string }[]).map(({ path, value }) => [path, value]),
  );
  for (const [path, value] of Object.entries({
    profile: 'keys',
    'policies.keys.retention.retentionDays': '30',
    'policies.keys.retention.maxBackups': '50',
    'policies.keys.schedule': '"cron(30 1 * * ? *)"',
    'policies.keys.rpo': '26h',
    'policies.keys.compression': 'zstd:9',
    'policies.keys.sources[0].paths': `[${world.path('keys')}]`,
    'health.diskWarningPercent': '70',
    'health.diskCriticalPercent': '90',
    'repositories.local.place': world.path('backups/repository'),
  })) {
    assert.equal(values.get(path), value, path);
  }
  assert.match(values.get('channels.mail.place') ?? '', /^email:\/\/localhost\/head@example\.org\?from=/);
  assert.match(world.run(['config', 'import', ...files, '--to', 'holdfast.yaml']).errors, /CONFIG_EXISTS/);
});

test('a .env is taken over without its secrets, or with them sealed in the catalog', () => {
  using world = new World();
  writeFileSync(
    world.path('.env'),
    `BACKUP_BUCKET=my-bucket\nAWS_REGION=eu-central-1\nSNS_TOPIC_ARN=arn:aws:sns:eu-central-1:111122223333:ops\nBACKUP_RETENTION_DAYS=45\nAWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\nAWS_SECRET_ACCESS_KEY=${canary}\nMAIL_PASSWORD=${canary}\n`,
  );
  const plain = world.run(['config', 'import', '.env', '--json']);
  assert.equal(plain.exit, 0, plain.output);
  const first = resultOf(plain).configuration as {
    repositories: { pipeline: { place: string; secrets?: object } };
  };
  assert.equal(first.repositories.pipeline.place, 's3://my-bucket?region=eu-central-1');
  assert.equal(first.repositories.pipeline.secrets, undefined);
  assert.deepEqual(resultOf(plain).unknownKeys, [
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'MAIL_PASSWORD',
  ]);
  const sealed = world.run([
    'config',
    'import',
    '.env',
    '--seal',
    '--to',
    'out.json',
    '--catalog',
    world.path('catalog'),
  ]);
  assert.equal(sealed.exit, 0, sealed.errors);
  const written = readFileSync(world.path('out.json'), 'utf8');
  const { repositories, profile, channels } = JSON.parse(written);
  assert.deepEqual(repositories.pipeline.secrets, { secretAccessKey: 'sealed:aws-secret-access-key' });
  assert.equal(profile, 'pipeline');
  assert.equal(channels.sns.place, 'sns:arn:aws:sns:eu-central-1:111122223333:ops');
  for (const text of [plain.output, plain.errors, sealed.output, sealed.errors, written])
    assert.ok(!text.includes(canary));
  assert.match(sealed.errors, /MAIL_PASSWORD/);
  const listed = world.run(['config', 'secret', 'list', '--catalog', world.path('catalog')]);
  assert.match(listed.output, /aws-secret-access-key/);
});

test('a file that others may write, a wrong profile without its variable, and no file at all are said as what they are', () => {
  using world = worldWithFile();
  chmodSync(world.path('holdfast.yaml'), 0o602);
  assert.match(config(world, 'check').errors, /CONFIG_TOO_OPEN/);
  chmodSync(world.path('holdfast.yaml'), 0o600);
  change(world, 'catalog:', 'profile: pipeline\ncatalog:');
  for (const words of ['check', 'apply']) {
    const { exit, errors } = config(world, words);
    assert.deepEqual([exit, /SNS_TOPIC_ARN/.test(errors)], [2, true], errors);
  }
  assert.match(world.run(['config', 'check', '--config', 'none.yaml']).errors, /CONFIG_MISSING/);
});
