/** Who is told of what, when: each announcement once, quiet hours, hours of routes, escalation, digests, floods and storms. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALARM_PRIORITIES, type AlarmPriority } from '../../../src/model/alarm.ts';
import {
  bookWith,
  type ImaginedSite,
  imaginedSite,
  personOf,
  routeOf,
  type SentMessage,
} from './imagined-site.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOON = Date.parse('2026-06-10T12:00:00+02:00');

const all = routeOf('all', { to: ['person:ada'] });
const kinds = (sent: readonly SentMessage[]) =>
  sent.map(({ content: { kind, news } }) => `${kind} ${news.raised}`);
const raisedSeqs = (sent: readonly SentMessage[], person = 'ada') =>
  sent
    .filter((message) => message.person === person)
    .flatMap(({ content }) => content.news.items)
    .filter(({ kind }) => kind === 'raised')
    .map(({ seq }) => seq);

describe('pace', () => {
  test('the first alarm is told at once, with what is known of it', () => {
    const site = imaginedSite(bookWith([personOf('ada')], [all]), NOON);
    site.raise('tank');
    expect(site.sent).toHaveLength(1);
    expect(site.sent[0]?.content).toMatchObject({ kind: 'news', active: 1, news: { raised: 1 } });
  });

  test('after a clock was set back the next is told as soon as ever', () => {
    const site = imaginedSite(bookWith([personOf('ada')], [all]), NOON);
    site.raise('tank');
    for (let n = 0; n < 20; n++) site.raise(`flood ${n}`);
    site.goOn(MINUTE);
    const before = site.sent.length;
    site.setClock(NOON - 300 * 24 * HOUR);
    site.raise('pump');
    site.goOn(HOUR);
    expect(site.sent.length).toBeGreaterThan(before);
    expect(kinds(site.sent).at(-1)).toMatch(/^flood-end/);
  });

  test('a flood of 5 000 in a minute is three messages: the first, summed up, its end', () => {
    const site = imaginedSite(bookWith([personOf('ada')], [all]), NOON);
    for (let n = 0; n < 5_000; n++) {
      site.raise(`alarm-${n}`);
      if (n % 50 === 0) site.goOn(600, 600);
    }
    site.goOn(3 * HOUR);
    expect(site.sent.map(({ content }) => content.kind)).toEqual(['news', 'flood', 'flood-end']);
    const [first, , end] = site.sent;
    expect((first?.content.news.raised ?? 0) + (end?.content.total ?? 0)).toBe(5_000);
    expect(end?.content.active).toBe(5_000);
  });

  test('what is more urgent than all of a flood is told at once', () => {
    const site = imaginedSite(bookWith([personOf('ada')], [all]), NOON);
    for (let n = 0; n < 100; n++) site.raise(`alarm-${n}`, 'low');
    site.goOn(2 * MINUTE);
    site.raise('fire', 'critical');
    const last = site.sent.at(-1);
    expect(last?.content.news.items[0]?.alarm).toBe('fire');
    expect(last?.timeMs).toBe(site.nowMs());
  });

  test('one that chatters all day calls nobody more than ten times an hour', () => {
    const site = imaginedSite(
      bookWith([personOf('ada')], [routeOf('all', { to: ['person:ada'], recovery: true })]),
      NOON,
    );
    for (let n = 0; n < 720; n++) {
      if (n % 2 === 0) site.raise('pump');
      else site.say('cleared', 'pump', { state: 'normal' });
      site.goOn(MINUTE);
    }
    expect(mostInAnHour(site.sent)).toBeLessThanOrEqual(10);
    const told = site.sent.reduce((sum, { content }) => sum + content.news.raised, 0);
    expect(told).toBeGreaterThan(350);
  });

  test('an outage of a day ends with one message that sums it up', () => {
    const site = imaginedSite(bookWith([personOf('ada')], [all]), NOON);
    site.setLine(false);
    for (let n = 0; n < 12; n++) {
      site.raise(`alarm-${n}`);
      site.goOn(2 * HOUR, MINUTE);
      if (n >= 3) site.say('cleared', `alarm-${n}`, { state: 'normal' });
    }
    expect(site.sent).toEqual([]);
    site.setLine(true);
    site.goOn(HOUR);
    expect(kinds(site.sent)).toEqual(['news 12']);
    expect(site.sent[0]?.content).toMatchObject({ active: 3, news: { over: 9 } });
  });
});

describe('times', () => {
  const quiet = { windows: ['22:00-06:00'], except: 'critical' } as const;

  test('in quiet hours only the more urgent is told; the rest, summed up, when they are over', () => {
    const site = imaginedSite(
      bookWith([personOf('ada', { quiet })], [all]),
      Date.parse('2026-06-10T23:00:00+02:00'),
    );
    site.raise('one');
    site.raise('two', 'low');
    site.raise('fire', 'critical');
    site.goOn(5 * HOUR, MINUTE);
    expect(site.sent.flatMap(({ content }) => content.news.items.map(({ alarm }) => alarm))).toEqual([
      'fire',
    ]);
    site.goOn(3 * HOUR, MINUTE);
    expect(site.sent[1]).toMatchObject({
      timeMs: Date.parse('2026-06-11T06:00:00+02:00'),
      content: { news: { raised: 2, held: 'quiet' } },
    });
  });

  test('quiet hours end by the wall, also when clocks are put forward or back in them', () => {
    for (const [from, end] of [
      ['2026-03-28T23:00:00+01:00', '2026-03-29T06:00:00+02:00'],
      ['2026-10-24T23:00:00+02:00', '2026-10-25T06:00:00+01:00'],
    ] as const) {
      const site = imaginedSite(bookWith([personOf('ada', { quiet })], [all]), Date.parse(from));
      site.raise('one');
      site.goOn(10 * HOUR, MINUTE);
      expect(site.sent.map(({ timeMs }) => new Date(timeMs).toISOString())).toEqual([
        new Date(end).toISOString(),
      ]);
    }
  });

  test('what could not leave before the quiet hours does not leave in them', () => {
    const site = imaginedSite(
      bookWith([personOf('ada', { quiet })], [all]),
      Date.parse('2026-06-10T21:00:00+02:00'),
    );
    site.setLine(false);
    site.raise('one');
    site.goOn(4 * HOUR, MINUTE);
    site.setLine(true);
    site.goOn(4 * HOUR, MINUTE);
    expect(site.sent).toEqual([]);
    site.goOn(2 * HOUR, MINUTE);
    expect(kinds(site.sent)).toEqual(['news 1']);
  });

  test('outside the hours of a route an alarm waits for them, and is told if nobody has seen it', () => {
    const day = routeOf('day', { to: ['person:ada'], hours: ['mon-fri 06:00-18:00'] });
    const site = imaginedSite(bookWith([personOf('ada')], [day]), Date.parse('2026-06-12T20:00:00+02:00'));
    site.raise('seen');
    site.raise('over');
    site.raise('open');
    site.say('acknowledged', 'seen', { state: 'acknowledged' });
    site.say('cleared', 'over', { state: 'cleared' });
    site.goOn(3 * 24 * HOUR, 10 * MINUTE);
    expect(site.sent.flatMap(({ content }) => content.news.items.map(({ alarm }) => alarm))).toEqual([
      'open',
    ]);
    expect(new Date(site.sent[0]?.timeMs ?? 0).toISOString()).toBe('2026-06-15T04:00:00.000Z');
  });

  test('a digest comes once a day at its time', () => {
    const digest = routeOf('low', { to: ['person:ada'], digestAt: '07:00' });
    const site = imaginedSite(bookWith([personOf('ada')], [digest]), NOON);
    site.raise('one', 'low');
    site.goOn(10 * HOUR, MINUTE);
    site.raise('two', 'low');
    site.goOn(48 * HOUR, MINUTE);
    expect(site.sent).toMatchObject([
      { timeMs: Date.parse('2026-06-11T07:00:00+02:00'), content: { news: { raised: 2, held: 'digest' } } },
    ]);
  });
});

describe('escalation', () => {
  const steps = [
    { afterMinutes: 15, to: ['person:bob' as const] },
    { afterMinutes: 60, to: ['person:eve' as const] },
  ];
  const route = routeOf('all', { to: ['person:ada'], escalate: steps });
  const people = [personOf('ada'), personOf('bob'), personOf('eve')];
  const told = (site: ImaginedSite) => site.sent.map(({ person }) => person);

  test('the next is told when nobody acknowledges, across midnight', () => {
    const site = imaginedSite(bookWith(people, [route]), Date.parse('2026-06-10T23:50:00+02:00'));
    site.raise('tank');
    site.goOn(14 * MINUTE);
    expect(told(site)).toEqual(['ada']);
    site.goOn(50 * MINUTE);
    expect(told(site)).toEqual(['ada', 'bob', 'eve']);
    expect(site.sent[1]?.content.news.items[0]).toMatchObject({ escalatedMinutes: 15 });
  });

  test.each([
    ['acknowledged', { state: 'acknowledged' }],
    ['cleared', { state: 'cleared' }],
    ['shelved', { state: 'active', silence: 'shelved' }],
  ] as const)('ends when it is %s', (event, given) => {
    const site = imaginedSite(bookWith(people, [route]), NOON);
    site.raise('tank');
    site.goOn(20 * MINUTE);
    site.say(event, 'tank', given);
    site.goOn(5 * HOUR, MINUTE);
    expect(told(site)).toEqual(['ada', 'bob']);
  });
});

const change = fc.record({
  afterMinutes: fc.integer({ min: 0, max: 90 }),
  alarm: fc.integer({ min: 0, max: 5 }),
  act: fc.constantFrom('raise', 'raise', 'clear', 'acknowledge', 'down', 'up'),
  priority: fc.constantFrom<AlarmPriority>(...ALARM_PRIORITIES),
});

test('whatever happens, each announcement is told once, no storm follows, and quiet hours are quiet', () => {
  const quiet = { windows: ['22:00-06:00'], except: 'high' } as const;
  const people = [
    personOf('ada'),
    personOf('bob', { quiet }),
    personOf('eve', { timeZone: 'America/New_York' }),
  ];
  const routes = [
    routeOf('all', { to: ['person:ada', 'person:bob'], recovery: true }),
    routeOf('twice', {
      to: ['person:ada'],
      priorities: ['critical'],
      escalate: [{ afterMinutes: 30, to: ['person:eve'] }],
    }),
    routeOf('digest', { to: ['person:eve'], priorities: ['low'], digestAt: '02:30' }),
  ];
  fc.assert(
    fc.property(
      fc.constantFrom('2026-03-28T12:00:00+01:00', '2026-10-24T12:00:00+02:00', '2026-06-10T12:00:00+02:00'),
      fc.array(change, { maxLength: 60 }),
      (start, changes) => {
        const site = imaginedSite(bookWith(people, routes), Date.parse(start));
        const announced: { seq: number; priority: AlarmPriority }[] = [];
        for (const { afterMinutes, alarm, act, priority } of changes) {
          site.goOn(afterMinutes * MINUTE, 5 * MINUTE);
          if (act === 'raise') announced.push({ seq: site.raise(`alarm-${alarm}`, priority), priority });
          if (act === 'clear') site.say('cleared', `alarm-${alarm}`, { state: 'normal' });
          if (act === 'acknowledge') site.say('acknowledged', `alarm-${alarm}`, { state: 'acknowledged' });
          if (act === 'down' || act === 'up') site.setLine(act === 'up');
        }
        site.setLine(true);
        site.goOn(3 * 24 * HOUR, 10 * MINUTE);
        const seqs = announced.map(({ seq }) => seq);
        expect(raisedSeqs(site.sent, 'ada').sort(byNumber)).toEqual(seqs);
        expect(raisedSeqs(site.sent, 'bob').sort(byNumber)).toEqual(seqs);
        const eve = site.sent
          .filter(({ person }) => person === 'eve')
          .flatMap(({ content }) => content.news.items);
        const digested = eve.filter((item) => item.escalatedMinutes === undefined && item.kind === 'raised');
        expect(digested.map(({ seq }) => seq).sort(byNumber)).toEqual(
          announced.filter(({ priority }) => priority === 'low').map(({ seq }) => seq),
        );
        const escalated = eve.filter((item) => item.escalatedMinutes !== undefined).map(({ seq }) => seq);
        expect(new Set(escalated).size).toBe(escalated.length);
        for (const person of ['ada', 'bob', 'eve'])
          expect(mostInAnHour(site.sent.filter((one) => one.person === person))).toBeLessThanOrEqual(14);
        for (const { timeMs, content } of site.sent.filter(({ person }) => person === 'bob')) {
          const hour = Number(
            new Intl.DateTimeFormat('en-GB', {
              timeZone: 'Europe/Berlin',
              hour: '2-digit',
              hourCycle: 'h23',
            }).format(timeMs),
          );
          const isNight = hour >= 22 || hour < 6;
          if (isNight)
            expect(
              (content.news.byPriority.critical ?? 0) + (content.news.byPriority.high ?? 0),
            ).toBeGreaterThan(0);
        }
      },
    ),
    { numRuns: 60 },
  );
});

function byNumber(a: number, b: number): number {
  return a - b;
}

function mostInAnHour(sent: readonly SentMessage[]): number {
  return Math.max(
    0,
    ...sent.map(
      (one) => sent.filter(({ timeMs }) => timeMs > one.timeMs - HOUR && timeMs <= one.timeMs).length,
    ),
  );
}
