// What a failure says in English is found in German, with its values; what has no words stays as it is.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { failureTexts, numbered } from '../../scripts/failure-texts.ts';
import { checkPattern } from '../../src/model/selection.ts';
import { resolveSnapshot } from '../../src/model/snapshot-selection.ts';
import { de } from '../../src/phrases/de.ts';
import { createTranslator, translatorFor } from '../../src/phrases/phrases.ts';

const german = await translatorFor('de');

function places(text: string): string {
  return [...new Set([...text.matchAll(/\{\d\}/g)].map(([place]) => place))].sort().join(' ');
}

test('every message and hint that a failure can say has German words', () => {
  const said = failureTexts();
  assert.ok(said.length > 800, `only ${said.length} failures were found in the source`);
  const missing = said.flatMap(({ file, messages, hints }) =>
    [...messages, ...hints]
      .map(numbered)
      .filter((wording) => de[wording] === undefined)
      .map((wording) => `${file}: ${wording}`),
  );
  assert.deepEqual(missing, [], 'node scripts/failure-texts.ts prints what to add to src/phrases/de/');
});

test('what is said of a broken key file and of the level of an archive has German words', () => {
  const folder = join(import.meta.dirname, '../../src/sources/keys/recognise');
  const said = readdirSync(folder).flatMap((name) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(/\bbroken(?::| =| \?\?=) (['`])(.+?)\1/g)].map(
      ([, , text]) => text!.replace(/\$\{\w+\}/g, '7'),
    ),
  );
  assert.ok(said.length > 20, `only ${said.length} were found in the source`);
  assert.deepEqual(
    said.filter((text) => german.translate(text) === undefined),
    [],
  );
  for (const level of ['it has no levels', 'its levels are 0 to 9'])
    assert.notEqual(german.translate(level), undefined, level);
  const larger =
    'the archive is larger than RSA can seal: sealing in hybrid mode (RSA-OAEP wraps an AES-256-GCM key)';
  assert.doesNotMatch(german.translate(larger) ?? larger, /larger/);
});

test('German words have the values of the English ones, none more and none less', () => {
  for (const [english, said] of Object.entries(de)) assert.equal(places(said), places(english), english);
});

test('German words address nobody and quote as German does', () => {
  for (const said of Object.values(de)) {
    assert.doesNotMatch(said, /\b([A-ZÄÖÜ]\w*en Sie|Ihre?[nmrs]?|du|dein\w*|dich|dir)\b/, said);
    if (!/[{]\s*(?:"|capabilities)/.test(said)) assert.doesNotMatch(said, /"/, said);
    assert.equal(said.split('„').length, said.split('“').length, said);
  }
});

test('values stand where the language wants them', () => {
  assert.equal(
    german.translate('there is no folder "/srv/a" at "nas:22"'),
    'bei „nas:22“ gibt es keinen Ordner „/srv/a“',
  );
  assert.equal(german.translate('"/srv/a b" is not empty'), '„/srv/a b“ ist nicht leer');
  assert.equal(german.translate('there is no catalog "/c.db"'), 'es gibt keinen Katalog „/c.db“');
});

test('what is put together out of pieces is German as a whole', () => {
  for (const [english, said] of [
    [
      'the share in "a.txt" is damaged: its line 1 does not fit its check word',
      'der Anteil in „a.txt“ ist beschädigt: seine Zeile 1 passt nicht zu ihrem Prüfwort',
    ],
    [
      'share 3 at place 2 is damaged: its lines do not belong together',
      'Anteil 3 an Stelle 2 ist beschädigt: seine Zeilen gehören nicht zusammen',
    ],
    [
      'the share that was typed is damaged: its line 6 is missing',
      'der eingegebene Anteil ist beschädigt: seine Zeile 6 fehlt',
    ],
    ['there is nothing at "/srv/a"', 'unter „/srv/a“ ist nichts'],
    ['no space is left at "/srv/a"', 'es ist kein Platz mehr: „/srv/a“'],
  ] as const) {
    assert.equal(german.translate(english), said);
  }
});

test('what is wrong with a pattern, and what a snapshot was looked for by, is German to the end', () => {
  const failureOf = (act: () => unknown): string => {
    try {
      act();
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  const patterns = ['', 'a'.repeat(5000), 'a\0', 'a\nb', 'a\\', '*a'.repeat(100), 'a[b'];
  const filters = [{ host: 'h' }, { path: '/p' }, { tags: ['t'] }, { at: 0 }, { host: 'h', at: 0 }];
  const said = [
    ...patterns.map((pattern) => failureOf(() => checkPattern(pattern))),
    ...filters.map((filter) => failureOf(() => resolveSnapshot([], 'abcd', filter))),
  ];
  for (const english of said) {
    assert.match(english, /^the pattern|^there is no snapshot/);
    assert.doesNotMatch(german.translate(english) ?? english, /\b(is|has|holds|ends|host|path|tags|time)\b/);
  }
});

test('what is broken or malformed in an object of a repository is German to the end', () => {
  const folder = join(import.meta.dirname, '../../src/repository');
  const text = readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
  const filled = (words: string) => words.replace(/\$\{[^}]*\}/g, '7');
  const why = [...text.matchAll(/\bbroken\((?:name|what), ['`](.+?)['`]/g)].map(([, words]) =>
    filled(words!),
  );
  const demanded = [...text.matchAll(/\bmalformed\((?:name|what|'[^']*'|`[^`]*`), ['`](.+?)['`]\)/g)].map(
    ([, words]) => `is not ${filled(words!)}`,
  );
  assert.ok(why.length > 15 && demanded.length > 25, `${why.length} and ${demanded.length}`);
  for (const words of [...why, ...demanded]) {
    const said = german.translate(`"index/3f" ${words}`);
    assert.match(said ?? words, /^„index\/3f“ /, words);
    assert.doesNotMatch(said!, /\b(is|of|the|with|not|at|from|that|without)\b/, words);
  }
});

test('what failed at an entry of a source has German words', () => {
  const folder = join(import.meta.dirname, '../../src');
  const said = ['sources/files', 'operations/export'].flatMap((room) =>
    readdirSync(join(folder, room))
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => [
        ...readFileSync(join(folder, room, name), 'utf8').matchAll(
          /\breportErr(?:or|no)\(context, \w+, '(.+?)'/g,
        ),
      ])
      .map(([, doing]) => doing!),
  );
  assert.ok(said.length >= 6, `only ${said.length} were found in the source`);
  for (const doing of said) assert.notEqual(de[doing], undefined, doing);
});

test('a value that is a phrase itself is translated, a name in quotes never', () => {
  const { translate } = createTranslator({
    'the archive {1}': 'das Archiv {1}',
    'ends too early': 'endet zu früh',
    'there is no key "{1}"': 'es gibt keinen Schlüssel „{1}“',
    '"{1}" {2}': '„{1}“ {2}',
  });
  assert.equal(translate('the archive ends too early'), 'das Archiv endet zu früh');
  assert.equal(translate('there is no key "ends too early"'), 'es gibt keinen Schlüssel „ends too early“');
  assert.equal(translate('"a.tar" ends too early'), '„a.tar“ endet zu früh');
  assert.equal(translate('"a.tar" does what has no words'), undefined);
});

test('a name in quotes does not reach over the words between two names', () => {
  assert.equal(
    german.translate('"sftp://…@h/p?…" cannot be used: "foo" is no option here; known: agent, jump'),
    '„sftp://…@h/p?…“ ist nicht zu gebrauchen: „foo“ ist hier keine Option; bekannt: agent, jump',
  );
  assert.equal(german.translate('"https://h" does not speak TLS'), '„https://h“ spricht kein TLS');
});

test('what has no words, and every text for English, is left alone', async () => {
  assert.equal(german.translate('nobody ever wrote this sentence'), undefined);
  assert.equal((await translatorFor('en')).translate('the passphrase is empty'), undefined);
});

test('every promise and every setting that a storage is looked at for has German words', () => {
  const source = (name: string) => readFileSync(join(import.meta.dirname, '../../src/storage', name), 'utf8');
  const promises = [...source('conformance.ts').matchAll(/^ +name: '(.+)',$/gm)].map(([, name]) => name!);
  const files = [
    'azure/posture.ts',
    'gcs/posture.ts',
    'network/login-posture.ts',
    's3/posture.ts',
    'rest.ts',
    'nfs.ts',
  ];
  // Whole sentences in quotes: what is looked up, compared or named has no spaces.
  const findings = files.flatMap((name) =>
    [
      ...source(name).matchAll(
        /(?:detail: |\? |: |'(?:good|bad|warning|unknown)',\s+)(?:'([^'\n]+ [^'\n]+)'|`([^`\n]+ [^`\n]+)`)/g,
      ),
    ]
      .filter(([whole]) => /verdict|detail|'(good|bad|warning|unknown)'/.test(whole))
      .map(([, plain, template]) => plain ?? template!.replace(/\$\{[^}]*\}/g, '{}')),
  );
  assert.ok(promises.length >= 15 && findings.length >= 40, `${promises.length} and ${findings.length}`);
  assert.deepEqual(
    [...promises, ...findings].map(numbered).filter((wording) => de[wording] === undefined),
    [],
  );
});

test('what was being done when a storage refused is German, too', () => {
  for (const [english, said] of [
    ['"ftp://u@h/r" refuses the login while opening it: 530 Login incorrect.', 'bei dem Öffnen: 530'],
    [
      '"ftp://u@h/r" does not answer while writing "packs/a" (ETIMEDOUT)',
      'bei dem Schreiben von „packs/a“ (',
    ],
    ['put of "packs/a" in "s3://b/r" failed (ECONNRESET)', 'Schreiben von „packs/a“ in „s3://b/r“ ist'],
    ['the account "a" does not permit the call (403 X)', 'das Konto „a“ erlaubt den Aufruf nicht (403 X)'],
    [
      'no network share is mounted at "/a", a file system of type "ext4" is',
      'sondern ein Dateisystem der Art „ext4“',
    ],
  ] as const) {
    assert.ok(german.translate(english)?.includes(said), String(german.translate(english)));
  }
});
