// Generations of keys: `holdfast key status` and `key retire`, and which of them `prune --reencrypt` takes.

import { formatBytes, formatCount } from '../base/text.ts';
import type { GenerationUse, KeyKind } from '../operations/keys/generations.ts';
import type { Advice } from '../operations/keys/key-status.ts';
import { maintenanceOnly } from '../repository/keys.ts';
import type { Repository } from '../repository/repository.ts';
import type { Command, Ending, Invocation } from './command.ts';
import { invalidOption } from './options.ts';
import { openMainRepository } from './repository-access.ts';
import { isoTime, localTime, tableLines } from './show.ts';
import { timeOption } from './values.ts';

export const keyStatusCommand: Command = { name: 'status', run: status };

export const keyRetire: Command = {
  name: 'retire',
  arguments: [{ name: 'generation', required: true }],
  options: [
    { flags: '--kind <kind>', text: 'option.retireKind', choices: ['data', 'index', 'meta', 'all'] },
    { flags: '-n, --dry-run', text: 'option.dryRunPlan' },
  ],
  run: retire,
};

async function status(invocation: Invocation): Promise<Ending> {
  const { output, texts, context } = invocation;
  await using repository = await openMainRepository(invocation, 'read');
  await repository.loadIndex(context);
  const { keyStatus } = await import('../operations/keys/key-status.ts');
  const { uses, postQuantum, slots, advice } = await keyStatus(repository, context);
  for (const line of useLines(uses, invocation)) output.line(line);
  output.line(texts.say('key.postQuantum', { answer: texts.say(postQuantum ? 'key.yes' : 'key.no') }));
  for (const one of advice) output.line(adviceLine(one, invocation));
  return { result: { generations: uses.map(useFields), slots, postQuantum, advice } };
}

const stateTexts = {
  active: 'keyStatus.active',
  'decrypt-only': 'keyStatus.decryptOnly',
  destroyed: 'keyStatus.destroyed',
  sealed: 'keyStatus.sealed',
} as const;

/** A table with the share of each generation in the bytes of its kind. */
function useLines(uses: readonly GenerationUse[], { texts, ambient }: Invocation): string[] {
  const { language } = texts;
  const rows = uses.map(({ kind, generation, state, createdAt, frames, frameBytes, objects }) => [
    kind,
    state === 'sealed' ? '' : String(generation),
    texts.say(stateTexts[state]),
    createdAt === undefined ? '' : localTime(createdAt, ambient.zoneOffsetMinutes),
    formatCount(frames, language),
    formatBytes(frameBytes, language),
    `${Math.round(100 * shareOf({ kind, frameBytes }, uses))} %`,
    formatCount(objects, language),
  ]);
  return tableLines([texts.say('keyStatus.head').split('|'), ...rows], [4, 5, 6, 7]);
}

function shareOf(
  { kind, frameBytes }: Pick<GenerationUse, 'kind' | 'frameBytes'>,
  uses: readonly GenerationUse[],
): number {
  const all = uses.filter((use) => use.kind === kind).reduce((sum, use) => sum + use.frameBytes, 0);
  return all === 0 ? 0 : frameBytes / all;
}

function useFields({ createdAt, ...use }: GenerationUse, _: number, uses: readonly GenerationUse[]) {
  return {
    ...use,
    share: shareOf(use, uses),
    ...(createdAt === undefined ? {} : { createdAt: isoTime(createdAt) }),
  };
}

const adviceTexts = {
  'single-key': 'keyStatus.adviseSecondKey',
  'weak-kdf': 'keyStatus.advisePasswd',
  'rotation-due': 'keyStatus.adviseRotate',
  'rotation-unfinished': 'keyStatus.adviseFinish',
  'old-generations': 'keyStatus.adviseReencrypt',
} as const;

function adviceLine({ code, keys = [], share = 0 }: Advice, { texts }: Invocation): string {
  const names = keys.map((id) => id.slice(0, 12)).join(', ');
  return texts.say(adviceTexts[code], { keys: names, share: `${Math.ceil(share * 100)} %` });
}

async function retire(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context } = invocation;
  const [word = ''] = invocation.arguments;
  if (!/^[1-9]\d{0,8}$/.test(word)) throw invalidOption('<generation>', word, 'the number of a generation');
  const generation = Number(word);
  const { keyKinds, retireGeneration } = await import('../operations/keys/generations.ts');
  const kind = options.text('kind') ?? 'data';
  const kinds: readonly KeyKind[] = kind === 'all' ? keyKinds : keyKinds.filter((one) => one === kind);
  const dryRun = options.flag('dryRun');
  await using repository = await openMainRepository(invocation, 'write', { uncached: true });
  const outcome = await retireGeneration({ generation, kinds, dryRun }, repository, context);
  const values = { generation, kinds: kinds.join(', ') };
  for (const name of outcome.retained) output.log.warn(texts.say('masterKey.retained', { name }));
  output.line(texts.say(dryRun ? 'key.wouldRetire' : 'key.retired', values));
  if (!dryRun) output.note(texts.say('key.retiredCopies'));
  return { result: { ...outcome, dryRun } };
}

/** Which frames `prune` seals anew; undefined where it was not asked to. Keys in use and those of write-only writers are never meant. */
export async function reencryptOption(
  repository: Repository,
  invocation: Invocation,
): Promise<((kind: 'data' | 'index', generation: number) => boolean) | undefined> {
  const words = invocation.options.text('reencrypt');
  const before = timeOption('reencryptBefore', 'start', invocation);
  if (words === undefined && before === undefined) return undefined;
  if (repository.ring.isMaintenance) throw maintenanceOnly();
  const isNamed = words === undefined ? () => true : namedGenerations(words);
  const { generationsOf } = await import('../operations/keys/generations.ts');
  const { bundle } = repository.ring;
  return (kind, generation) => {
    const found = generationsOf(kind, bundle).find((one) => one.generation === generation);
    if (found?.state !== 'decrypt-only' || !isNamed(generation)) return false;
    return before === undefined || found.createdAt < before;
  };
}

/** `all`, or numbers and ranges such as `1,3-5`. */
function namedGenerations(words: string): (generation: number) => boolean {
  if (words === 'all') return () => true;
  const ranges = words.split(',').map((part) => {
    const match = /^([1-9]\d{0,8})(?:-([1-9]\d{0,8}))?$/.exec(part.trim());
    if (match === null) throw invalidOption('--reencrypt', words, '"all" or numbers such as 1,3-5');
    return [Number(match[1]), Number(match[2] ?? match[1])] as const;
  });
  return (generation) => ranges.some(([first, last]) => generation >= first && generation <= last);
}

/** What is left under each generation afterwards. */
export async function tellGenerations(
  repository: Repository,
  invocation: Invocation,
): Promise<readonly Record<string, unknown>[]> {
  await repository.loadIndex(invocation.context);
  const { generationUses } = await import('../operations/keys/generations.ts');
  const uses = (await generationUses(repository, invocation.context)).filter(({ kind }) => kind !== 'meta');
  for (const line of useLines(uses, invocation)) invocation.output.line(line);
  return uses.map(useFields);
}
