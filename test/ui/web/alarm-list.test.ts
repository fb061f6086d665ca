/** Alarms under their headings, and the journal as a table. */
import { describe, expect, test } from 'vitest';
import type { AlarmEntryView, AlarmView } from '../../../src/ui/shapes/alarms.ts';
import { underHeadings } from '../../../src/ui/web/alarms/headings.ts';
import { journalCsv } from '../../../src/ui/web/alarms/journal-csv.ts';

const ALARM: AlarmView = {
  ...{ id: 'r:1', rule: 'r', name: 'r', subject: '1', subjectName: 'D1', priority: 'high', state: 'active' },
  ...{
    isEvent: false,
    message: 'm',
    active: '2026-01-01T00:00:00Z',
    isFirstUp: false,
    group: 'g',
    timesInHour: 1,
  },
};
const ENTRY: AlarmEntryView = {
  ...{
    id: '1-1',
    seq: 1,
    time: '2026-01-01T00:00:00Z',
    device: null,
    event: 'raised',
    alarm: 'r:1',
    rule: 'r',
  },
  ...{ name: 'r', subject: '1', subjectName: 'D1', priority: 'high', state: 'active', isAnnounced: true },
  ...{ isEvent: false, message: 'm', isFirstUp: false, group: 'g' },
};

describe('headings', () => {
  test.each<[string, Partial<AlarmView>]>([
    ['unseen', { state: 'active' }],
    ['unseen', { state: 'cleared' }],
    ['unseen', { state: 'latched' }],
    ['seen', { state: 'acknowledged' }],
    ['silent', { state: 'active', silence: 'shelved' }],
    ['silent', { state: 'normal', silence: 'out-of-service', isEvent: true }],
    ['events', { state: 'active', isEvent: true }],
  ])('%s: %j', (heading, more) => {
    const alarm = { ...ALARM, ...more };
    const found = Object.entries(underHeadings([alarm])).filter(([, list]) => list.length > 0);
    expect(found).toEqual([[heading, [alarm]]]);
  });
});

describe('the journal as CSV', () => {
  test('a line an entry, with what a spreadsheet needs to read it', () => {
    const lines = journalCsv([{ ...ENTRY, message: 'a, "b"\nc', value: -3 }]).split('\r\n');
    expect(lines[0]).toMatch(/^\uFEFFtime,event,priority,message,/);
    expect(lines[1]).toContain('"a, ""b""\nc"');
    expect(lines[1]).toContain(',-3,');
    expect(lines).toHaveLength(3);
  });

  test.each(['=1+1', '+1', '-1', '@a', '\tx'])('%j is no formula', (reason) => {
    const cell = journalCsv([{ ...ENTRY, reason }])
      .split('\r\n')[1]
      ?.split(',')[12];
    expect(cell).toBe(`'${reason}`);
  });
});
