// `holdfast catalog`: looks at the catalog, brings it forward, and proves its audit trail.

import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Failure } from '../../base/failure.ts';
import type { CatalogPlace } from '../../catalog/open.ts';
import { localActor, namedCatalog, catalogOptions as placeOptions } from '../catalog-place.ts';
import { catalogRebuild } from '../catalog-rebuild.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { catalogOf, controlOptions } from '../control/places.ts';

const findingTexts = {
  changed: 'audit.changed',
  removed: 'audit.removed',
  inserted: 'audit.inserted',
  'root-changed': 'audit.root-changed',
  'root-removed': 'audit.root-removed',
  'root-untrusted': 'audit.root-untrusted',
  'witness-untrusted': 'audit.witness-untrusted',
} as const;

export const command: Command = {
  name: 'catalog',
  subcommands: [
    { name: 'check', options: controlOptions, run: check },
    { name: 'migrate', options: placeOptions, run: migrate },
    catalogRebuild,
    { name: 'export', options: controlOptions, isRaw: true, run: exportLines },
    {
      name: 'import',
      arguments: [{ name: 'file', required: true }],
      options: controlOptions,
      run: importLines,
    },
    {
      name: 'audit',
      arguments: [{ name: 'action', required: true, choices: ['verify', 'export'] }],
      options: [
        ...controlOptions,
        { flags: '--earlier <file>' },
        { flags: '--public-key <key>', text: 'option.nodeKey', repeat: true },
      ],
      run: audit,
    },
  ],
  examples: [
    'catalog check --catalog /var/lib/holdfast/catalog',
    'catalog migrate --catalog postgres://holdfast@db/holdfast',
    'catalog rebuild --config /etc/holdfast/holdfast.yaml',
    'catalog export --catalog /var/lib/holdfast/catalog > catalog.jsonl',
    'catalog import catalog.jsonl --catalog postgres://holdfast@db/holdfast',
    'catalog audit verify --catalog /var/lib/holdfast/catalog --earlier audit.jsonl',
    'catalog audit export --catalog /var/lib/holdfast/catalog > audit.jsonl',
  ],
};

async function check(invocation: Invocation): Promise<Ending> {
  const { output, texts, context } = invocation;
  const { openWithVersion } = await import('../../catalog/open.ts');
  const { checkCatalog } = await import('../../catalog/check.ts');
  const { catalog, version } = await openWithVersion(await catalogOf(invocation), context, {
    migrate: false,
  });
  await using _closing = catalog;
  const troubles = await checkCatalog(catalog, context);
  for (const trouble of troubles) output.line(trouble);
  const { location, kind } = catalog;
  const text = troubles.length === 0 ? 'catalog.sound' : 'catalog.unsound';
  output.line(texts.say(text, { place: location, version: version.found, troubles: troubles.length }));
  const result = { location, kind, version: version.found, troubles };
  return troubles.length === 0 ? { result } : { outcome: 'failed', exit: 8, result };
}

async function migrate(invocation: Invocation): Promise<Ending> {
  const { output, texts, context } = invocation;
  const { openWithVersion } = await import('../../catalog/open.ts');
  const { catalog, version } = await openWithVersion(placeOf(invocation), context);
  await using _closing = catalog;
  const { location } = catalog;
  const { found: from, known: to } = version;
  output.line(texts.say(from === to ? 'catalog.current' : 'catalog.migrated', { place: location, from, to }));
  return { result: { location, from, to } };
}

/** Lines go out as they come: with a slow reader, no faster than it reads. */
async function exportLines(invocation: Invocation): Promise<Ending> {
  const { output, texts, context, ambient } = invocation;
  const { openCatalog } = await import('../../catalog/open.ts');
  const { exportCatalog } = await import('../../catalog/dump.ts');
  await using catalog = await openCatalog(await catalogOf(invocation), context, { migrate: false });
  const { rows, version } = await exportCatalog(
    catalog,
    async (line) => {
      if (
        ambient.output.write(`${line}
`)
      )
        return;
      await once(ambient.output, 'drain', { signal: context.signal });
    },
    context,
  );
  output.note(texts.say('catalog.exported', { rows, place: catalog.location }));
  return { result: { location: catalog.location, version, rows } };
}

async function importLines(invocation: Invocation): Promise<Ending> {
  const { output, texts, context } = invocation;
  const { openCatalog } = await import('../../catalog/open.ts');
  const { importCatalog } = await import('../../catalog/dump.ts');
  await using catalog = await openCatalog(await catalogOf(invocation), context);
  const { rows, version } = await importCatalog(catalog, linesOf(invocation.arguments[0] ?? ''), context);
  // Only now: the trail that was brought back goes on with it, and an import that failed leaves the catalog as empty as it was.
  const { appendAudit } = await import('../../catalog/audit.ts');
  const act = { action: 'catalog:import', outcome: 'succeeded', facts: { rows } } as const;
  await appendAudit(catalog, { ...localActor(invocation), ...act }, context);
  output.line(texts.say('catalog.imported', { rows, place: catalog.location }));
  return { result: { location: catalog.location, version, rows } };
}

async function audit(invocation: Invocation): Promise<Ending> {
  const { output, texts, context, options } = invocation;
  const { openCatalog } = await import('../../catalog/open.ts');
  await using catalog = await openCatalog(await catalogOf(invocation), context, { migrate: false });
  const { location } = catalog;
  if (invocation.arguments[0] === 'export') {
    const { exportAudit } = await import('../../catalog/audit.ts');
    let lines = 0;
    for await (const line of exportAudit(catalog, context)) {
      lines += 1;
      output.line(line);
      output.emit('audit', JSON.parse(line));
    }
    return { result: { location, lines } };
  }
  const { verifyAudit } = await import('../../catalog/audit-verify.ts');
  const earlier = options.text('earlier');
  const trustedKeys = options.list('publicKey');
  const report = await verifyAudit(
    catalog,
    {
      ...(trustedKeys.length === 0 ? {} : { trustedKeys }),
      ...(earlier === undefined ? {} : { earlier: linesOf(earlier) }),
    },
    context,
  );
  for (const { stream, first, last, trouble } of report.findings) {
    output.line(texts.say(findingTexts[trouble], { stream, first, last }));
  }
  const { entries, roots, unsigned, findings } = report;
  const text = findings.length === 0 ? 'audit.sound' : 'audit.unsound';
  output.line(texts.say(text, { entries, roots, unsigned, findings: findings.length }));
  const result = { location, ...report };
  return findings.length === 0 ? { result } : { outcome: 'failed', exit: 8, result };
}

/** For what changes a whole catalog: that is never guessed. */
function placeOf(invocation: Invocation): CatalogPlace {
  const place = namedCatalog(invocation);
  if (place === undefined) throw new Failure('usage', 'CATALOG_NOT_NAMED', 'no catalog is named');
  return place;
}

async function* linesOf(path: string): AsyncGenerator<string> {
  try {
    yield* createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  } catch (cause) {
    throw new Failure('missing', 'EXPORT_UNREADABLE', `"${path}" cannot be read`, { cause });
  }
}
