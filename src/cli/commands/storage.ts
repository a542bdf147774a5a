// `holdfast storage`: looks at the places where repositories lie, and moves a repository from one to another.

import { readFileSync } from 'node:fs';
import { Failure } from '../../base/failure.ts';
import { formatBytes, formatCount, formatNumber, formatRate } from '../../base/text.ts';
import type { Storage } from '../../storage/storage.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { accountCommand, serveCommand } from '../object-server.ts';
import { createPlace, openPlace, repositoryPlace } from '../repository-access.ts';
import { mainSecret, type SecretNames } from '../secrets.ts';
import { isoTime, tableLines, wrapped } from '../show.ts';

const toPlace: SecretNames = {
  passwordFile: 'toPasswordFile',
  passwordCommand: 'toPasswordCommand',
  keyFile: 'toKeyFile',
  environmentPrefix: 'HOLDFAST_TO_',
};

const verdictTexts = {
  good: 'storage.good',
  warning: 'storage.warning',
  bad: 'storage.bad',
  unknown: 'storage.unknown',
} as const;
const ruleTexts = {
  added: 'storage.rule.added',
  removed: 'storage.rule.removed',
  changed: 'storage.rule.changed',
} as const;

export const command: Command = {
  name: 'storage',
  subcommands: [
    { name: 'kinds', run: kinds },
    { name: 'test', arguments: [{ name: 'place' }], run: test },
    { name: 'posture', arguments: [{ name: 'place' }], run: posture },
    { name: 'list', arguments: [{ name: 'prefix' }], run: list },
    {
      name: 'move',
      options: [
        { flags: '--to <place>', text: 'option.toMove' },
        { flags: '-n, --dry-run', text: 'option.dryRunPlan' },
      ],
      run: move,
    },
    {
      name: 'lifecycle',
      arguments: [
        { name: 'action', required: true, choices: ['show', 'suggest', 'diff', 'apply'] },
        { name: 'file' },
      ],
      options: [{ flags: '--class <name>' }, { flags: '--after-days <days>' }],
      run: lifecycle,
    },
    serveCommand,
    accountCommand,
  ],
  examples: [
    'storage kinds',
    'storage test s3://backup-bucket/files?region=eu-central-1',
    'storage posture',
    'storage move --to sftp://backup@nas/files',
    'storage lifecycle diff config/s3_lifecycle.json',
    'storage account laptop --token --access append-only >> accounts',
    'storage serve /srv/backup --accounts accounts --listen 0.0.0.0:8640 --certificate cert.pem --certificate-key key.pem',
  ],
};

async function kinds({ output }: Invocation): Promise<Ending> {
  const { kindNamed, storages } = await import('../../storage/all.ts');
  const found = await Promise.all(
    Object.keys(storages).map(async (scheme) => {
      const { title, secretFields } = await kindNamed(scheme);
      return { scheme, title, secretFields };
    }),
  );
  for (const line of tableLines(found.map(({ scheme, title }) => [scheme, title]))) output.line(line);
  return { result: { kinds: found } };
}

/** Every promise of the port, on the live place; then how fast it is. */
async function test(invocation: Invocation): Promise<Ending> {
  const { output, texts, context } = invocation;
  const { language } = texts;
  const place = invocation.arguments[0] ?? repositoryPlace(invocation);
  const { conformance } = await import('../../storage/conformance.ts');
  const { demandDeletion } = await import('../../storage/probe.ts');
  await using storage = await openPlace(place, mainSecret, invocation);
  await demandDeletion(storage, context);
  const checks: { promise: number; name: string; ok: boolean; detail?: string }[] = [];
  context.monitor.phase('testing');
  for await (const check of conformance(() => openPlace(place, mainSecret, invocation), context)) {
    checks.push(check);
    output.line(
      `${check.ok ? texts.say('storage.kept') : texts.say('storage.broken')}  ${texts.phrase(check.name)}`,
    );
    if (check.detail !== undefined) output.line(`    ${check.detail}`);
  }
  const { measureStorage } = await import('../../storage/speed.ts');
  const speed = await measureStorage(storage, context);
  const broken = checks.filter(({ ok }) => !ok).length;
  output.line(
    texts.say('storage.speed', {
      answer: formatNumber(speed.answerMs, 1, language),
      upload: formatRate(speed.uploadBytesPerSecond, language),
      download: formatRate(speed.downloadBytesPerSecond, language),
    }),
  );
  const { durability } = storage.features;
  output.line(texts.say('status.durability', { class: durability }));
  const verdict = broken === 0 ? 'storage.faithful' : 'storage.unfaithful';
  output.line(texts.say(verdict, { place: storage.location, broken, checks: checks.length }));
  const result = { location: storage.location, durability, checks, broken, ...speed };
  return broken === 0 ? { result } : { outcome: 'failed', exit: 8, result };
}

/** What the place is set to; bad findings end with 1, so that a script notices. */
async function posture(invocation: Invocation): Promise<Ending> {
  const { output, texts, context, ambient } = invocation;
  const place = invocation.arguments[0] ?? repositoryPlace(invocation);
  await using storage = await openPlace(place, mainSecret, invocation);
  const { postureOf } = await import('../../operations/storage/posture.ts');
  const findings = await postureOf(storage, context);
  const rows = findings.map(({ verdict, about, detail }) => [
    texts.say(verdictTexts[verdict]),
    about,
    texts.phrase(detail),
  ]);
  for (const line of tableLines(rows)) {
    for (const row of wrapped(line, ambient.output.columns, '    ')) output.line(row);
  }
  const isBad = findings.some(({ verdict }) => verdict === 'bad');
  return { outcome: isBad ? 'partial' : 'succeeded', result: { location: storage.location, findings } };
}

async function list(invocation: Invocation): Promise<Ending> {
  const { output, texts, context } = invocation;
  const { language } = texts;
  await using storage = await openPlace(repositoryPlace(invocation), mainSecret, invocation);
  let objects = 0;
  let bytes = 0;
  for await (const object of storage.list(invocation.arguments[0] ?? '', { signal: context.signal })) {
    objects += 1;
    bytes += object.sizeBytes;
    const { name, sizeBytes, storageClass } = object;
    const modifiedAt = isoTime(object.modifiedAt);
    output.line(
      `${modifiedAt}  ${String(sizeBytes).padStart(11)}  ${storageClass ?? ''}${storageClass ? '  ' : ''}${name}`,
    );
    output.emit('object', {
      name,
      sizeBytes,
      modifiedAt,
      ...(storageClass !== undefined && { storageClass }),
    });
  }
  output.line(
    texts.say('storage.listed', {
      count: formatCount(objects, language),
      bytes: formatBytes(bytes, language),
    }),
  );
  return { result: { location: storage.location, objects, bytes } };
}

async function move(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context, ambient } = invocation;
  const { language } = texts;
  const place = options.text('to') ?? ambient.environment.HOLDFAST_TO_REPOSITORY;
  if (!place) throw new Failure('usage', 'COPY_TARGET_NOT_NAMED', 'no second repository was named');
  await using from = await openPlace(repositoryPlace(invocation), mainSecret, invocation);
  const dryRun = options.flag('dryRun');
  await using to = await (dryRun ? openOrEmpty(place, invocation) : openOrCreate(place, invocation));
  const { moveObjects } = await import('../../operations/storage/move.ts');
  const done = await moveObjects({ dryRun }, from, to, context);
  output.line(
    texts.say(
      dryRun ? 'storage.movePlan' : done.outcome === 'partial' ? 'storage.movedPartly' : 'storage.moved',
      {
        count: formatCount(done.objects, language),
        bytes: formatBytes(done.bytes, language),
        // A place that is not there yet has nothing that could tell its name.
        place: dryRun ? place : to.location,
        from: from.location,
      },
    ),
  );
  return {
    outcome: done.outcome,
    result: { ...done, dryRun, from: from.location, to: dryRun ? place : to.location },
  };
}

/** A dry run makes no place: one that is not there yet holds nothing. */
async function openOrEmpty(place: string, invocation: Invocation): Promise<Storage> {
  try {
    return await openPlace(place, toPlace, invocation);
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'missing') throw error;
    const { MemoryStorage } = await import('../../storage/memory.ts');
    return new MemoryStorage();
  }
}

/** A move that was cut off has made the place already. */
async function openOrCreate(place: string, invocation: Invocation): Promise<Storage> {
  try {
    return await createPlace(place, toPlace, invocation);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'STORAGE_NOT_EMPTY') throw error;
    return openPlace(place, toPlace, invocation);
  }
}

/** The rules by age of the place itself: shown, compared with a file, or replaced by it. */
async function lifecycle(invocation: Invocation): Promise<Ending> {
  const { output, texts, context } = invocation;
  const [action, path] = invocation.arguments;
  if (action === 'suggest') return suggest(invocation);
  await using storage = await openPlace(repositoryPlace(invocation), mainSecret, invocation);
  if (storage.lifecycle === undefined) {
    throw new Failure(
      'usage',
      'STORAGE_WITHOUT_LIFECYCLE',
      `"${storage.location}" has no rules by age of its own`,
    );
  }
  const { formatLifecycle, lifecycleChanges, parseLifecycle } = await import('../../storage/lifecycle.ts');
  const found = await storage.lifecycle.read(context);
  if (action === 'show') {
    printRules(formatLifecycle(found), output);
    return { result: { location: storage.location, rules: found } };
  }
  if (path === undefined) {
    throw new Failure('usage', 'LIFECYCLE_FILE_NOT_NAMED', 'no file with lifecycle rules was named');
  }
  const wanted = parseLifecycle(readRules(path), path);
  const changes = lifecycleChanges(found, wanted);
  for (const { change, id } of changes) output.line(texts.say(ruleTexts[change], { id }));
  if (changes.length === 0) output.line(texts.say('storage.rule.same'));
  if (action === 'apply' && changes.length > 0) {
    await demandHarmless(wanted, storage);
    await storage.lifecycle.write(wanted, context);
    output.line(texts.say('storage.rule.applied', { place: storage.location }));
  }
  return {
    result: { location: storage.location, changes, applied: action === 'apply' && changes.length > 0 },
  };
}

/** Line by line, because a line break within a line is shown as one; what is printed can be read back. */
function printRules(text: string, output: Invocation['output']): void {
  for (const line of text.trimEnd().split('\n')) output.line(line);
}

/** What the file may hold, to be reviewed; asks no storage. */
async function suggest({ output, options }: Invocation): Promise<Ending> {
  const { formatLifecycle, suggestedLifecycle } = await import('../../storage/lifecycle.ts');
  const afterDays = options.count('afterDays', '--after-days') ?? 30;
  const rules = suggestedLifecycle(options.text('class') ?? 'GLACIER', afterDays);
  printRules(formatLifecycle(rules), output);
  return { result: { rules } };
}

async function demandHarmless(
  rules: Parameters<typeof import('../../storage/lifecycle.ts').judgeLifecycle>[0],
  storage: Storage,
): Promise<void> {
  const { judgeLifecycle } = await import('../../storage/lifecycle.ts');
  const classes = storage.features.storageClasses ?? [];
  const isFrozen = (name: string) => classes.find((one) => one.name === name)?.isFrozen ?? false;
  const [worst] = judgeLifecycle(rules, isFrozen);
  if (worst === undefined) return;
  throw new Failure('usage', 'LIFECYCLE_HARMFUL', worst.detail);
}

function readRules(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Failure('missing', 'LIFECYCLE_FILE_UNREADABLE', `"${path}" cannot be read`, { cause });
  }
}
