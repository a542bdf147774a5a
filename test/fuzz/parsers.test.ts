// T-30: every parser fed with spoiled valid input and with noise, also behind the seal. It answers with a value or with a Failure that a
// person can look up; never with another exception, and never slowly. SEED=n repeats one case, FUZZ=n is the number of cases a parser.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { quotePath, unquotePath } from '../../src/base/text.ts';
import { commands } from '../../src/cli/commands/all.ts';
import { parseCompression } from '../../src/cli/options.ts';
import { parseArguments } from '../../src/cli/parser.ts';
import { textsIn } from '../../src/cli/texts/texts.ts';
import { parseRate } from '../../src/model/rate.ts';
import { parseSchedule } from '../../src/model/schedule/parse.ts';
import { createTimetable } from '../../src/model/schedule/timetable.ts';
import { opening, parseWindows } from '../../src/model/schedule/windows.ts';
import { createZone } from '../../src/model/schedule/zone.ts';
import { createMatcher, createSelection, parsePatternLines } from '../../src/model/selection.ts';
import { parseSize } from '../../src/model/size.ts';
import { resolveSnapshot } from '../../src/model/snapshot-selection.ts';
import { parseDuration, parseTime, utc } from '../../src/model/time.ts';
import { RepositoryState } from '../../src/repository/state.ts';
import { budgetOf, report } from '../campaign.ts';
import { scratch, testContext } from '../world.ts';
import { mutateBytes, mutateItem, mutateText, pick, type Random, randomOf } from './mutations.ts';
import { byteParsers, jsonParsers } from './parsers.ts';

const budget = budgetOf('FUZZ', 400);
const seedOf = process.env.SEED === undefined ? undefined : Number(process.env.SEED);
/** Processor time for one input of some kilobytes: a hundred times what the slowest needs. */
const slowestMs = 5_000;
let tried = 0;

after(() => report({ campaign: 'T-30', tried, lost: 0, wrong: 0, manual: 0 }));

async function fuzz(cases: number, attempt: (random: Random) => unknown): Promise<void> {
  for (let seed = seedOf ?? 0; seed < (seedOf === undefined ? cases : seedOf + 1); seed += 1) {
    const before = process.cpuUsage();
    try {
      await attempt(randomOf(seed));
    } catch (error) {
      const isAnswer = isFailure(error) && error.kind !== 'bug' && /^[A-Z][A-Z0-9_]+$/.test(error.code);
      if (!isAnswer)
        throw new Error(`SEED=${seed}: neither a value nor a failure with a code`, { cause: error });
    }
    const { user, system } = process.cpuUsage(before);
    assert.ok((user + system) / 1000 < slowestMs, `SEED=${seed} took ${(user + system) / 1000} ms`);
    tried += 1;
  }
}

for (const { name, samples, parse, reseal, items } of byteParsers) {
  test(`${name}: its samples are valid`, async () => {
    for (const sample of samples) {
      if (!(name === 'both directories of a pack' || name.startsWith('a sealed') || name === 'a frame'))
        await parse(sample);
    }
    for (const item of items ?? []) await parse(reseal?.(item) ?? new Uint8Array());
  });

  test(`${name}: spoiled bytes give a value or a failure with a code`, async () => {
    await fuzz(budget, (random) => parse(mutateBytes(pick(random, samples), random)));
    await fuzz(budget / 4, (random) => parse(Uint8Array.from({ length: random(300) }, () => random(256))));
    for (const sample of samples) {
      const step = Math.max(1, Math.floor(sample.length / 200));
      await fuzz(1, async () => {
        for (let end = 0; end < sample.length; end += step) {
          await fuzz(1, () => parse(sample.subarray(0, end)));
        }
      });
    }
  });

  if (reseal !== undefined && items !== undefined) {
    test(`${name}: whatever its owner may have sealed gives a value or a failure with a code`, async () => {
      await fuzz(budget * 2, (random) => {
        let item = pick(random, items);
        for (let left = 1 + random(3); left > 0; left -= 1) item = mutateItem(item, random);
        return parse(reseal(item));
      });
    });
  }
}

/** As mutateItem, for JSON. Numbers stay small or become absurd: a key derivation in between would only take long. */
function mutateJson(value: unknown, random: Random): unknown {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && random(5) > 0) {
    const copy: Record<string, unknown> = { ...value };
    const key = pick(random, [...Object.keys(copy), 'more', '__proto__']);
    if (random(4) === 0) delete copy[key];
    else Object.defineProperty(copy, key, { value: mutateJson(copy[key], random), enumerable: true });
    return copy;
  }
  if (typeof value === 'string' && random(2) === 0) return mutateText(value, random).toWellFormed();
  if (typeof value === 'number' && random(2) === 0) return value + pick(random, [-1, 1, 2, 100, -value]);
  return pick<unknown>(random, [
    null,
    true,
    0,
    1,
    -1,
    2,
    3,
    65,
    2 ** 53 - 1,
    '',
    'x',
    '%',
    [],
    [1],
    {},
    { a: [] },
  ]);
}

for (const { name, item, reseal, parse } of jsonParsers) {
  test(`${name}: any document in its place gives a value or a failure with a code`, async () => {
    await parse(reseal(item));
    // A stretched passphrase costs a tenth of a second.
    const isCostly = name.includes('stretched');
    await fuzz(isCostly ? Math.ceil(budget / 8) : budget, (random) =>
      parse(reseal(mutateJson(item, random))),
    );
  });
}

const rules = { now: 1_700_000_000_000, zoneOffset: utc, edge: 'start' } as const;
const ids = ['0123456789abcdef0123456789abcdef', '0123ffff89abcdef0123456789abcdef'];
const snapshots = ids.map((id) => ({ id, time: 1, host: 'h', paths: ['/'], tags: [] }));
const textParsers: readonly {
  readonly name: string;
  readonly samples: readonly string[];
  parse(text: string): unknown;
}[] = [
  {
    name: 'a time',
    samples: ['2026-11-20T14:00:05.5+01:00', 'now-3d', 'latest'],
    parse: (text) => parseTime(text, rules),
  },
  { name: 'a duration', samples: ['1y5m7d2h', '90min'], parse: parseDuration },
  { name: 'a size', samples: ['1.5 GiB', '4096', '10M'], parse: parseSize },
  {
    name: 'a schedule',
    samples: [
      '*/15 8-17 1,L,15W * mon-fri',
      'cron(0/5 2 ? JAN-MAR 2#1 2027-2030)',
      'rate(15 minutes)',
      '@daily',
    ],
    parse: (text) => createTimetable(parseSchedule(text), createZone('Europe/Zurich'), 0).next(0),
  },
  {
    name: 'windows',
    samples: ['mon-fri 20:00-06:00, sat+sun', '2026-12-20 - 2027-01-06, 02:00-03:00'],
    parse: (text) => opening(parseWindows({ barred: text }), 0, createZone('Europe/Zurich')),
  },
  { name: 'a zone', samples: ['Europe/Zurich', 'UTC'], parse: createZone },
  { name: 'a rate', samples: ['10 MiB/s', '500K'], parse: parseRate },
  { name: 'a compression', samples: ['zstd:19', 'auto'], parse: parseCompression },
  {
    name: 'a snapshot id',
    samples: ['latest', '0123ffff'],
    parse: (text) => resolveSnapshot(snapshots as never, text),
  },
  { name: 'a quoted path', samples: ['/a\\xff\\\\b'], parse: (text) => quotePath(unquotePath(text)) },
  {
    name: 'an exclude pattern',
    samples: ['*.log', '/home/*/cache/', '!keep.me', '[[:alpha:]]x', '**/a/**/b', '\\#x', 'a{b,c}'],
    parse: (text) => [
      createSelection({ exclude: [text], include: ['*', text] }).matches(
        `/home/${'a'.repeat(200)}/cache`,
        false,
      ),
      createMatcher([text]).matches('/a/b/c', true),
    ],
  },
  {
    name: 'an exclude file',
    samples: ['\ufeff# comment\r\n*.log\n\n!a\n'],
    parse: (text) => createSelection({ exclude: parsePatternLines(text) }).matches('/a.log', false),
  },
];

for (const { name, samples, parse } of textParsers) {
  test(`${name}: any text gives a value or a failure with a code`, async () => {
    for (const sample of samples) parse(sample);
    await fuzz(budget * 2, (random) => parse(mutateText(pick(random, samples), random)));
  });
}

test('arguments: any words give a command, a text or a failure with a code', async () => {
  const texts = await textsIn('en');
  const words = [
    ...Object.keys(commands),
    ...[
      '--json',
      '-r',
      'place',
      '--tag',
      '--tag=x',
      '-q',
      '--',
      '--help',
      '-h',
      '--version',
      'help',
      '',
      '-',
      '-rx',
    ],
    ...[
      '--keep-last',
      '3',
      '--compression=auto',
      '--no-cache',
      'add',
      '--exclude',
      '*.log',
      '--__proto__',
      '__proto__',
    ],
  ];
  await fuzz(budget, (random) => {
    const line = Array.from({ length: random(6) }, () => pick(random, words));
    return parseArguments(
      line.map((word) => (random(4) === 0 ? mutateText(word, random) : word)),
      texts,
    );
  });
});

test('the memory of a host: spoiled files give a value or a failure with a code', async () => {
  using folder = scratch();
  const state = new RepositoryState({ directory: folder.path }, 'r');
  mkdirSync(state.directory, { recursive: true });
  state.rememberHeads({ abc: { seq: 3, names: ['n'] } });
  state.noteVerified({ abc: 5 }, testContext());
  state.writer();
  const uses: Readonly<Record<string, () => unknown>> = {
    'heads.json': () => Object.values(state.heads()).map((head) => [head.seq.toFixed(), [...head.names]]),
    'verified.json': () => Object.values(state.verified()).map((time) => time.toFixed()),
    'writer.json': () => state.writer().writerId.length,
  };
  for (const [name, use] of Object.entries(uses)) {
    const path = join(state.directory, name);
    const valid = readFileSync(path);
    const document: unknown = JSON.parse(valid.toString());
    await fuzz(budget, (random) => {
      const isBytes = random(2) === 0;
      writeFileSync(
        path,
        isBytes ? mutateBytes(valid, random) : JSON.stringify(mutateJson(document, random)),
      );
      return use();
    });
  }
});
