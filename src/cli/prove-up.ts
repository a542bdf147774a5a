// The end of `npm start`: `holdfast up` protects the folder that was just proven, runs its policy once, and serves. With a person before it,
// it stays until Ctrl-C; else it ends by itself.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { escapeForTerminal } from '../base/text.ts';
import type { Texts } from './texts/texts.ts';

export interface Example {
  readonly program: string;
  readonly folder: string;
  readonly repository: string;
  readonly password: string;
  readonly scratch: string;
  readonly isOnce: boolean;
}

/** The exit code. */
export async function serveExample(example: Example, texts: Texts): Promise<number> {
  const { program, scratch, isOnce } = example;
  const configuration = join(scratch, 'holdfast.yaml');
  writeFileSync(configuration, configurationOf(example), { mode: 0o600 });
  const env = {
    ...process.env,
    HOLDFAST_CONFIG: configuration,
    XDG_STATE_HOME: join(scratch, 'state'),
    HOLDFAST_CATALOG: undefined,
    HOLDFAST_REPOSITORY: undefined,
  };
  console.log('');
  console.log(texts.say('prove.starting', { configuration }));
  const up = spawn(program, ['up', '--json'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number>((resolve) => up.once('close', (code) => resolve(code ?? 1)));
  // A terminal sends Ctrl-C to both; this process waits for the other to end well.
  process.on('SIGINT', () => up.kill('SIGINT'));
  process.on('SIGTERM', () => up.kill('SIGTERM'));
  // The terminal was closed: "up" takes that for a wish to reload, and would go on where nobody sees it.
  process.on('SIGHUP', () => up.kill('SIGTERM'));
  const url = await readiness(up);
  if (url === undefined) return ended;
  const ask = (...words: string[]) =>
    spawnSync(program, words, { env, stdio: ['ignore', 'inherit', 'inherit'] }).status ?? 1;
  const ran = ask('run', 'example', '--wait');
  // What else there is to say of this machine is for a person to read.
  ask('status');
  console.log(texts.say('prove.serving', { url }));
  if (isOnce || ran !== 0) {
    up.kill('SIGTERM');
    const stopped = await ended;
    return ran || stopped;
  }
  console.log(texts.say('prove.stays'));
  return ended;
}

/** Where it serves; undefined when it ended before. What it says of its failure is shown. */
function readiness(up: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    createInterface({ input: up.stdout! }).on('line', (line) => {
      const event = JSON.parse(line) as Readonly<Record<string, unknown>>;
      if (event.type === 'ready') resolve(String(event.url));
      if (event.type !== 'failure') return;
      console.error(`holdfast up: ${escapeForTerminal(String(event.message))}`);
      if (event.hint !== undefined) console.error(`  ${escapeForTerminal(String(event.hint))}`);
    });
    up.once('close', () => resolve(undefined));
  });
}

/** Each night at two, kept by the usual rules; any free port where nobody would look. */
function configurationOf({ folder, repository, password, scratch, isOnce }: Example): string {
  const text = JSON.stringify;
  return [
    '# Made by "npm start": what a configuration of Holdfast looks like.',
    'repositories:',
    `  main: { place: ${text(repository)}, unlock: { password: ${text(`file:${password}`)} } }`,
    'policies:',
    '  example:',
    `    sources: [{ kind: files, paths: [${text(folder)}] }]`,
    '    repositories: [main]',
    '    schedule: 0 2 * * *',
    '    retention: { keepDaily: 7, keepWeekly: 4, keepMonthly: 12 }',
    `logs: { directory: ${text(join(scratch, 'logs'))} }`,
    `api: { listen: "127.0.0.1:${isOnce ? 0 : 8420}" }`,
    '',
  ].join('\n');
}
