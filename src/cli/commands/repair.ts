// `holdfast repair`: plans first, writes only new objects, heals from a second repository.

import { Failure } from '../../base/failure.ts';
import { formatCount } from '../../base/text.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { openMainRepository, openOtherRepository, repositoryPlace } from '../repository-access.ts';
import { findSecret, mainSecret, type SecretNames } from '../secrets.ts';
import { pathFields, pathText } from '../show.ts';
import { openingWays, optionsOf } from '../slot-secrets.ts';
import { shortId } from '../snapshot-choice.ts';
import { storageSecrets } from '../storage-secrets.ts';
import { version } from '../version.ts';

export const command: Command = {
  name: 'repair',
  arguments: [{ name: 'part', choices: ['index', 'packs', 'snapshots', 'all', 'mirror'] }],
  options: [
    { flags: '--from <place>' },
    { flags: '--from-password-file <file>' },
    { flags: '--from-password-command <command>' },
    { flags: '--from-key-file <file>' },
    ...optionsOf(openingWays, 'from-'),
    { flags: '--from-shred-key <file>' },
    { flags: '--accept-rollback <reason>' },
    { flags: '--forget' },
    { flags: '-n, --dry-run', text: 'option.dryRunPlan' },
  ],
  examples: [
    'repair --dry-run',
    'repair snapshots --forget',
    'repair mirror',
    'repair packs --from /mnt/second/files',
    'repair --accept-rollback "put back from tape"',
  ],
  run,
};

const fromSecret: SecretNames = {
  passwordFile: 'fromPasswordFile',
  passwordCommand: 'fromPasswordCommand',
  keyFile: 'fromKeyFile',
  environmentPrefix: 'HOLDFAST_FROM_',
  shredKey: 'fromShredKey',
};

const lostTexts = {
  file: 'repair.lost.file',
  directory: 'repair.lost.directory',
  part: 'repair.lost.part',
} as const;

/** Below the repository: no key is needed, objects are copied as they are. */
async function healMirror(invocation: Invocation): Promise<Ending> {
  const { options, context, output, texts } = invocation;
  const dryRun = options.flag('dryRun');
  const { healMirrorAt } = await import('../../storage/all.ts');
  const place = repositoryPlace(invocation);
  const found = await healMirrorAt(place, storageSecrets(mainSecret, invocation), dryRun, context);
  const { copied, deleted, different } = found;
  const count = (value: number) => formatCount(value, texts.language);
  output.line(texts.say('repair.mirror', { copied: count(copied), deleted: count(deleted) }));
  for (const name of different) output.line(texts.say('repair.mirrorDifferent', { name }));
  if (dryRun) output.line(texts.say('repair.plan'));
  return { result: { ...found, dryRun } };
}

async function run(invocation: Invocation): Promise<Ending> {
  const { options, context, output, texts } = invocation;
  const { language } = texts;
  const reason = options.text('acceptRollback');
  if (reason !== undefined && reason.trim() === '') {
    throw new Failure('usage', 'REASON_NEEDED', 'the reason is empty');
  }
  if (invocation.arguments[0] === 'mirror') return healMirror(invocation);
  await using repository = await openMainRepository(invocation, 'write', { uncached: true });
  if (reason !== undefined) {
    const { acceptRollback } = await import('../../operations/status.ts');
    await acceptRollback({ reason }, repository, context);
    output.line(texts.say('repair.rollbackAccepted'));
    return { result: { acceptedRollback: true, reason } };
  }
  const place = options.text('from');
  await using other =
    place === undefined
      ? undefined
      : await openOtherRepository(
          place,
          fromSecret,
          'read',
          { found: await findSecret(invocation, mainSecret), uncached: true },
          invocation,
        );
  const kind = (invocation.arguments[0] ?? 'all') as 'index' | 'packs' | 'snapshots' | 'all';
  const dryRun = options.flag('dryRun');
  const { repair } = await import('../../operations/repair.ts');
  const found = await repair(
    {
      kind,
      dryRun,
      forget: options.flag('forget'),
      tool: `holdfast ${version}`,
      ...(other === undefined ? {} : { from: other }),
    },
    repository,
    context,
  );
  for (const step of found.plan) output.line(`- ${step}`);
  for (const { snapshot, path, kind: what } of found.lost) {
    output.line(texts.say(lostTexts[what], { snapshot: shortId(snapshot), path: pathText(path) }));
  }
  for (const { old, new: replacement } of found.rewritten) {
    output.line(texts.say('repair.rewritten', { old: shortId(old), new: shortId(replacement) }));
  }
  for (const id of found.forgotten) output.line(texts.say('repair.forgotten', { id: shortId(id) }));
  for (const name of found.quarantined) output.line(texts.say('repair.quarantined', { name }));
  const healed = formatCount(found.healed, language);
  if (found.plan.length === 0) output.line(texts.say('repair.nothing'));
  else output.line(texts.say(dryRun ? 'repair.plan' : 'repair.done', { healed }));
  return {
    result: {
      kind,
      dryRun,
      ...found,
      lost: found.lost.map((entry) => ({ ...entry, ...pathFields(entry.path) })),
    },
  };
}
