// Packs the npm package, installs it into an empty folder as a user would, and runs the main job from there: makes a repository, backs up,
// checks every byte and restores. Needs the npm registry, so it is a step of .ci/run and no test.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const project = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'holdfast-package-'));
const environment = {
  ...process.env,
  HOME: folder,
  HOLDFAST_REPOSITORY: join(folder, 'repository'),
  HOLDFAST_PASSWORD_FILE: join(folder, 'password'),
};
const run = (program, parameters, cwd) =>
  execFileSync(program, parameters, {
    cwd,
    env: environment,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });

try {
  const packed = run('npm', ['pack', '--silent', '--pack-destination', folder], project)
    .trim()
    .split('\n')
    .at(-1);
  const home = join(folder, 'home');
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{"private":true,"type":"module"}');
  run('npm', ['install', '--silent', '--no-audit', '--no-fund', join(folder, packed)], home);
  const holdfast = (...parameters) => run(join(home, 'node_modules/.bin/holdfast'), parameters, home);
  writeFileSync(join(folder, 'password'), 'a password for this trial only', { mode: 0o600 });
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'data/letter.txt'), 'kept');
  holdfast('init', '--quiet');
  holdfast('backup', join(folder, 'data'));
  holdfast('check', '--read-data');
  holdfast('restore', 'latest', '--verify', '--target', join(folder, 'back'));
  if (readFileSync(join(folder, 'back/letter.txt'), 'utf8') !== 'kept')
    throw new Error('the package restored other bytes');
  writeFileSync(
    join(home, 'program.ts'),
    `import { BackupManager, Failure, type BackupResult } from 'holdfast';
const manager = new BackupManager({ config_file: '../backup_config.json' });
const made: BackupResult = await manager.createBackup('../data');
const [listed] = await manager.list_backups();
if (listed?.archive !== made.archive || listed.checksum !== 'verified') throw new Error('the list is wrong');
await manager.restoreBackup(made.archive, '../taken', { selective: '*.txt' });
try {
  new BackupManager({ configFile: 'nowhere.json' });
  throw new Error('a missing configuration was accepted');
} catch (error) {
  if (!(error instanceof Failure) || error.code !== 'CONFIG_MISSING') throw error;
}
`,
  );
  writeFileSync(join(folder, 'backup_config.json'), '{"storage":{"backends":["local"]}}');
  run(join(home, 'node_modules/.bin/node'), ['program.ts'], home);
  if (readFileSync(join(folder, 'taken/letter.txt'), 'utf8') !== 'kept')
    throw new Error('BackupManager restored other bytes');
  // The declarations are whole: a program with strict types compiles against them.
  const types = [
    '--strict',
    '--noEmit',
    '--target',
    'esnext',
    '--module',
    'nodenext',
    '--skipLibCheck',
    'false',
  ];
  run(join(project, 'node_modules/.bin/tsc'), [...types, '--lib', 'esnext,dom', 'program.ts'], home);
  const script = join(home, 'node_modules/holdfast/compat/backup_restore.sh');
  if (!run(script, ['list'], folder).includes('verified')) throw new Error('the scripts do not run');
  await tryControlPlane(home);
  console.log(`The package ${packed} installs and works: ${holdfast('--version').trim()}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** `holdfast up` with the processes that it starts: a job that saves a folder, and the API. */
async function tryControlPlane(home) {
  if (!existsSync(join(home, 'node_modules/holdfast/deploy/systemd/holdfast.service')))
    throw new Error('the package lacks the unit of systemd');
  const configuration = join(folder, 'holdfast.yaml');
  const policy = { sources: [{ kind: 'files', paths: [join(folder, 'data')] }], repositories: ['main'] };
  writeFileSync(
    configuration,
    JSON.stringify({
      repositories: {
        main: {
          place: environment.HOLDFAST_REPOSITORY,
          unlock: { password: `file:${environment.HOLDFAST_PASSWORD_FILE}` },
        },
      },
      policies: { example: { ...policy, schedule: 'manual', retention: 'none' } },
      catalog: { place: join(folder, 'catalog') },
      logs: { directory: join(folder, 'logs') },
      api: { listen: '127.0.0.1:0' },
    }),
    { mode: 0o600 },
  );
  const program = join(home, 'node_modules/.bin/holdfast');
  const up = spawn(program, ['up', '--json', '--config', configuration], {
    env: { ...environment, XDG_STATE_HOME: join(folder, 'state') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(up, 'exit');
  const ready = new Promise((resolve) => {
    createInterface({ input: up.stdout }).on('line', (line) => {
      const event = JSON.parse(line);
      if (event.type === 'ready') resolve(event.url);
    });
  });
  const url = await Promise.race([ready, ended.then(() => undefined)]);
  if (url === undefined) throw new Error('"holdfast up" of the package did not start');
  run(program, ['run', 'example', '--wait', '--config', configuration], home);
  const answer = await fetch(`${url}/api/v1/openapi.json`);
  if (answer.status !== 200) throw new Error(`the API of the package answers ${answer.status}`);
  up.kill('SIGTERM');
  const [status] = await ended;
  if (status !== 0) throw new Error(`"holdfast up" of the package ended with ${status}`);
}
