// Messages that people understand, in both languages, whatever stands in the alerts: names made to do harm in mails, pages, chats and tables.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Alert } from '../../../src/catalog/alerts.ts';
import type { Message } from '../../../src/channels/channel.ts';
import {
  beatMessage,
  type NewsItem,
  newsMessage,
  type Surroundings,
  successMessage,
} from '../../../src/control/alerts/render.ts';
import { healthChecks } from '../../../src/control/health/all.ts';
import { probedChecks } from '../../../src/control/health/probes.ts';
import type { DailyReport } from '../../../src/control/reports/daily.ts';
import { reportMessage } from '../../../src/control/reports/render-daily.ts';
import { de } from '../../../src/control/texts/de.ts';
import { en } from '../../../src/control/texts/en.ts';
import { createZone } from '../../../src/model/schedule/zone.ts';

const zone = createZone('Europe/Zurich');
const at = Date.UTC(2026, 10, 21, 19, 5);
const around: Surroundings = { texts: en, zone, node: 'school-server', at, contact: 'Anna, 044 123 45 67' };

function alert(more: Partial<Alert & { policy: string }> = {}): Alert & { policy?: string } {
  return {
    id: 'a',
    key: 'backup:files',
    severity: 'critical',
    state: 'open',
    title: 'the storage does not answer',
    facts: { code: 'STORAGE_DOWN' },
    count: 3,
    firstAt: at - 3_600_000,
    lastAt: at,
    news: 1,
    newsAt: at,
    ...more,
  };
}

function item(more: Partial<NewsItem> = {}): NewsItem {
  return { alert: alert(), reasons: ['new'], severity: 'critical', times: 1, flaps: false, ...more };
}

const hostile = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'); alert(1); ('",
  '</title></style><svg/onload=alert(1)>',
  '<a href="javascript:alert(1)">here</a>',
  '&lt;b&gt;',
  '=HYPERLINK("http://evil.example","x")',
  "@SUM(1+1)*cmd|' /C calc'!A0",
  'x\r\nBcc: evil@example.org\r\n\r\nnew body',
  'x\u2028y\u2029z',
  '\u202egpj.exe',
  '\u001b]0;title\u0007\u001b[2J',
  '\u0000\u0008',
  '{{constructor.constructor("alert(1)")()}}',
  '#{7*7} <%= 7*7 %>',
  'a'.repeat(100_000),
  '\ud800',
  '`onmouseover=alert(1)`',
];

/** Every tag that a page of ours has, and no other; nothing is loaded, nothing runs, nothing is hidden. */
function assertHarmless({ title, text, html = '', facts, links }: Message): void {
  const bad = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;
  assert.doesNotMatch(title, /[\n\r]/);
  for (const shownText of [title, text, html]) assert.doesNotMatch(shownText, bad);
  assert.ok(title.length <= 300, `the title has ${title.length} characters`);
  assert.ok(text.length < 40_000);
  const allowed = new Set([
    '!doctype',
    'html',
    'head',
    'meta',
    'title',
    'body',
    'div',
    'h1',
    'h2',
    'h3',
    'p',
    'table',
    'tr',
    'th',
    'td',
  ]);
  for (const [, name = ''] of html.matchAll(/<\/?([^\s>/]*)/g)) assert.ok(allowed.has(name), `<${name}>`);
  assert.doesNotMatch(html.replace(/>[^<]*</g, '><'), /\son\w+=|href|src=|url\(/i);
  assert.doesNotMatch(html, /[^=]"[^\s>]*javascript:/i);
  for (const value of Object.values(facts)) assert.doesNotMatch(String(value), bad);
  for (const { url } of links) assert.match(url, /^https?:/);
}

function everyMessage(word: string, texts = en): Message[] {
  const facts = { [word]: word, file: word };
  const named = alert({ key: `health:disk:${word}`, title: word, facts, policy: word });
  const odd = alert({ key: word, title: word, facts });
  const here: Surroundings = { ...around, texts, node: word, contact: word };
  const report: DailyReport = {
    at,
    node: word,
    light: 'red',
    policies: [{ name: word, description: word, light: 'red', state: 'too-old', repositories: [word] }],
    troubles: [{ ...named, acknowledged: { actor: word, until: at } }, odd],
    disks: [{ repository: word, freeBytes: 1, totalBytes: 0 }],
    contact: word,
  };
  return [
    newsMessage([item({ alert: named })], here),
    newsMessage(
      [item({ alert: odd, reasons: ['new', 'resolved'] }), item({ alert: named, reasons: ['escalated'] })],
      here,
    ),
    successMessage({ policy: word, at }, here),
    beatMessage({ beat: 'fail', policy: word }, here),
    reportMessage(report, texts, zone),
  ];
}

test('nothing in an alert can break out of a title, a text or a page', () => {
  for (const word of hostile) {
    for (const texts of [en, de]) for (const message of everyMessage(word, texts)) assertHarmless(message);
  }
});

test('nothing at all can', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (word) => {
      for (const message of everyMessage(word)) assertHarmless(message);
    }),
    { numRuns: 25 },
  );
});

test('a message says what happened, what it means, what to do, and whom to ask', () => {
  const { title, text, html = '', severity } = newsMessage([item()], around);
  assert.equal(title, 'The backup "files" did not succeed');
  assert.equal(severity, 'CRITICAL');
  for (const part of [
    'CRITICAL: The backup "files" did not succeed',
    'Since: Saturday, 21 November 2026, 19:05',
    'What happened: the storage does not answer',
    'What it means:',
    'What to do:',
    'code: STORAGE_DOWN',
    'Questions: Anna, 044 123 45 67',
  ]) {
    assert.ok(text.includes(part), part);
  }
  assert.ok(html.includes('Anna, 044 123 45 67'));
});

test('the same in German, with the time as it is said there', () => {
  const { title, text, html = '' } = newsMessage([item()], { ...around, texts: de });
  assert.equal(title, 'Die Sicherung „files“ ist nicht gelungen');
  assert.ok(text.includes('Seit: Samstag, 21. November 2026, 19:05 Uhr'));
  assert.ok(html.startsWith('<!doctype html>\n<html lang="de">'));
});

test('both languages speak of the same topics, none of them in words of the other', () => {
  assert.deepEqual(Object.keys(de.messages.topics), Object.keys(en.messages.topics));
  for (const [topic, text] of Object.entries(en.messages.topics)) {
    const other = de.messages.topics[topic]!;
    assert.notEqual(text.means, other.means);
    assert.notEqual(text.title('x'), other.title('x'));
    for (const one of [text, other]) {
      for (const said of [one.title(''), one.over('x')]) assert.doesNotMatch(said, / {2}|^\s|\s$|undefined/);
    }
  }
});

test('a health check says in both languages what it found', () => {
  const disk = alert({
    key: 'health:disk:server:/srv',
    title: 'The disk of /srv is 91 % full',
    facts: { reason: 'disk-full', object: '/srv', percent: 91, freeBytes: 2 ** 30, node: 'server' },
  });
  const { title, text } = newsMessage([item({ alert: disk })], { ...around, texts: de });
  assert.equal(title, 'Die Platte „/srv“ wird voll');
  assert.match(text, /Was geschehen ist: Die Platte von \/srv ist zu 91 % voll; es bleiben 1,0 GiB\./);
});

test('an incomplete backup is not called a failed one', () => {
  const partial = alert({ severity: 'warning', facts: { outcome: 'partial' } });
  assert.equal(newsMessage([item({ alert: partial })], around).title, 'The backup "files" is incomplete');
});

test('every health check has words of its own', () => {
  for (const check of [...Object.keys(healthChecks), ...probedChecks]) {
    assert.ok(Object.hasOwn(en.messages.topics, `health:${check}`), check);
  }
});

test('the same input gives the same message, so that what is sent again is known as the same', () => {
  assert.deepEqual(newsMessage([item()], around), newsMessage([item()], around));
});

test('of thousands of troubles the worst are told, and how many more there are', () => {
  const items = Array.from({ length: 3000 }, (_, i) =>
    item({ alert: alert({ key: `backup:p${i}` }), severity: i === 2999 ? 'critical' : 'warning' }),
  );
  const { title, text, html = '' } = newsMessage(items, around);
  assert.equal(title, '3000 troubles, 1 critical');
  assert.ok(text.startsWith('== CRITICAL: The backup "p2999"'));
  assert.ok(text.includes('2950 more'));
  assert.ok(html.length < 300_000);
});

test('what is over is told with its end, without advice', () => {
  const over = alert({ state: 'resolved', resolvedAt: at + 60_000 });
  const { title, text, severity } = newsMessage([item({ alert: over, reasons: ['resolved'] })], around);
  assert.equal(title, 'The backup "files" succeeds again');
  assert.equal(severity, 'INFO');
  assert.ok(text.includes('Over since: Saturday, 21 November 2026, 20:06'));
  assert.ok(!text.includes('What to do'));
});
