// `holdfast up`: the control process. It keeps the lease of its node, applies the configuration, runs the control room and the API beside it,
// and stops without losing a run. What it must not lose lies in the catalog; what it forgets when it is killed, it finds there again.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../../base/context.ts';
import { Failure, isFailure } from '../../base/failure.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import { releaseLease, renewLease } from '../../catalog/leases.ts';
import { openNodeKey } from '../../catalog/node-key.ts';
import type { CatalogPlace } from '../../catalog/open.ts';
import { keepBeating } from '../../control/beats.ts';
import { runControl } from '../../control/run-control.ts';
import type { TaskTools } from '../../control/task.ts';
import type { Configuration } from '../../model/configuration/configuration.ts';
import { spoolFolder, takeSpool } from '../audit-spool.ts';
import type { Invocation } from '../command.ts';
import { toFailure } from '../exit.ts';
import { readIncarnation } from '../incarnation.ts';
import { type Logs, openLogs } from '../logs/logs.ts';
import { purposes } from '../logs/purposes.ts';
import { version } from '../version.ts';
import { type ApiChild, type ApiParts, keepApi, tlsOf } from './api-child.ts';
import { type ReadFile, tryConfigurationInput } from './configuration-input.ts';
import { sealingKeyFile } from './job-wire.ts';
import { lastStart, rememberStart } from './last-start.ts';
import { endLeftovers } from './leftovers.ts';
import { loggingRunner, teeing } from './log-routes.ts';
import { becomeNode, nodeHoldMs, nodeName } from './nodes.ts';
import { createNotifier, type Notifier } from './notify.ts';
import { type CatalogRules, catalogPlace } from './places.ts';
import { restSmall } from './rest-small.ts';
import { createSpawnedRunner } from './spawned-runner.ts';
import { goOnWithout, isUnusable, takeConfiguration } from './take-configuration.ts';

const retryMs = 2000;

export interface Up {
  readonly catalog: Catalog;
  readonly node: string;
  /** Absent where the API is switched off. */
  readonly url?: string;
}

/** Returns when it was told to stop. `onReady` is called once, when all is at work. */
export async function up(invocation: Invocation, onReady: (up: Up) => void = () => undefined): Promise<void> {
  const { ambient, context } = invocation;
  let reload: () => void = () => undefined;
  // Whoever asks before there is anything to reload must not end the start.
  ambient.onSignal('SIGHUP', () => reload());
  const file = await tryConfigurationInput(invocation);
  const known = await placesOf(file, invocation);
  const place = await catalogPlace(known.catalog, invocation);
  if (file !== undefined && 'failure' in file && !mayExist(place)) throw file.failure;
  const catalog = await openPatiently(place, invocation);
  if (catalog === undefined) return;
  await using closing = catalog;
  const node = nodeName(known.node, ambient);
  await using running = new Running(
    { catalog: closing, place, node, notifier: createNotifier(ambient.environment) },
    invocation,
  );
  reload = () => running.reload();
  await running.live(file, onReady);
  context.log.debug('stopped');
}

/** Where the catalog is, and who we are: what the file says, and for one that cannot be read, what it said at the last good start. */
async function placesOf(
  file: ReadFile | undefined,
  { ambient, options }: Invocation,
): Promise<{ readonly catalog: CatalogRules; readonly node: string | undefined }> {
  if (file === undefined) return { catalog: {}, node: undefined };
  if ('input' in file) return { catalog: file.input.catalog ?? {}, node: file.input.node };
  if (!isUnusable(file.failure)) throw file.failure;
  const last = lastStart(ambient, file.path);
  // Who names a catalog means that one.
  const isNamed = (options.text('catalog') ?? ambient.environment.HOLDFAST_CATALOG) !== undefined;
  if (last === undefined && !isNamed) throw file.failure;
  return { catalog: last?.catalog ?? {}, node: last?.node };
}

/** A new catalog has nothing that could go on. */
function mayExist({ location }: CatalogPlace): boolean {
  return /^postgres(ql)?:/.test(location) || existsSync(location);
}

interface Parts {
  readonly catalog: Catalog;
  readonly place: CatalogPlace;
  readonly node: string;
  readonly notifier: Notifier;
}

class Running implements AsyncDisposable {
  readonly #parts: Parts;
  readonly #invocation: Invocation;
  #known: { readonly revision: number; readonly configuration: Configuration } | undefined;
  #logs: Logs | undefined;
  #api: { readonly child: ApiChild; readonly rules: string; stop(): void } | undefined;
  #reloading: Promise<void> = Promise.resolve();
  #isReady = false;

  constructor(parts: Parts, invocation: Invocation) {
    this.#parts = parts;
    this.#invocation = invocation;
  }

  async live(file: ReadFile | undefined, onReady: (up: Up) => void): Promise<void> {
    const { ambient, context, output, texts } = this.#invocation;
    const { catalog, node, notifier } = this.#parts;
    let stage: 'waiting' | 'beginning' | 'begun' = 'waiting';
    while (!context.signal.aborted) {
      const lost = new AbortController();
      const within = { ...context, signal: AbortSignal.any([context.signal, lost.signal]) };
      try {
        const lease = await becomeNode(catalog, node, ambient, context);
        try {
          await using _beats = keepBeating(
            nodeHoldMs,
            async (beating) => {
              await renewLease(catalog, lease, nodeHoldMs, beating);
            },
            () => lost.abort(),
            context,
          );
          if (stage === 'waiting') {
            stage = 'beginning';
            this.#clearUp();
            await this.#begin(file, onReady);
            stage = 'begun';
          }
          await this.#work(within);
        } finally {
          await releaseLease(catalog, lease, { ...context, signal: new AbortController().signal }).catch(
            // It runs out by itself.
            () => undefined,
          );
        }
      } catch (error) {
        if (context.signal.aborted) break;
        if (stage === 'beginning' || !isFailure(error, 'unavailable')) throw error;
        output.note(texts.say('up.away', { place: catalog.location }));
        output.emit('waiting', { code: error.code });
        await context.clock.sleep(retryMs, context.signal).catch(() => undefined);
      }
    }
    notifier.tell('STOPPING=1');
  }

  /** Before anything new is begun. */
  #clearUp(): void {
    const { log } = this.#invocation.context;
    const { ended, left } = endLeftovers(readIncarnation());
    if (ended.length > 0) {
      log.warn('processes that an earlier "holdfast up" had left were ended', { pids: ended.join(' ') });
    }
    if (left.length > 0) {
      log.info('programs that jobs of an earlier "holdfast up" had started go on', { pids: left.join(' ') });
    }
  }

  async #begin(file: ReadFile | undefined, onReady: (up: Up) => void): Promise<void> {
    const { ambient, context, output, texts } = this.#invocation;
    const { catalog, node, notifier } = this.#parts;
    await this.#take(file);
    const { beginPlan } = await import('../../catalog/maintenance.ts');
    await beginPlan(catalog, version, context);
    const configuration = await this.#configuration(context);
    if (file === undefined) await this.#requireSomething();
    this.#logs = openLogs(configuration.logs, ambient);
    await this.#startApi(configuration);
    this.#isReady = true;
    const url = this.#api?.child.url;
    const policies = Object.keys(configuration.policies).length;
    output.line(texts.say('up.ready', { node, policies, place: catalog.location }));
    if (url !== undefined) {
      output.line(texts.say('up.serving', { url }));
      const { tellFirstSetup } = await import('./first-setup.ts');
      await tellFirstSetup({ catalog, url }, this.#invocation);
    }
    output.emit('ready', {
      node,
      policies,
      location: catalog.location,
      ...(url === undefined ? {} : { url }),
    });
    notifier.tell('READY=1', `STATUS=${texts.say('up.ready', { node, policies, place: catalog.location })}`);
    if (notifier.aliveMs !== undefined) ambient.every(notifier.aliveMs, () => notifier.tell('WATCHDOG=1'));
    restSmall(ambient);
    onReady({ catalog, node, ...(url === undefined ? {} : { url }) });
  }

  async #work(context: Context): Promise<void> {
    const log = teeing(this.#logs!.for('monitor', { node: this.#parts.node }), context.log);
    await runControl(this.#taskTools(), { ...context, log });
  }

  #taskTools(): TaskTools {
    const { catalog, node, place } = this.#parts;
    const { ambient } = this.#invocation;
    const logs = this.#logs!;
    const runner = createSpawnedRunner(ambient, {
      sealed: { catalog: plainPlace(place), keyFile: sealingKeyFile(ambient) },
    });
    return {
      catalog,
      node,
      runner: loggingRunner(runner, logs, node),
      configuration: (within) => this.#configuration(within),
      version,
      audit: {
        key: openNodeKey(join(ambient.stateDirectory, 'node.key')),
        otherStreams: [ambient.hostName],
        log: logs.for('audit', { node }),
        takeSpool: (from, within) =>
          takeSpool(spoolFolder(ambient), { catalog: from, owner: ambient.owner }, within),
      },
    };
  }

  /** Read anew only where somebody has changed something. */
  async #configuration(context: Context): Promise<Configuration> {
    const { configurationRevision, currentConfiguration } = await import('../../catalog/configurations.ts');
    const { catalog } = this.#parts;
    const revision = await configurationRevision(catalog, context);
    if (this.#known?.revision !== revision) {
      this.#known = { revision, configuration: await currentConfiguration(catalog, context) };
    }
    return this.#known.configuration;
  }

  async #take(file: ReadFile | undefined): Promise<void> {
    if (file === undefined) return;
    const { ambient } = this.#invocation;
    const { path } = file;
    let failure: unknown;
    if ('input' in file) {
      const { catalog = {}, node } = file.input;
      try {
        await takeConfiguration(file, this.#parts, this.#invocation);
        const { place, password } = catalog;
        rememberStart(ambient, {
          path,
          ...(node === undefined ? {} : { node }),
          catalog: {
            ...(place === undefined ? {} : { place }),
            ...(password === undefined ? {} : { password }),
          },
        });
        return;
      } catch (error) {
        failure = error;
      }
    } else failure = file.failure;
    await goOnWithout(path, failure, this.#parts, this.#invocation);
  }

  /** Without a file there has to be what was applied before. */
  async #requireSomething(): Promise<void> {
    const { context, output, texts } = this.#invocation;
    const { lastApplied } = await import('../../catalog/configurations.ts');
    const { listPolicies } = await import('../../catalog/policies.ts');
    const { catalog } = this.#parts;
    if ((await lastApplied(catalog, context)) !== undefined) return;
    if ((await listPolicies(catalog, { limit: 1 }, context)).items.length > 0) return;
    const { configurationPath } = await import('../configuration/path.ts');
    const path = configurationPath(this.#invocation);
    for (const line of texts.say('up.sample', { path }).split('\n')) output.note(line);
    throw new Failure('missing', 'NOTHING_CONFIGURED', `there is no configuration at "${path}" yet`, {
      facts: { path },
    });
  }

  async #startApi({ api }: Configuration): Promise<void> {
    const { ambient, context, options } = this.#invocation;
    const { node, place } = this.#parts;
    const rules = { ...api, listen: options.text('listen') ?? api.listen };
    const text = JSON.stringify(rules);
    if (this.#api?.rules === text) return;
    await this.#stopApi();
    if (!rules.enabled) return;
    const stopping = new AbortController();
    const signal = AbortSignal.any([context.signal, stopping.signal]);
    const tls = tlsOf(rules);
    const logs = this.#logs === undefined ? [] : logFiles(this.#logs.directory);
    const call = { catalog: plainPlace(place), rules, node, logs, ...(tls === undefined ? {} : { tls }) };
    const log =
      this.#logs === undefined ? context.log : teeing(this.#logs.for('monitor', { node }), context.log);
    const serve: ApiParts['download'] = async (task, range, pipe, within) => {
      const { download } = await import('../../control/downloads.ts');
      await download(task, range, pipe, this.#taskTools(), within);
    };
    const child = await keepApi({ ambient, call, download: serve }, { ...context, log, signal });
    this.#api = { child, rules: text, stop: () => stopping.abort() };
  }

  async #stopApi(): Promise<void> {
    const api = this.#api;
    this.#api = undefined;
    api?.stop();
    await api?.child.ended;
  }

  /** One at a time. What is wrong with the new configuration is told; the one before goes on. */
  reload(): void {
    if (!this.#isReady) return;
    const { context } = this.#invocation;
    this.#reloading = this.#reloading.then(async () => {
      try {
        this.#parts.notifier.tell('RELOADING=1');
        this.#logs?.reopen();
        await this.#take(await tryConfigurationInput(this.#invocation));
        await this.#startApi(await this.#configuration(context));
      } catch (error) {
        const { code, message } = toFailure(error, context.signal.aborted);
        context.log.error(message, { code });
      } finally {
        this.#parts.notifier.tell('READY=1');
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reloading;
    await this.#stopApi();
    await this.#logs?.close();
  }
}

/** A database that is away at the start is waited for; undefined when told to stop meanwhile. */
async function openPatiently(
  place: CatalogPlace,
  { context, output, texts }: Invocation,
): Promise<Catalog | undefined> {
  const { openCatalog } = await import('../../catalog/open.ts');
  for (let isTold = false; ; isTold = true) {
    try {
      return await openCatalog(place, context);
    } catch (error) {
      if (context.signal.aborted) return undefined;
      if (!isFailure(error, 'unavailable')) throw error;
      if (!isTold) {
        output.note(texts.say('up.waiting', { why: texts.phrase(error.message) }));
        output.emit('waiting', { code: error.code });
      }
      try {
        await context.clock.sleep(retryMs, context.signal);
      } catch {
        return undefined;
      }
    }
  }
}

/** What jobs write of runs. */
function logFiles(directory: string): readonly string[] {
  return [join(directory, purposes.backup), join(directory, purposes.restore)];
}

function plainPlace({ location, password }: CatalogPlace): { location: string; password?: string } {
  if (password === undefined) return { location };
  return { location, password: Buffer.from(password.reveal()).toString('utf8') };
}
