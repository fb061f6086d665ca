/** The forms of people, groups and routes: what is read out of them is what was put in, and is what the box takes. */
import { describe, expect, test } from 'vitest';
import { groupInput, personInput, routeInput } from '../../../src/ui/shapes/notify-input.ts';
import { filled } from '../../../src/ui/web/notify/filled.ts';
import { type PersonBody, personOf, signalOf, signalText } from '../../../src/ui/web/notify/person-draft.ts';
import { groupOf, NEW_ROUTE, type RouteBody, routeOf } from '../../../src/ui/web/notify/route-draft.ts';
import { WINDOW_DAYS, windowRowOf, windowTextOf } from '../../../src/ui/web/notify/windows.ts';

type Fields = readonly (readonly [name: string, value: string])[];

function formOf(fields: Fields): ReturnType<typeof filled> {
  const data = new FormData();
  for (const [name, value] of fields) data.append(name, value);
  return filled(data);
}

/** Rows as the page names them; the first was taken out, so that keys and places differ. */
function windowFields(name: string, windows: readonly string[] = []): Fields {
  return windows.flatMap((window, at): Fields => {
    const { days, from, to } = windowRowOf(window);
    const prefix = `${name}-${at + 1}`;
    return [
      [name, String(at + 1)],
      [`${prefix}-days`, days === '' ? 'every' : days],
      [`${prefix}-from`, from],
      [`${prefix}-to`, to],
    ];
  });
}

function personFields(person: PersonBody): Fields {
  const addresses = person.addresses.flatMap((address, at): Fields => {
    const prefix = `address-${at + 1}`;
    const { on, off, ...plain } = { on: undefined, off: undefined, ...address };
    const texts = Object.entries(plain).map(([name, value]) => [`${prefix}-${name}`, ` ${value} `] as const);
    const signals = [
      [`${prefix}-on`, signalText(on)],
      [`${prefix}-off`, signalText(off)],
    ] as const;
    return [['address', String(at + 1)], ...texts, ...signals];
  });
  return [
    ...([
      ['name', person.name],
      ['language', person.language],
      ['timeZone', person.timeZone ?? ''],
      ['except', person.quiet?.except ?? 'critical'],
    ] as const),
    ...addresses,
    ...windowFields('quiet', person.quiet?.windows),
  ];
}

const PEOPLE: readonly PersonBody[] = [
  { name: 'Ada', language: 'de', addresses: [] },
  {
    ...{ name: 'Bob', language: 'en', timeZone: 'Europe/Berlin' },
    addresses: [
      { channel: 'email', to: 'bob@site.example' },
      { channel: 'webhook', webhook: 'night-shift', to: '#alarms' },
      { channel: 'webhook', webhook: 'night-shift' },
      { channel: 'mqtt', topic: 'hall/siren' },
      { channel: 'downlink', device: '70b3d57ed0000000', fPort: 2, on: { data: '01ff' } },
      {
        ...{ channel: 'downlink', device: '70b3d57ed0000000', fPort: 3 },
        ...{ on: { object: { relay: true, level: [1, 2] } }, off: { object: { relay: false } } },
      },
    ],
    quiet: { windows: ['22:00-06:00', 'mon-fri 12:00-24:00', 'mon,wed 01:00-02:00'], except: 'high' },
  },
];

const ROUTES: readonly RouteBody[] = [
  { ...NEW_ROUTE, name: 'all', to: ['person:ada'] },
  {
    ...{ name: 'some', enabled: false, priorities: ['low'], areas: ['Hall 1'], rules: ['too-full'] },
    ...{ hours: ['sat-sun 00:00-24:00'], to: ['group:night', 'person:ada'], channels: ['email', 'mqtt'] },
    ...{ recovery: false, digestAt: '07:00' },
    escalate: [
      { afterMinutes: 15, to: ['person:bob'] },
      { afterMinutes: 60, to: ['group:night', 'person:ada'] },
    ],
  },
];

function routeFields(route: RouteBody): Fields {
  const several = (name: string, values: readonly string[] = []): Fields =>
    values.map((value) => [name, value]);
  return [
    ['name', route.name],
    ['digestAt', route.digestAt ?? ''],
    ...several('enabled', route.enabled ? ['on'] : []),
    ...several('recovery', route.recovery ? ['on'] : []),
    ...several('priorities', route.priorities),
    ...several('areas', route.areas),
    ...several('rules', route.rules),
    ...several('channels', route.channels),
    ...several('to', route.to),
    ...windowFields('hours', route.hours),
    ...route.escalate.flatMap(
      ({ afterMinutes, to }, at): Fields => [
        ['escalate', String(at + 4)],
        [`escalate-${at + 4}-after`, String(afterMinutes)],
        ...several(`escalate-${at + 4}-to`, to),
      ],
    ),
  ];
}

test.each(PEOPLE)('a person is read as it was written: $name', (person) => {
  const read = personOf(formOf(personFields(person)));
  expect(read).toEqual(person);
  expect(personInput.parse(read)).toEqual(person);
});

test.each(ROUTES)('a route is read as it was written: $name', (route) => {
  const read = routeOf(formOf(routeFields(route)));
  expect(read).toEqual(route);
  expect(routeInput.parse(read)).toEqual(route);
});

test('a group is read as it was written', () => {
  const read = groupOf(
    formOf([
      ['name', ' Night shift '],
      ['members', 'ada'],
      ['members', 'bob'],
    ]),
  );
  expect(groupInput.parse(read)).toEqual({ name: 'Night shift', members: ['ada', 'bob'] });
});

describe('what a relay is sent', () => {
  test.each([
    ['01 FF', { data: '01ff' }],
    ['01:ff', { data: '01ff' }],
    ['{"a":1}', { object: { a: 1 } }],
    ['["on"]', { object: ['on'] }],
    ['"on"', { object: 'on' }],
    // The box says that it is no hex.
    ['{broken', { data: '{broken' }],
  ])('%s', (text, signal) => {
    expect(signalOf(text)).toEqual(signal);
  });
});

test('hours: each choice of days and times is a window the box reads, midnight at the end too', () => {
  for (const days of WINDOW_DAYS)
    for (const [from, to] of [
      ['22:00', '06:00'],
      ['00:00', '00:00'],
    ] as const) {
      const text = windowTextOf({ days, from, to });
      expect(personInput.safeParse({ ...PEOPLE[0], quiet: { windows: [text], except: 'low' } }).success).toBe(
        true,
      );
      expect(windowRowOf(text)).toEqual({ days: days === 'every' ? '' : days, from, to });
    }
});
