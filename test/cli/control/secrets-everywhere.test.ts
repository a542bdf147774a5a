// A secret behind each kind of reference, used by jobs that succeed and by jobs whose servers say it back: it is found nowhere but where the
// reference points.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type Event, project } from '../holdfast.ts';
import { UpWorld } from './up-world.ts';

const canary = (kind: string) => `Canary${kind}Zq7Xw3Kd9`;
const kinds = ['File', 'Env', 'Command', 'Sealed', 'Errors', 'Url'] as const;

/** As it stands, and as base64 and hexadecimal digits at any place of a longer text. */
const spellings = kinds.flatMap((kind) => {
  const secret = canary(kind);
  const shifted = [0, 1, 2].map((shift) => {
    const whole = Buffer.from(`${'x'.repeat(shift)}${secret}`).toString('base64');
    return whole.slice(shift === 0 ? 0 : 4, Math.floor(((shift + secret.length) * 4) / 3) - 4);
  });
  return [secret, Buffer.from(secret).toString('hex'), ...shifted].map((text) => ({ kind, text }));
});

function foundIn(bytes: string): string[] {
  return spellings.filter(({ text }) => bytes.includes(text)).map(({ kind, text }) => `${kind} as ${text}`);
}

test('a secret behind any reference is found nowhere but where the reference points', async () => {
  using world = new UpWorld();
  const servers = spawn(process.execPath, [join(project, 'test/cli/control/echoing-servers.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(servers.stdout, 'data')) as [Buffer];
    const [http, smtp] = line.toString('utf8').trim().split(' ');
    const file = world.path('secret-file');
    writeFileSync(file, `${canary('File')}\n`, { mode: 0o600 });
    const program = world.path('secret-program');
    writeFileSync(program, `#!/bin/sh\necho "${canary('Errors')}" >&2\necho "${canary('Command')}"\n`);
    const refusing = world.path('secret-refusing');
    writeFileSync(refusing, `#!/bin/sh\necho "${canary('Errors')}" | tee /dev/stderr\nexit 3\n`);
    for (const one of [program, refusing]) chmodSync(one, 0o700);
    const hook = (reference: string) => ({
      place: JSON.stringify({
        kind: 'webhook',
        url: `http://127.0.0.1:${http}/hook`,
        allowNetworks: ['127.0.0.0/8'],
      }),
      secrets: { token: reference },
    });
    const mail = (reference: string) => ({
      place: JSON.stringify({
        kind: 'email',
        host: '127.0.0.1',
        port: Number(smtp),
        security: 'none',
        user: 'holdfast',
        from: 'a@example.org',
        to: ['b@example.org'],
      }),
      secrets: { password: reference },
    });
    const references = {
      file: `file:${file}`,
      env: 'env:CANARY',
      command: `command:${program} --word`,
      sealed: 'sealed:canary',
      refusing: `command:${refusing}`,
    };
    const repositories: Record<string, unknown> = {
      main: { place: world.repository, unlock: { keyFile: world.path('key') } },
    };
    const channels: Record<string, unknown> = {};
    const policies: Record<string, unknown> = {};
    const policy = (repository: string) => ({
      sources: [{ kind: 'files', paths: [world.source] }],
      repositories: [repository],
      schedule: 'manual',
      retention: 'none',
      retry: { attempts: 1 },
    });
    policies['documents'] = policy('main');
    for (const [name, reference] of Object.entries(references)) {
      repositories[`wrong-${name}`] = { place: world.repository, unlock: { password: reference } };
      repositories[`rest-${name}`] = {
        place: `rest://alice@127.0.0.1:${http}/laptop`,
        unlock: { keyFile: world.path('key') },
        secrets: { password: reference },
      };
      repositories[`dav-${name}`] = {
        place: `webdav://alice@127.0.0.1:${http}/dav`,
        unlock: { password: reference },
        secrets: { password: reference },
      };
      const kind = name === 'file' ? 'wrong' : name === 'env' ? 'dav' : 'rest';
      policies[name] = policy(`${kind}-${name}`);
      channels[`hook-${name}`] = hook(reference);
      channels[`mail-${name}`] = mail(reference);
    }
    world.configure({
      configuration: {
        repositories,
        policies,
        channels,
        alerts: { routes: [{ from: 'info', channels: Object.keys(channels) }], group: '1s', successes: true },
        metrics: {
          otlp: {
            endpoint: `http://127.0.0.1:${http}/otlp`,
            headers: { authorization: references.sealed, 'x-env': references.env },
            interval: '1s',
          },
        },
        logs: { directory: world.path('logs'), level: 'debug' },
        api: { listen: '127.0.0.1:0' },
      },
    });
    const environment = { CANARY: canary('Env'), LOG_LEVEL: 'debug' };
    const told: string[] = [];
    const ask = (words: readonly string[], input = '') => {
      const named = { HOLDFAST_CATALOG: world.path('catalog') };
      const { output, errors } = world.ask(words, { environment: { ...environment, ...named }, input });
      told.push(`${words.join(' ')}: ${output}${errors}`);
      return output;
    };
    ask(['config', 'secret', 'set', 'canary'], `${canary('Sealed')}\n`);
    await using running = world.up([], environment);
    await running.ready;
    for (const name of Object.keys(policies)) assert.match(ask(['run', name]), /"ok":true/);
    const outcomes = () => {
      const { runs } = world.ask(['runs', '--limit', '100']).end['result'] as { runs: Event[] };
      return new Map(
        runs.filter(({ state }) => state === 'ended').map(({ policy, outcome }) => [policy, outcome]),
      );
    };
    while (outcomes().size < Object.keys(policies).length) await wait(300);
    for (const [name, outcome] of outcomes()) {
      assert.equal(outcome, name === 'documents' ? 'succeeded' : 'failed', String(name));
    }
    for (const name of ['hook-file', 'mail-command', 'hook-sealed']) {
      assert.match(ask(['channel', 'test', name]), /"failure"/, name);
    }
    const heard = await (await fetch(`http://127.0.0.1:${http}/heard`)).text();
    assert.equal(heard, 'Command Env File Sealed');
    for (const process of childrenOf(running.child.pid ?? 0)) told.push(process);
    for (const words of [
      ['config', 'show'],
      ['config', 'show', '--applied'],
      ['runs', '--limit', '100'],
      ['alerts'],
      ['logs', '--limit', '5000'],
      ['metrics'],
      ['catalog', 'export'],
    ]) {
      ask(words);
    }
    assert.equal(await running.stop(), 0);
    told.push(`up: ${JSON.stringify(running.events)} ${running.errors}`);
    for (const text of told) assert.deepEqual(foundIn(text), [], text.slice(0, 4000));
    const own = new Set([file, program, refusing]);
    for (const name of readdirSync(world.folder, { recursive: true, encoding: 'utf8' })) {
      const path = join(world.folder, name);
      if (own.has(path) || !statSync(path).isFile()) continue;
      assert.deepEqual(foundIn(readFileSync(path, 'latin1')), [], name);
    }
  } finally {
    servers.stdin.end();
  }
});

/** Words and variables of the processes below this one; the variable that holds the secret is for jobs alone. */
function childrenOf(parent: number): string[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) !== parent) return [];
      const words = readFileSync(`/proc/${name}/cmdline`, 'latin1');
      const isJob = words.includes('job-process');
      return [`${words} ${isJob ? '' : readFileSync(`/proc/${name}/environ`, 'latin1')}`];
    } catch {
      return [];
    }
  });
}
