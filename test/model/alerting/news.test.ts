// The laws of telling, held against random lives: alerts that come, worsen, are acknowledged, end and come back, while channels fail.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type NewsRules, planNews, type Told, type Trouble } from '../../../src/model/alerting/news.ts';
import { type AlertSeverity, severityRank } from '../../../src/model/alerting/routing.ts';
import {
  calmMs,
  flappingSpanMs,
  flappingTimes,
  isUrgent,
  readyNow,
} from '../../../src/model/alerting/sending.ts';
import { isOpen, parseWindows } from '../../../src/model/schedule/windows.ts';
import { createZone } from '../../../src/model/schedule/zone.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** A Monday, 00:00 UTC. */
const start = Date.UTC(2026, 10, 16);
const zone = createZone('UTC');
const quiet = parseWindows({ allowed: 'mon-sun 22:00-06:00' });
const rules: NewsRules = { repeatMs: day, escalation: { afterMs: hour, channels: ['deputy'] } };
const sending = { groupMs: minute, quiet, zone };
const channels = ['mail', 'chat'];

interface Raise {
  readonly kind: 'raise';
  readonly key: string;
  readonly severity: AlertSeverity;
}

interface Settle {
  readonly kind: 'resolve' | 'acknowledge';
  readonly key: string;
}

interface Fault {
  readonly kind: 'break' | 'mend';
  readonly channel: string;
}

interface Wait {
  readonly kind: 'wait';
  readonly ms: number;
}

type Event = Raise | Settle | Fault | Wait;

type Live = { -readonly [Field in keyof Trouble]: Trouble[Field] };

interface Sent {
  readonly at: number;
  readonly channel: string;
  readonly parts: readonly Told[];
}

/** What the rooms above do with the rules, in memory. */
class World {
  now = start;
  readonly latest = new Map<string, Live & { until?: number }>();
  readonly raisedAt = new Map<string, number[]>();
  readonly broken = new Set<string>();
  readonly sent: Sent[] = [];
  told: (Told & { gone?: boolean })[] = [];
  #ids = 0;

  play(event: Event): void {
    if (event.kind === 'wait') {
      for (const until = this.now + event.ms; this.now < until; ) {
        this.now = Math.min(until, this.now + 5 * minute);
        this.tick();
      }
      return;
    }
    if ('key' in event) this.#alert(event);
    else if (event.kind === 'break') this.broken.add(event.channel);
    else this.broken.delete(event.channel);
    this.tick();
  }

  #alert(event: Raise | Settle): void {
    const known = this.latest.get(event.key);
    const open = known !== undefined && known.state !== 'resolved' ? known : undefined;
    if (!('severity' in event)) {
      if (open === undefined) return;
      if (event.kind === 'resolve') open.state = 'resolved';
      else Object.assign(open, { state: 'acknowledged', until: this.now + 4 * hour });
    } else if (open === undefined) {
      const { key, severity } = event;
      const alertId = `a${this.#ids++}`;
      this.latest.set(key, { key, alertId, severity, state: 'open', news: 1, newsAt: this.now, channels });
      this.raisedAt.set(key, [...(this.raisedAt.get(key) ?? []), this.now]);
    } else {
      if (severityRank[event.severity] > severityRank[open.severity]) this.#reopen(open);
      open.severity = event.severity;
    }
  }

  #reopen(open: Live): void {
    Object.assign(open, { state: 'open', news: open.news + 1, newsAt: this.now });
  }

  tick(): void {
    for (const one of this.latest.values()) {
      if (one.state === 'acknowledged' && one.until! < this.now) this.#reopen(one);
    }
    const plan = planNews([...this.latest.values()], this.told, rules, this.now);
    this.told = this.told.filter(({ id }) => !plan.drop.includes(id) && !plan.close.includes(id));
    for (const tidings of plan.add) {
      this.told.push({ ...tidings, id: `d${this.#ids++}`, state: 'waiting', at: this.now });
    }
    const flapping = new Set(
      [...this.raisedAt]
        .filter(([, times]) => times.filter((at) => at > this.now - flappingSpanMs).length >= flappingTimes)
        .map(([key]) => key),
    );
    for (const channel of [...channels, 'deputy']) {
      if (this.broken.has(channel)) continue;
      const waiting = this.told.filter((one) => one.channel === channel && one.state === 'waiting');
      const parts = readyNow(waiting, flapping, sending, this.now);
      if (parts.length === 0) continue;
      this.sent.push({ at: this.now, channel, parts });
      this.told = this.told.map((one) => (parts.includes(one) ? { ...one, state: 'told' } : one));
    }
  }

  sentTo(channel: string, key: string): (Told & { readonly sentAt: number })[] {
    return this.sent
      .filter((one) => one.channel === channel)
      .flatMap(({ at, parts }) => parts.map((part) => ({ ...part, sentAt: at })))
      .filter((part) => part.key === key);
  }
}

const key = fc.constantFrom('backup:files', 'health:disk');
const events: fc.Arbitrary<readonly Event[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('raise' as const),
        key,
        severity: fc.constantFrom<AlertSeverity>('info', 'warning', 'critical'),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('resolve' as const), key }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('acknowledge' as const), key }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constantFrom('break' as const, 'mend' as const),
        channel: fc.constantFrom(...channels),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('wait' as const),
        ms: fc.constantFrom(minute, 10 * minute, hour, 7 * hour, 25 * hour),
      }),
    },
  ),
  { maxLength: 40 },
);

function lives(law: (world: World, events: readonly Event[]) => void): void {
  fc.assert(
    fc.property(events, (all) => {
      const world = new World();
      for (const event of all) world.play(event);
      law(world, all);
    }),
    { numRuns: 200 },
  );
}

test('a critical is never lost: who is concerned has heard of it as critical once the channel works', () => {
  lives((world) => {
    for (const channel of channels) world.play({ kind: 'mend', channel });
    world.play({ kind: 'wait', ms: 2 * minute });
    for (const { key, severity, state } of world.latest.values()) {
      if (severity !== 'critical' || state !== 'open') continue;
      for (const channel of channels) {
        const last = world.sentTo(channel, key).at(-1);
        assert.ok(
          last !== undefined && last.reason !== 'resolved' && last.severity === 'critical',
          `${key} ${channel}`,
        );
      }
    }
  });
});

test('nobody is told the same twice within the time of repeating', () => {
  lives((world) => {
    for (const channel of channels) {
      for (const key of world.latest.keys()) {
        const troubles = world.sentTo(channel, key).filter(({ reason }) => reason !== 'escalated');
        for (const [i, one] of troubles.entries()) {
          const before = troubles[i - 1];
          if (before === undefined || before.reason === 'resolved' || one.reason === 'resolved') continue;
          const isWorse = severityRank[one.severity] > severityRank[before.severity];
          const isNews = one.alertId === before.alertId && one.news > before.news;
          // A note ends without a word; the next one is another.
          if (before.severity === 'info' && one.alertId !== before.alertId) continue;
          assert.ok(isWorse || isNews || one.at - before.at >= day, JSON.stringify([before, one]));
        }
      }
    }
  });
});

test('who heard the trouble hears its end, once, and nobody else', () => {
  lives((world) => {
    for (const key of world.latest.keys()) world.play({ kind: 'resolve', key });
    for (const channel of channels) world.play({ kind: 'mend', channel });
    world.play({ kind: 'wait', ms: 25 * hour });
    for (const channel of [...channels, 'deputy']) {
      for (const key of world.latest.keys()) {
        const told = world.sentTo(channel, key);
        const unended = told.slice(told.findLastIndex(({ reason }) => reason === 'resolved') + 1);
        assert.ok(
          unended.every(({ severity }) => severity === 'info'),
          'the end of a trouble was not told',
        );
        for (const [i, one] of told.entries()) {
          if (one.reason !== 'resolved') continue;
          assert.ok(i > 0 && told[i - 1]!.reason !== 'resolved', 'an end without a trouble');
        }
      }
    }
    world.tick();
    assert.deepEqual(world.told, [], 'something is kept for good');
  });
});

test('quiet hours never hold a critical, and hold all else', () => {
  lives((world) => {
    for (const { at, parts } of world.sent) {
      if (!isOpen(quiet, at, zone)) continue;
      for (const { key } of parts) assert.ok(parts.some((one) => one.key === key && isUrgent(one)));
    }
    for (const one of world.told) {
      const waits = one.state === 'waiting' && isUrgent(one) && !world.broken.has(one.channel);
      assert.ok(!waits || world.now - one.at < minute, 'a critical waits');
    }
  });
});

test('what waited in quiet hours follows as one message', () => {
  const world = new World();
  world.play({ kind: 'wait', ms: hour });
  world.play({ kind: 'raise', key: 'health:disk', severity: 'warning' });
  world.play({ kind: 'wait', ms: hour });
  world.play({ kind: 'raise', key: 'health:clock', severity: 'warning' });
  world.play({ kind: 'wait', ms: 8 * hour });
  const mails = world.sent.filter(({ channel }) => channel === 'mail');
  assert.deepEqual(
    mails.map(({ at, parts }) => [at, parts.length]),
    [[start + 6 * hour, 2]],
  );
});

test('a critical that nobody acknowledges goes to the deputy once, and its end too', () => {
  const world = new World();
  world.play({ kind: 'raise', key: 'brake', severity: 'critical' });
  world.play({ kind: 'wait', ms: 3 * hour });
  world.play({ kind: 'resolve', key: 'brake' });
  world.play({ kind: 'wait', ms: 8 * hour });
  const reasons = world.sentTo('deputy', 'brake').map(({ reason }) => reason);
  assert.deepEqual(reasons, ['escalated', 'resolved']);
});

test('an acknowledged critical is not escalated, and comes back when the acknowledgement runs out', () => {
  const world = new World();
  world.play({ kind: 'raise', key: 'brake', severity: 'critical' });
  world.play({ kind: 'wait', ms: 30 * minute });
  world.play({ kind: 'acknowledge', key: 'brake' });
  world.play({ kind: 'wait', ms: 4 * hour });
  assert.deepEqual(world.sentTo('deputy', 'brake'), []);
  assert.equal(world.sentTo('mail', 'brake').length, 1);
  world.play({ kind: 'wait', ms: 10 * minute });
  assert.equal(world.sentTo('mail', 'brake').length, 2);
  world.play({ kind: 'wait', ms: 2 * hour });
  assert.equal(world.sentTo('deputy', 'brake').length, 1);
});

test('a trouble that flaps for a day is told a few times, not hundreds, and once calm its end is told', () => {
  const world = new World();
  for (let i = 0; i < 144; i++) {
    world.play({ kind: 'raise', key: 'health:link', severity: 'warning' });
    world.play({ kind: 'wait', ms: 5 * minute });
    world.play({ kind: 'resolve', key: 'health:link' });
    world.play({ kind: 'wait', ms: 5 * minute });
  }
  const told = world.sentTo('mail', 'health:link');
  assert.ok(told.length <= 8, `told ${told.length} times`);
  world.play({ kind: 'wait', ms: 12 * hour });
  const last = world.sentTo('mail', 'health:link').at(-1)!;
  assert.equal(last.reason, 'resolved');
  assert.ok(last.sentAt - last.at >= calmMs);
});

test('many troubles at once are one message for each channel', () => {
  const world = new World();
  world.now = start + 8 * hour;
  for (let i = 0; i < 200; i++) world.play({ kind: 'raise', key: `backup:p${i}`, severity: 'critical' });
  world.play({ kind: 'wait', ms: 10 * minute });
  assert.deepEqual(
    world.sent.map(({ channel, parts }) => [channel, parts.length]),
    [
      ['mail', 200],
      ['chat', 200],
    ],
  );
});
