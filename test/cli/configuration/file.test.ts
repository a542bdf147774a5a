// A configuration that is wrong is refused with every mistake at its place, and what looks like a secret is never repeated.

import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Failure, isFailure } from '../../../src/base/failure.ts';
import { loadConfiguration, understandConfiguration } from '../../../src/cli/configuration/file.ts';
import { scratch } from '../../world.ts';

const head = `repositories:
  disk:
    place: /mnt/backup
    unlock: { password: "file:/etc/holdfast/password" }
`;
const policy = (more: string) => `${head}policies:
  files:
    sources: [{ kind: files, paths: [/srv] }]
    repositories: [disk]
    schedule: "0 2 * * *"
    retention: { keepDaily: 7 }
${more}`;

const understand = (text: string, variables = {}) =>
  understandConfiguration(text, 'holdfast.yaml', variables);

function failureOf(text: string, variables = {}): Failure {
  try {
    understand(text, variables);
  } catch (error) {
    assert.ok(isFailure(error), String(error));
    return error;
  }
  throw new Error(`was taken: ${text.slice(0, 1000)}`);
}

test('YAML and JSON, with tabs too, say the same', () => {
  const yaml = understand(policy('    rpo: 30h\n')).configuration;
  assert.equal(yaml.policies.files?.rpo, 30 * 3_600_000);
  const written = understand(policy('    rpo: 30h\n')).input;
  for (const indent of [undefined, 2, '\t'])
    assert.deepEqual(understand(JSON.stringify(written, null, indent)).configuration, yaml);
  assert.deepEqual(understand('').configuration, understand('{}').configuration);
});

test('variables are not expanded', () => {
  const { configuration } = understand(policy(`    description: "\${HOME} $PATH"\n`), { HOME: '/root' });
  assert.equal(configuration.policies.files?.description, `\${HOME} $PATH`);
});

test('each mistake is told at its line and column with its path', () => {
  for (const [more, line, column, wanted] of [
    ['    rpo: 26\n', 11, 10, /policies\.files\.rpo must be a text, not the number 26/],
    ['    enabled: "yes"\n', 11, 14, /policies\.files\.enabled must be true or false, not a text/],
    [
      '    jiter: 5min\n',
      11,
      5,
      /policies\.files\.jiter is no key of the configuration; did you mean "jitter"\?/,
    ],
    ['    catchUp: twice\n', 11, 14, /policies\.files\.catchUp must be "once" or "never"/],
    ['    zone: Europe/Zurch\n', 11, 11, /policies\.files\.zone .*no time zone.*Europe\/Zurich/],
    ['    prune: "61 2 * * *"\n', 11, 12, /policies\.files\.prune .*61/],
    ['    rpo: 2m\n', 11, 10, /months and years differ in length/],
    ['    after: [other]\n', 11, 13, /policies\.files\.after\[0\] "other" is none of the policies/],
    ['    adaptive: { least: 1h }\n', 11, 15, /policies\.files\.adaptive needs "schedule: adaptive"/],
    ['    priority: 1000\n', 11, 15, /policies\.files\.priority must be at most 100/],
    ['    anomalies:\n', 11, 5, /policies\.files\.anomalies must be "watch" or "off"/],
    ['heath: {}\n', 11, 1, /heath is no key of the configuration; did you mean "health"\?/],
    ['health: { diskWarningPercent: 80.5 }\n', 11, 31, /health\.diskWarningPercent must be a whole number/],
    ['health: 5\n', 11, 9, /health must be a list of "key: value", not the number 5/],
    ['policies: {}\n', 11, 1, /this key stands twice/],
  ] as const) {
    const { message, code } = failureOf(policy(more));
    assert.match(code, /^CONFIG_(INVALID|SYNTAX)$/);
    assert.match(message, wanted);
    assert.ok(message.includes(`line ${line}, column ${column}: `), `${more}${message}`);
  }
});

test('what a form of several is about is told, not that none fits', () => {
  const of = (from: string, to: string) => failureOf(policy('').replace(from, to)).message;
  assert.match(of('"0 2 * * *"', '"0 25 * * *"'), /line 9, column 15: policies\.files\.schedule .*25/);
  assert.match(of('"0 2 * * *"', 'cron(0 2 * * * *)'), /policies\.files\.schedule/);
  assert.match(of('"0 2 * * *"', '"0 0 30 2 *"'), /policies\.files\.schedule/);
  assert.match(
    of('{ keepDaily: 7 }', '{ keepDayly: 7 }'),
    /retention\.keepDayly .* did you mean "keepDaily"/,
  );
  assert.match(
    of('schedule: ', 'schedul: '),
    /schedule is missing: "manual", "adaptive" or a text is needed/,
  );
  assert.match(of('{ keepDaily: 7 }', '{ keepDaily: 0 }'), /retention\.keepDaily must be at least 1/);
  assert.match(of('{ keepDaily: 7 }', '{}'), /retention has no rule/);
  assert.match(of('{ keepDaily: 7 }', 'forever'), /retention must be "none" or/);
  assert.match(of('kind: files', 'kind: fles'), /sources\[0\]\.kind must be "files"/);
  assert.match(of('kind: files,', ''), /sources\[0\]\.kind/);
  assert.match(of('paths: [/srv]', 'paths: [srv]'), /sources\[0\]\.paths\[0\] must be an absolute path/);
  assert.match(of('paths: [/srv]', 'path: [/srv]'), /sources\[0\]\.path is no key .* did you mean "paths"/);
  assert.match(of('  files:', '  Files!:'), /line 6, column 3: policies\.Files! a name has small letters/);
  assert.match(of('    schedule: "0 2 * * *"\n', ''), /policies\.files\.schedule/);
});

test('rules that cannot hold together are refused, each where it stands', () => {
  const of = (more: string, retention = '{ keepDaily: 7 }') =>
    failureOf(policy(more).replace('{ keepDaily: 7 }', retention)).message;
  assert.match(of('', '{ keepLast: 10, maxBackups: 5 }'), /retention\.keepLast is more than "maxBackups"/);
  assert.match(of('', '{ keepDaily: 30, maxBackups: 2 }'), /retention\.keepDaily is more than "maxBackups"/);
  assert.match(of('', '{ keepWithin: 60d, retentionDays: 30 }'), /retention\.keepWithin is longer than/);
  assert.match(
    of('    lock: 90d\n', '{ keepLast: 1, retentionDays: 30 }'),
    /line 11, .*lock is longer .* 30 days/,
  );
  assert.match(of('    prune: "0 4 * * 0"\n', 'none'), /prune has nothing to do/);
  assert.match(
    of('    allowed: "mon-fri 22:00-06:00"\n    barred: "mon-sun 00:00-24:00"\n'),
    /barred leave no moment/,
  );
  assert.match(of('    after: [files]\n'), /policies .*files/);
  const adaptive = '    rpo: 1h\n    adaptive: { least: 2h }\n';
  const text = policy(adaptive).replace('"0 2 * * *"', 'adaptive');
  assert.match(failureOf(text).message, /adaptive\.least is more than "rpo"/);
  assert.match(of('health: { diskWarningPercent: 95 }\n'), /line 11, .*diskWarningPercent is more than/);
  for (const fine of [
    '    lock: 30d\n',
    '    allowed: "mon-fri 22:00-06:00"\n    barred: "2026-12-20 - 2027-01-06"\n',
  ]) {
    understand(policy(fine).replace('{ keepDaily: 7 }', '{ keepLast: 1, retentionDays: 30 }'));
  }
});

test('all mistakes come at once, in the order of the file', () => {
  const { message, facts } = failureOf(policy('    rpo: 26\n    jiter: 1\nheath: {}\n'));
  assert.equal(facts.mistakes, 3);
  assert.ok(
    message.indexOf('rpo') < message.indexOf('jiter') && message.indexOf('jiter') < message.indexOf('heath'),
  );
});

test('secrets in the file are refused and not repeated', () => {
  const canary = 'hunter2-canary';
  for (const text of [
    head.replace('file:/etc/holdfast/password', canary),
    head.replace('/mnt/backup', `sftp://me:${canary}@example.org/x`),
    head.replace('/mnt/backup', `"s3://bucket?secret-access-key=${canary}"`),
    head.replace('/mnt/backup', `"s3://bucket?customer-key=${canary}"`),
    head.replace('/mnt/backup', `"https://x.blob.example/c?sv=1&sig=${canary}"`),
    `channels: { chat: { place: "slack://hooks.slack.com/services/${canary}" } }`,
    `channels: { mail: { place: '{"kind":"email","password":"${canary}"}' } }`,
    `channels: { mail: { place: "email://u@h/t", secrets: { password: ${canary} } } }`,
    `metrics: { otlp: { endpoint: "https://h.example", headers: { authorization: "${canary}" } } }`,
    `metrics: { otlp: { endpoint: "https://u:${canary}@h.example" } }`,
    `catalog: { place: "postgres://u:${canary}@db/holdfast" }`,
    `password: ${canary}`,
    `node: [${canary}]`,
    `a: *${canary}\n`,
    `a: !${canary} 1\n`,
    `a: "${canary}\n`,
    `${canary}: a: b\n`,
  ]) {
    const failure = failureOf(text);
    const isAsKey = text.startsWith('password:') ? failure.message.includes('password') : true;
    assert.ok(
      isAsKey && !JSON.stringify([failure.message, failure.facts, failure.hint]).includes(canary),
      text,
    );
    assert.equal(failure.cause, undefined);
  }
});

test('places without a secret are taken', () => {
  for (const place of [
    's3://bucket/folder?region=eu-central-1&profile=backup',
    'sftp://backup@example.org:2222/srv?host-key=SHA256:abc',
    '/mnt/pass:word@here',
    's3://bucket?access-key-id=AKIDEXAMPLE',
    's3://bucket?region=eu-central-1&access-key-id=AKIAIOSFODNN7EXAMPLE',
    'email://backup@smtp.example.org/head@example.org?from=backup@example.org',
  ]) {
    understand(head.replace('/mnt/backup', JSON.stringify(place)));
  }
  understand('channels: { chat: { place: "slack:", secrets: { url: "file:/etc/holdfast/slack" } } }');
});

test('what makes a small file large or a parser busy is refused at once', () => {
  const bomb = `a: &a [1, 1, 1]\n${Array.from({ length: 20 }, (_, i) => `b${i}: [*a, *a]`).join('\n')}`;
  const indented = Array.from({ length: 200 }, (_, i) => `${' '.repeat(i)}a:`).join('\n');
  for (const [text, wanted] of [
    [bomb, /aliases/],
    ['['.repeat(100_000), /nested/],
    ['{a: '.repeat(100_000), /nested/],
    [`a: ${'['.repeat(100)}${']'.repeat(100)}`, /nested/],
    ['- '.repeat(100_000), /nested/],
    ['? '.repeat(100_000), /nested/],
    [indented, /nested/],
    ['a: 1\n---\nb: 2\n', /second document/],
    ['<<: { a: 1 }\n', /<< is no key/],
    ['a: !!js/function "x"\n', /tags/],
    ['1: 2\n', /a key must be a text/],
    ['[a]: 2\n', /a key must be a text/],
    ['a: 1\na: 2\n', /line 2, column 1: this key stands twice/],
    ['{"a": 1, "a": 2}', /this key stands twice/],
    ['a:\n\tb: 1\n', /tab/],
    ['__proto__: { x: 1 }\n', /this key is not taken/],
    ['constructor: { x: 1 }\n', /constructor is no key/],
    ['policies: { __proto__: { a: 1 } }\n', /line 1, column 13: this key/],
    ['- a\n', /the configuration must be a list of "key: value", not a list/],
    ['text', /the configuration must be/],
    [`a: "${'x'.repeat(9 * 1024 * 1024)}"`, /larger than 8 MiB/],
  ] as const) {
    assert.match(failureOf(text).message, wanted, text.slice(0, 60));
  }
  assert.equal(({} as { x?: number }).x, undefined);
});

test('whatever becomes of a file, it is taken or refused in words', () => {
  const remarks = '# what people write above a policy, in words\n'.repeat(20);
  const start =
    remarks +
    policy(
      '    rpo: 30h\n    tags: [a, "b"]\n    description: "some # words"\n    zone: UTC\n    everyByteWithin: 10d\n',
    );
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    ':',
    '- ',
    '? ',
    '"',
    "'",
    '|',
    '>',
    '&a ',
    '*a',
    '!x ',
    '%',
    '\t',
    '\n',
    '\0',
    '\u2028',
    '---\n',
    '#',
  ];
  let state = 7;
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 9) % below;
  };
  let taken = 0;
  for (let round = 0; round < 150; round++) {
    let text = start;
    for (let change = 0; change <= round % 4; change++) {
      const at = next(text.length);
      const gone = next(3) === 0 ? next(20) : 0;
      text = text.slice(0, at) + pieces[next(pieces.length)] + text.slice(at + gone);
    }
    try {
      understand(text);
      taken += 1;
    } catch (error) {
      assert.ok(isFailure(error, 'usage'), `${String(error)}\n${text}`);
    }
  }
  assert.ok(taken > 10 && taken < 140, String(taken));
});

test('a large file is read in a moment, since it grows with its length only', () => {
  const many = Array.from(
    { length: 500 },
    (_, i) =>
      `  p${i}: { sources: [{ kind: files, paths: [/srv] }], repositories: [disk], schedule: manual, retention: none }`,
  );
  assert.equal(
    Object.keys(understand(`${head}policies:\n${many.join('\n')}\n`).configuration.policies).length,
    500,
  );
});

test('a file that is missing, no file, no text, or open to everybody is refused', () => {
  using folder = scratch();
  const path = join(folder.path, 'holdfast.yaml');
  const refusal = (at: string) => {
    try {
      loadConfiguration(at, {});
    } catch (error) {
      return isFailure(error) ? error.code : String(error);
    }
    return 'taken';
  };
  assert.equal(refusal(path), 'CONFIG_MISSING');
  assert.equal(refusal(folder.path), 'CONFIG_NO_FILE');
  writeFileSync(path, Buffer.from([0x61, 0x3a, 0x20, 0xff]));
  assert.equal(refusal(path), 'CONFIG_NOT_UTF8');
  writeFileSync(path, '\ufeffnode: one\n');
  assert.equal(refusal(path), 'taken');
  chmodSync(path, 0o666);
  assert.equal(refusal(path), 'CONFIG_TOO_OPEN');
});
