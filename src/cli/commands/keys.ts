// `holdfast keys`: what key material lies in a folder or a snapshot, what is wrong with it, and whether the keys of a snapshot still work.

import { posix } from 'node:path';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { Secret } from '../../base/secret.ts';
import { createMatcher } from '../../model/selection.ts';
import { resolveSnapshot } from '../../model/snapshot-selection.ts';
import type { DrilledKey } from '../../operations/key-drill.ts';
import type { FindingSeverity, KeyFinding } from '../../sources/keys/findings.ts';
import type { Inventory } from '../../sources/keys/inventory.ts';
import type { Command, Ending, Invocation, OptionSpec } from '../command.ts';
import {
  countFindings,
  countLine,
  fileFields,
  findingFields,
  findingLines,
  inventoryLines,
  itemFields,
} from '../key-report.ts';
import { openMainRepository } from '../repository-access.ts';
import { firstLine, readPasswordFile } from '../secrets.ts';
import { pathFields, pathText, tableLines } from '../show.ts';
import { filterOptions, loadSnapshots, readFilter } from '../snapshot-choice.ts';
import type { TextKey } from '../texts/texts.ts';

const placeOptions: readonly OptionSpec[] = [
  { flags: '--snapshot <snapshot>', text: 'option.keysSnapshot' },
  { flags: '-e, --exclude <pattern>', repeat: true },
  ...filterOptions,
];
const severities: readonly FindingSeverity[] = ['critical', 'warning', 'note'];

export const command: Command = {
  name: 'keys',
  subcommands: [
    {
      name: 'inventory',
      arguments: [{ name: 'path', variadic: true }],
      options: placeOptions,
      run: inventory,
    },
    {
      name: 'findings',
      arguments: [{ name: 'path', variadic: true }],
      options: [...placeOptions, { flags: '--severity <severity>', choices: severities }],
      run: findings,
    },
    {
      name: 'drill',
      arguments: [{ name: 'snapshot' }],
      options: [{ flags: '--passphrase-file <file>', repeat: true }, ...filterOptions],
      run: drill,
    },
  ],
  examples: [
    'keys inventory /etc/ssl /root/.ssh',
    'keys findings --snapshot latest --severity warning',
    'keys drill latest --passphrase-file ~/shop-keys.pass',
  ],
};

interface Look {
  readonly inventory: Inventory;
  readonly found: readonly KeyFinding[];
  readonly problems: number;
  readonly place: Readonly<Record<string, unknown>>;
}

async function inventory(invocation: Invocation): Promise<Ending> {
  const { output, texts } = invocation;
  const look = await lookAt(invocation);
  for (const line of inventoryLines(look.inventory, texts)) output.line(line);
  return conclude(look, look.found, true, invocation);
}

async function findings(invocation: Invocation): Promise<Ending> {
  const look = await lookAt(invocation);
  const least = severities.indexOf((invocation.options.text('severity') ?? 'note') as FindingSeverity);
  const shown = look.found.filter(({ severity }) => severities.indexOf(severity) <= least);
  return conclude(look, shown, false, invocation);
}

async function lookAt(invocation: Invocation): Promise<Look> {
  const { options, context } = invocation;
  const { findKeyTrouble } = await import('../../sources/keys/findings.ts');
  const { counted, problems } = countProblems(context);
  const name = options.text('snapshot');
  if ((name === undefined) === (invocation.arguments.length === 0)) {
    throw new Failure('usage', 'KEYS_PLACE_UNCLEAR', 'name either paths or a snapshot');
  }
  const done = async () => {
    if (name === undefined) return lookAtFolders(invocation, counted);
    return lookAtSnapshot(name, invocation, counted);
  };
  const { inventory: files, place } = await done();
  return {
    inventory: files,
    place,
    found: findKeyTrouble(files.files, context.clock.now()),
    problems: problems(),
  };
}

async function lookAtFolders(
  invocation: Invocation,
  context: Context,
): Promise<Pick<Look, 'inventory' | 'place'>> {
  const { ambient, options } = invocation;
  const named = invocation.arguments.map((path) => ambient.argumentBytes(path));
  const paths = [...new Set(named.map((path) => posix.resolve(ambient.workingDirectory, path)))];
  const { readInventory } = await import('../../sources/keys/kind.ts');
  const { readMounts, virtualMountPaths } = await import('../../sources/files/mounts.ts');
  const exclude = options.list('exclude');
  const rules = {
    boundaries: virtualMountPaths(readMounts()),
    ...(exclude.length === 0 ? {} : { exclude: createMatcher(exclude).matches }),
  };
  return { inventory: readInventory({ paths, rules }, context), place: { paths: paths.map(pathFields) } };
}

async function lookAtSnapshot(
  name: string,
  invocation: Invocation,
  context: Context,
): Promise<Pick<Look, 'inventory' | 'place'>> {
  await using repository = await openMainRepository(invocation, 'read');
  const snapshot = resolveSnapshot(await loadSnapshots(repository, invocation), name, readFilter(invocation));
  const { inventoryOfSnapshot } = await import('../../operations/key-inventory.ts');
  const all = await inventoryOfSnapshot(snapshot, repository, context);
  const exclude = invocation.options.list('exclude');
  const matcher = exclude.length === 0 ? undefined : createMatcher(exclude);
  const files = all.files.filter(({ path }) => matcher?.matches(pathText(path), false) !== true);
  return { inventory: { ...all, files }, place: { snapshot: snapshot.id } };
}

/** Exit 1 when a finding is critical or a file could not be read whole. */
function conclude(
  { inventory: all, found, problems, place }: Look,
  shown: readonly KeyFinding[],
  isWhole: boolean,
  { output, texts }: Invocation,
): Ending {
  const counts = countFindings(found);
  if (isWhole) {
    output.line(countLine(all.files, texts));
    output.line(texts.say('keys.findings', { ...counts }));
  }
  for (const line of findingLines(shown, texts)) output.line(line);
  return {
    outcome: problems > 0 ? 'partial' : 'succeeded',
    ...(counts.critical > 0 ? { exit: 1 } : {}),
    result: {
      ...place,
      ...(isWhole ? { files: all.files.map((file) => fileFields(file, all)) } : {}),
      findings: shown.map(findingFields),
      counts,
      problems,
    },
  };
}

function countProblems(context: Context): { readonly counted: Context; readonly problems: () => number } {
  let count = 0;
  const { monitor } = context;
  const counted: Context = {
    ...context,
    monitor: {
      count: (counter, increment) => monitor.count(counter, increment),
      total: (counter, value) => monitor.total(counter, value),
      phase: (name) => monitor.phase(name),
      problem: (problem) => {
        count += 1;
        monitor.problem(problem);
      },
    },
  };
  return { counted, problems: () => count };
}

const verdicts: Readonly<Record<DrilledKey['verdict'], TextKey>> = {
  yes: 'keys.drill.yes',
  no: 'keys.drill.no',
  'not-provable': 'keys.drill.notProvable',
};
const reasons: Readonly<Record<NonNullable<DrilledKey['reason']>, TextKey>> = {
  locked: 'keys.drill.locked',
  unsupported: 'keys.drill.unsupported',
  broken: 'keys.drill.broken',
  failed: 'keys.drill.failed',
};

const methods: Readonly<Record<NonNullable<DrilledKey['method']>, TextKey>> = {
  signature: 'keys.drill.signature',
  'signature, decryption': 'keys.drill.both',
  agreement: 'keys.drill.agreement',
  decryption: 'keys.drill.decryption',
  handshake: 'keys.drill.handshake',
};
const judges: Readonly<Record<NonNullable<DrilledKey['against']>, TextKey>> = {
  certificate: 'keys.drill.byCertificate',
  'public-key': 'keys.drill.byPublicKey',
  'own-half': 'keys.drill.byOwnHalf',
};

/** Exit 8 when a key does not work, like a check that found damage. */
async function drill(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context } = invocation;
  const passphrases = options.list('passphraseFile').map((file) => readPassphrase(file, invocation));
  await using repository = await openMainRepository(invocation, 'read');
  const name = invocation.arguments[0] ?? 'latest';
  const snapshot = resolveSnapshot(await loadSnapshots(repository, invocation), name, readFilter(invocation));
  const { drillKeys } = await import('../../operations/key-drill.ts');
  const { counted, problems } = countProblems(context);
  const { keys, counts } = await drillKeys({ snapshot, passphrases }, repository, counted);
  const rows = keys.map(({ path, item, verdict, method, reason, against }) => [
    texts.say(verdicts[verdict]),
    item.algorithm ?? item.format,
    reason === undefined ? proofOf(method, against, texts) : texts.say(reasons[reason]),
    pathText(path),
    item.fingerprint ?? '',
  ]);
  if (rows.length > 0) {
    for (const line of tableLines([texts.say('keys.drill.head').split('|'), ...rows])) output.line(line);
  }
  output.line(
    texts.say('keys.drill.count', { yes: counts.yes, no: counts.no, open: counts['not-provable'] }),
  );
  return {
    outcome: counts.no > 0 ? 'failed' : problems() > 0 ? 'partial' : 'succeeded',
    result: {
      snapshot: snapshot.id,
      keys: keys.map(({ path, item, ...judged }) => ({
        ...pathFields(path),
        ...itemFields(item),
        ...judged,
      })),
      counts,
      problems: problems(),
    },
  };
}

/** What was done, and what it was judged by. */
function proofOf(
  method: DrilledKey['method'],
  against: DrilledKey['against'],
  texts: Invocation['texts'],
): string {
  const done = method === undefined ? '' : texts.say(methods[method]);
  return against === undefined ? done : `${done} (${texts.say(judges[against])})`;
}

function readPassphrase(file: string, invocation: Invocation): Secret {
  const bytes = readPasswordFile(file, invocation);
  const secret = new Secret(new Uint8Array(firstLine(bytes)));
  bytes.fill(0);
  return secret;
}
