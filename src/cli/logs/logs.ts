// One structured stream of what happens, written by pino and led to the file of its purpose and to those that the configuration names besides.
// What strange names and answers of servers bring along is escaped: nothing in a log moves a cursor or begins a line of its own.

import { join } from 'node:path';
import { pino } from 'pino';
import type { Log } from '../../base/context.ts';
import type { Facts } from '../../base/failure.ts';
import { escapeForTerminal } from '../../base/text.ts';
import type { Configuration } from '../../model/configuration/configuration.ts';
import type { Ambient } from '../ambient.ts';
import { levelFrom } from './level.ts';
import { type LogFile, type LossTexts, openLogFile } from './log-file.ts';
import { type Purpose, purposes, wallTime } from './purposes.ts';

export type LogRules = Configuration['logs'];
export type LogAmbient = Pick<
  Ambient,
  'environment' | 'clock' | 'zoneOffsetMinutes' | 'stateDirectory' | 'userName' | 'hostName'
>;

/** What all lines of a log say: of which run, of which policy. */
export interface LogBindings {
  readonly run?: string;
  readonly policy?: string;
  readonly node?: string;
}

export interface Logs {
  readonly directory: string;
  for(purpose: Purpose, bindings?: LogBindings): Log;
  /** After somebody else has moved the files away: on SIGHUP. */
  reopen(): void;
  /** Lines that could not be written, in all files. */
  readonly lost: number;
  close(): Promise<void>;
}

type Style = LogRules['routes'][number]['style'];
type Fields = Readonly<Record<string, unknown>> & { readonly level: string; readonly message: string };

interface Target {
  readonly file: LogFile;
  readonly style: Style;
  readonly wants: (purpose: Purpose, policy: string | undefined) => boolean;
}

const dayMs = 86_400_000;

export function logDirectory(rules: Pick<LogRules, 'directory'>, ambient: LogAmbient): string {
  if (rules.directory !== undefined) return rules.directory;
  return ambient.userName === 'root' ? '/var/log/holdfast' : join(ambient.stateDirectory, 'logs');
}

/** Fails only over a LOG_LEVEL that is no level. Files are made when there is something to write. */
export function openLogs(rules: LogRules, ambient: LogAmbient): Logs {
  const level = levelFrom(ambient.environment) ?? rules.level;
  const directory = logDirectory(rules, ambient);
  const targets = openTargets(rules, directory, ambient);
  const base = (purpose: Purpose, bindings: LogBindings) => {
    const stream = {
      write(line: string) {
        const at = ambient.clock.now();
        for (const { file, style, wants } of targets) {
          if (!wants(purpose, bindings.policy)) continue;
          file.write(style === 'json' ? line : asText(JSON.parse(line), at, ambient), at);
        }
      },
    };
    return pino(
      {
        level,
        messageKey: 'message',
        timestamp: () => `,"time":"${new Date(ambient.clock.now()).toISOString()}"`,
        formatters: { level: (label) => ({ level: label }) },
        base: { purpose, ...escaped(bindings) },
      },
      stream,
    );
  };
  return {
    directory,
    for(purpose, bindings = {}) {
      const logger = base(purpose, bindings);
      const tell =
        (at: 'debug' | 'info' | 'warn' | 'error') =>
        (message: string, facts: Facts = {}) =>
          logger[at](
            Object.keys(facts).length === 0 ? {} : { facts: escaped(facts) },
            escapeForTerminal(message),
          );
      return { debug: tell('debug'), info: tell('info'), warn: tell('warn'), error: tell('error') };
    },
    reopen() {
      for (const { file } of targets) file.reopen();
    },
    get lost() {
      return targets.reduce((sum, { file }) => sum + file.lost, 0);
    },
    async close() {
      await Promise.all(targets.map(({ file }) => file.close()));
    },
  };
}

function openTargets(rules: LogRules, directory: string, ambient: LogAmbient): readonly Target[] {
  const open = (path: string, style: Style) =>
    openLogFile(
      {
        path,
        bytesMax: rules.rotateMegabytes * 2 ** 20,
        ageMaxMs: rules.rotateDays * dayMs,
        keep: rules.keepFiles,
      },
      lossTexts(style, ambient),
    );
  const own = (Object.keys(purposes) as Purpose[]).map(
    (purpose): Target => ({
      file: open(join(directory, purposes[purpose]), 'json'),
      style: 'json',
      wants: (one) => one === purpose,
    }),
  );
  const routes = rules.routes.map(
    ({ file, style, purposes: wanted, policies }): Target => ({
      file: open(file, style),
      style,
      wants: (purpose, policy) =>
        (wanted === undefined ? purpose !== 'audit' : wanted.includes(purpose)) &&
        (policies === undefined || (policy !== undefined && policies.includes(policy))),
    }),
  );
  return [...own, ...routes];
}

function lossTexts(style: Style, ambient: LogAmbient): LossTexts {
  return {
    lost(count, at) {
      const message = `${count} lines before this one could not be written`;
      const line = { level: 'warn', time: new Date(at).toISOString(), facts: { lost: count }, message };
      return style === 'json' ? `${JSON.stringify(line)}\n` : asText(line, at, ambient);
    },
  };
}

/** `[2026-11-21 19:07:36] WARN files: the message {"code":"X"}` */
function asText({ level, message, policy, facts }: Fields, at: number, ambient: LogAmbient): string {
  const words = [
    `[${wallTime(at, ambient.zoneOffsetMinutes(at))}]`,
    level.toUpperCase(),
    ...(policy === undefined ? [] : [`${policy}:`]),
    message,
    ...(facts === undefined ? [] : [JSON.stringify(facts)]),
  ];
  return `${words.join(' ')}\n`;
}

/** Whatever has found its way in, a Secret too, is text by now, and harmless. */
function escaped(facts: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(facts)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [escapeForTerminal(name), escapedValue(value)]),
  );
}

function escapedValue(value: unknown): unknown {
  return typeof value === 'number' || typeof value === 'boolean' ? value : escapeForTerminal(String(value));
}
