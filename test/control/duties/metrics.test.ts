// Metrics reach those who do not ask for them: a file for node_exporter, and a receiver of OTLP.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Context } from '../../../src/base/context.ts';
import { isFailure } from '../../../src/base/failure.ts';
import { Secret } from '../../../src/base/secret.ts';
import type { Catalog } from '../../../src/catalog/catalog.ts';
import { duty as fileDuty } from '../../../src/control/duties/metrics-file.ts';
import { duty as otlpDuty } from '../../../src/control/duties/otlp.ts';
import type { JobTools } from '../../../src/control/job.ts';
import { executeJob } from '../../../src/control/jobs/execute.ts';
import type { TaskTools } from '../../../src/control/task.ts';
import { configurationSchema } from '../../../src/model/configuration/configuration.ts';
import { sqlitePlace } from '../../catalog/catalog-world.ts';
import { startReceiver } from '../../channels/channel-world.ts';
import { scratch } from '../../world.ts';
import { lively } from '../metrics/metrics-world.ts';

const canary = 'canary-7331';

/** Time stands still: what waits, waits until it is told to stop. */
function still(context: Context): Context {
  const sleep: Context['clock']['sleep'] = (_, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('told to stop')), { once: true });
    });
  return { ...context, clock: { ...context.clock, sleep } };
}

function toolsOf(catalog: Catalog, metrics: Readonly<Record<string, unknown>>): TaskTools {
  const read = configurationSchema.parse({ metrics });
  const openers = { secret: async () => new Secret(Buffer.from(`${canary}\n`)) };
  const tools = { openers, host: 'h', user: 'u', tool: 't' } as unknown as JobTools;
  return {
    catalog,
    node: 'n1',
    version: '1.2.3',
    configuration: async () => read,
    runner: {
      run: (kind, order, reports, context) =>
        executeJob(kind, JSON.stringify(order), tools, reports, context),
    },
  };
}

test('the file is whole, for everybody to read, and nothing is left beside it', async () => {
  await using place = await sqlitePlace();
  using folder = scratch();
  const { catalog, context } = await place.open();
  await lively(place, catalog, context);
  const textFile = join(folder.path, 'holdfast.prom');
  const before = place.now();
  assert.equal(await fileDuty.run(toolsOf(catalog, { textFile }), context), before + 60_000);
  await fileDuty.run(toolsOf(catalog, { textFile }), context);
  assert.match(readFileSync(textFile, 'utf8'), /^holdfast_policies\{state="enabled"\} 3$/m);
  assert.equal(statSync(textFile).mode & 0o777, 0o644);
  assert.deepEqual(readdirSync(folder.path), ['holdfast.prom']);
  mkdirSync(join(folder.path, 'taken'));
  await assert.rejects(
    fileDuty.run(toolsOf(catalog, { textFile: join(folder.path, 'taken') }), context),
    (error) => isFailure(error, 'unavailable', 'METRICS_FILE_FAILED'),
  );
  assert.deepEqual(readdirSync(folder.path).sort(), ['holdfast.prom', 'taken']);
});

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue: string };
}
interface OtlpBody {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeMetrics: readonly {
      readonly metrics: readonly {
        readonly name: string;
        readonly unit: string;
        readonly gauge: {
          readonly dataPoints: readonly {
            readonly timeUnixNano: string;
            readonly asDouble: number;
            readonly attributes: readonly Attribute[];
          }[];
        };
      }[];
    }[];
  }[];
}

test('a receiver of OTLP gets every figure, with the secret in its header and nowhere else', async () => {
  await using place = await sqlitePlace();
  await using receiver = await startReceiver();
  const { catalog, context } = await place.open();
  await lively(place, catalog, context);
  const otlp = { endpoint: receiver.url, headers: { 'X-Token': 'env:TOKEN' }, interval: '30s' };
  const tools = toolsOf(catalog, { otlp });
  const before = place.now();
  assert.equal(await otlpDuty.run(tools, still(context)), before + 30_000);
  const [request] = receiver.received;
  assert.ok(request);
  assert.equal(request.path, '/v1/metrics');
  assert.equal(request.headers['content-type'], 'application/json');
  assert.equal(request.headers['x-token'], canary);
  assert.doesNotMatch(request.body, /canary/);
  const body = JSON.parse(request.body) as OtlpBody;
  const [resource] = body.resourceMetrics;
  assert.deepEqual(
    resource?.resource.attributes.map(({ key, value }) => [key, value.stringValue]),
    [
      ['service.name', 'holdfast'],
      ['service.version', '1.2.3'],
      ['service.instance.id', 'n1'],
    ],
  );
  const metrics = resource?.scopeMetrics[0]?.metrics ?? [];
  const points = metrics.find(({ name }) => name === 'holdfast_policies')?.gauge.dataPoints;
  assert.deepEqual(
    points?.map(({ asDouble, timeUnixNano }) => [asDouble, timeUnixNano]),
    [
      [3, `${before}000000`],
      [1, `${before}000000`],
    ],
  );
});

test('a receiver that refuses costs a warning and nothing else', async () => {
  await using place = await sqlitePlace();
  await using receiver = await startReceiver();
  receiver.manner = { status: 500 };
  const { catalog, context } = await place.open();
  const warnings: string[] = [];
  const log = { ...context.log, warn: (message: string) => warnings.push(message) };
  const within = still({ ...context, log });
  await otlpDuty.run(toolsOf(catalog, { otlp: { endpoint: receiver.url } }), within);
  assert.match(warnings.join(), /could not be pushed/);
  const inward = { endpoint: receiver.url, allowNetworks: [] };
  await otlpDuty.run(toolsOf(catalog, { otlp: inward }), within);
  assert.equal(receiver.received.length, 1, 'an inner address that nobody has allowed is not spoken to');
});
