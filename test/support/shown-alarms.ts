/** Alarms as pages are looked at with: one of each state, a flood in groups, rules with a problem. Nothing can be done about them. */
import type { Alarm, AlarmRule } from '../../src/model/alarm.ts';
import type { AlarmRefusal, AlarmsService, JournalEntry } from '../../src/model/alarm-service.ts';
import { tell } from '../../src/model/said.ts';

const NOW_MS = Date.UTC(2026, 0, 1, 12);
const REFUSED: AlarmRefusal = { refused: 'state', detail: 'This one is for looking at.' };
const NONE = { critical: 0, high: 0, medium: 0, low: 0 };

const RULE: AlarmRule = {
  ...{
    id: 'too-full',
    revision: 3,
    changedMs: NOW_MS,
    changedBy: 'user ada',
    name: 'Tank too full',
    enabled: true,
  },
  ...{ scope: { kind: 'site' }, condition: { kind: 'limit', field: 'level', side: 'high', limit: 80 } },
  ...{ priority: 'critical', onDelayMs: 0, offDelayMs: 0, latched: false, action: 'Close the valve.' },
};

/** As the engine says it. */
function saying(n: number) {
  const values = { device: `Tank ${n}`, field: 'level', unit: ' %', value: 91, limit: 80 };
  const { detail, said } = tell('alarm.above', values);
  return { message: detail, said };
}

function alarm(n: number, more: Partial<Alarm>): Alarm {
  return {
    ...{
      id: `too-full:${n}`,
      rule: 'too-full',
      name: 'Tank too full',
      subject: `${n}`,
      subjectName: `Tank ${n}`,
    },
    ...{ priority: 'high', state: 'active', isEvent: false, ...saying(n) },
    ...{
      action: 'Close the valve.',
      activeMs: NOW_MS - n * 60_000,
      isFirstUp: false,
      group: 'rule:too-full',
    },
    timesInHour: n,
    ...more,
  };
}

const FOUR = tell('alarms.ofRule', { count: 4, name: 'Tank too full' });
const SHELF = {
  by: 'user ada',
  reason: 'The gauge is being changed',
  sinceMs: NOW_MS,
  untilMs: NOW_MS + 3_600_000,
};
const ALARMS: readonly Alarm[] = [
  alarm(1, {
    priority: 'critical',
    isFirstUp: true,
    area: 'Hall 1',
    cause: 'A stuck valve',
    consequence: 'It spills.',
  }),
  alarm(2, { priority: 'medium', state: 'cleared', clearedMs: NOW_MS }),
  alarm(3, { priority: 'low', state: 'latched' }),
  alarm(4, { state: 'acknowledged', acknowledged: { by: 'user ada', timeMs: NOW_MS } }),
  alarm(5, { silence: 'shelved', shelved: SHELF }),
  alarm(6, { isEvent: true }),
];

const JOURNAL = (['raised', 'cleared', 'acknowledged', 'shelved', 'suppressed', 'past'] as const).map(
  (event, n): JournalEntry => ({
    ...{ seq: 100 - n, timeMs: NOW_MS - n * 60_000, device: null },
    body: {
      ...{
        n,
        afterSeq: 0,
        event,
        alarm: 'too-full:1',
        rule: 'too-full',
        subject: '1',
        name: 'Tank too full',
      },
      ...{ subjectName: 'Tank 1', priority: 'critical', state: 'active', isAnnounced: n === 0 },
      ...{ ...saying(1), activeMs: NOW_MS, group: 'rule:too-full' },
      ...(event === 'shelved' ? { by: 'user ada', reason: SHELF.reason, untilMs: SHELF.untilMs } : {}),
    },
  }),
);

export function createShownAlarms(): AlarmsService {
  const refuse = async (): Promise<AlarmRefusal> => REFUSED;
  const rules = [
    { ...RULE, problems: [{ code: 'area-empty', ...tell('rule.areaEmpty', { area: 'Hall 2' }) }] },
  ];
  const [top] = ALARMS;
  return {
    start: async () => {},
    stop: async () => {},
    list: () => ALARMS,
    page: (_, limit) => ({ items: ALARMS.slice(0, limit) }),
    get: (id) => ALARMS.find((one) => one.id === id),
    summary: () => ({
      ...{
        revision: 1,
        shelved: 1,
        suppressed: 0,
        outOfService: 0,
        inTenMinutes: 12,
        isFlood: true,
        ruleProblems: 1,
      },
      counts: {
        active: { ...NONE, critical: 1 },
        acknowledged: { ...NONE, high: 1 },
        cleared: { ...NONE, medium: 1 },
        latched: { ...NONE, low: 1 },
      },
      top,
    }),
    groups: () => [
      {
        ...{ key: 'rule:too-full', title: FOUR.detail, said: FOUR.said, count: 4, unacknowledged: 3 },
        ...{ priority: 'critical', sinceMs: NOW_MS, first: 'too-full:1' },
      },
    ],
    journal: async () => ({ entries: JOURNAL }),
    statistics: async (fromMs, toMs) => ({
      ...{ fromMs, toMs, isCut: false },
      perHour: [3, 9].map((count, n) => ({ startMs: NOW_MS + n * 3_600_000, count })),
      worst: [{ alarm: 'too-full:1', name: 'Tank too full: Tank 1', count: 9 }],
      chattering: [
        {
          ...{ alarm: 'too-full:1', rule: 'too-full', name: 'Tank too full: Tank 1', count: 9 },
          proposal: { onDelayMs: 60_000, deadband: 2 },
        },
      ],
    }),
    suppressions: () => [{ area: 'Hall 1', ...SHELF }],
    rules: () => rules,
    rule: (id) => rules.find((one) => one.id === id),
    exportRules: () => ({ format: 'webscada-edge-alarm-rules', version: 1, rules: [] }),
    suggested: () => [
      {
        ...RULE,
        id: 'low-battery',
        name: 'Battery low',
        action: 'Change it.',
        why: 'It will fall silent.',
        said: { key: 'suggest.box-flash', values: {} },
      },
    ],
    onChange: () => () => {},
    ...{
      acknowledge: refuse,
      shelve: refuse,
      unshelve: refuse,
      setOutOfService: refuse,
      returnToService: refuse,
    },
    ...{
      suppressArea: refuse,
      unsuppressArea: refuse,
      putRule: refuse,
      removeRule: refuse,
      importRules: refuse,
    },
    preview: refuse,
  };
}
