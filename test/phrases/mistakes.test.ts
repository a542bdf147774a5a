// What is wrong in a configuration, a schedule or a place is German as a whole, whatever it is put together of.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { troubleLine, troublesOf } from '../../src/model/configuration/issues.ts';
import { translatorFor } from '../../src/phrases/phrases.ts';

const german = await translatorFor('de');

/** Between quotes stand names and what somebody wrote. */
const englishWords = /\b(?:is|are|must|not|no|the|and|or|with|write|such|of|has|have)\b/i;

function assertGerman(english: string): void {
  // In brackets stands where in the file names come from, which are the same in all languages.
  const said = german.translate(english);
  assert.ok(said !== undefined, `no German for: ${english}`);
  assert.doesNotMatch(
    said.replace(/„[^“]*“|\([a-z]+\)|^[\w.[\]]+/g, ''),
    englishWords,
    `half English: ${said}`,
  );
}

const schedules = [
  ...['0 25 * * *', '0 2 30 2 *', 'every day', '0 0 2 * * *', '0 2 L-40 * *', '0 2 * * sat#9', '0 2 * * L'],
  ...['1,,2 * * * *', '*/0 * * * *', '5/10 * * * *', '30-5 * * * *', '0 2 * 13 *', '0 2 * * mox'],
  ...['? 2 * * *', 'a! 2 * * *', '@never', 'rate(0 hours)', 'rate(1 hours)', 'rate(x)'],
  ...['cron(0 2 * * * *)', 'cron(0 2 ? * ? *)', 'cron(0 2 LW * ? *)', 'cron(0 2 ? * 2#1,3#1 *)'],
  ...['cron(0 2 ? * */2 *)', 'cron(? 2 * * ? *)', 'cron(0 2 * * ?)'],
];

test('why something is no schedule, window, rate, span, size or zone has German words as a whole', () => {
  const policy = {
    sources: [{ kind: 'files', paths: ['/a'] }],
    repositories: ['main'],
    schedule: '0 2 * * *',
    retention: 'none',
  };
  const changes: Record<string, unknown>[] = [
    ...schedules.map((schedule) => ({ schedule })),
    ...['mon-xyz 8:00-9:00', 'mon 25:00-26:00', 'hello', 'mon 8-9'].map((allowed) => ({ allowed })),
    ...['2026-02-30', '2026-03-02 - 2026-03-01'].map((barred) => ({ barred })),
    ...['Mars/Base', 'Europe/Zurch'].map((zone) => ({ zone })),
    ...['1 month', '26', '1y'].map((rpo) => ({ rpo })),
    ...[{ upload: '5X' }, { priority: 1000 }, { concurrency: 1.5 }, { retry: { attempts: '3' } }],
    ...[{ compression: 'ZIP!' }, { tags: ['policy:x'] }, { tags: [''] }, { enabled: 'yes' }],
    ...[{ sources: [] }, { sources: [{ kind: 'fils', paths: ['/a'] }] }, { repositories: ['mian'] }],
    ...[
      { sources: [{ kind: 'files', paths: ['a'] }] },
      { sources: [{ kind: 'vault', address: 'https://x' }] },
    ],
    ...[{ sources: [{ kind: 'files', paths: ['/a'], excludeLargerThan: '5 apples' }] }],
    ...[{ after: ['d'] }, { after: ['x'] }, { anomalies: 'on' }, { catchUp: 'twice' }, { schedule: 5 }],
    ...[{ retention: { keepDialy: 3 } }, { retention: { keepDaily: 9, maxBackups: 5 } }, { retention: 7 }],
    ...[{ prune: '0 0 * * *' }, { allowed: 'mon', barred: 'mon' }, { retentoin: 'none' }],
  ];
  const unlock = { password: 'file:/x' };
  let count = 0;
  for (const change of changes) {
    const troubles = troublesOf({
      repositories: { main: { place: '/x', unlock } },
      policies: { d: { ...policy, ...change } },
    });
    assert.ok(troubles.length > 0, JSON.stringify(change));
    count += troubles.length;
    for (const trouble of troubles) assertGerman(troubleLine(trouble));
  }
  assert.ok(count >= changes.length);
});

test('what is wrong with the fields of a storage or channel has German words', () => {
  const source = join(import.meta.dirname, '../../src');
  let count = 0;
  for (const room of ['storage', 'channels']) {
    const files = readdirSync(join(source, room), { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => name.endsWith('.ts'))) {
      const text = readFileSync(join(source, room, file), 'utf8');
      // The message of a check stands behind its pattern, or is named.
      const checks = /z\s*\.(?:regex|startsWith)\(\s*[^\n]+?,\s*'([^'\n]+ [^'\n]+)'|\berror: '([^'\n]+)'/g;
      for (const [, behind, named] of text.matchAll(checks)) {
        assertGerman(`field: ${behind ?? named}`);
        count += 1;
      }
    }
  }
  assert.ok(count >= 20, `only ${count} were found in the source`);
});

test('several mistakes of fields in a row are each translated, and a name in quotes ends with its quote', () => {
  assert.equal(
    german.translate(
      'the channel cannot be opened as described: from: is missing; to.0: is no mail address; x: said by nobody',
    ),
    'der Kanal lässt sich so nicht öffnen: from: fehlt; to.0: ist keine Mailadresse; x: said by nobody',
  );
  assert.equal(
    german.translate('"s3://b?…" cannot be used: "x" is no option here; known: region, endpoint'),
    '„s3://b?…“ ist nicht zu gebrauchen: „x“ ist hier keine Option; bekannt: region, endpoint',
  );
});

test('every title of an alert, and every reason of the brake, has German words', () => {
  const source = join(import.meta.dirname, '../../src');
  const titles: string[] = [];
  for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (!/^(?:control|catalog|identity|cli\/control)\/(?!.*texts\/).*\.ts$/.test(file)) continue;
    const text = readFileSync(join(source, file), 'utf8');
    if (!text.includes('raiseAlert(')) continue;
    for (const [, , title] of text.matchAll(
      /\btitle(?: =|:)\s*(['`])((?:[^'`\n$]|\$\{(?:[^{}`]|`[^`]*`)*\})+)\1/g,
    ))
      titles.push(title!);
    for (const [, , title] of text.matchAll(/^ {6}[?:] (['`])(The backup .+)\1[;]?$/gm)) titles.push(title!);
    const kinds = /const titles[^=]*= \{([^}]*)\}/.exec(text)?.[1] ?? '';
    titles.push(...[...kinds.matchAll(/: '([^']+)'/g)].map(([, title]) => title!));
  }
  assert.ok(titles.length >= 22, `only ${titles.length} were found: ${titles.join('\n')}`);
  for (const title of titles) {
    const objectless = title.replace(/\$\{object === '' \? '' : `([^`]*)`\}/, '$1');
    const values = objectless
      .replace(/\$\{task\.rhythm\}/, 'weekly')
      .replace(/\$\{titles\[worst\.kind\]\}/, 'a canary was touched');
    assertGerman(values.replace(/\$\{(?:[^{}`]|`[^`]*`)*\}/g, 'docs-1'));
  }
});
