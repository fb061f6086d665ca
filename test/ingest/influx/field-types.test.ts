/** One type for every field, remembered within bounds and whatever the store says to it (I3). */
import { describe, expect, test } from 'vitest';
import { conflictIn, createFieldTypes } from '../../../src/ingest/influx/field-types.ts';
import { toLines } from '../../../src/model/line-protocol.ts';
import type { FieldValue, LogRecord } from '../../../src/model/record.ts';
import { createMemoryStore, uplinkRecord } from '../../support/memory-store.ts';
import { createTestWorld } from '../../support/world.ts';

function setUp(measurement = 'reading', store = createMemoryStore()) {
  const world = createTestWorld();
  const types = createFieldTypes({ notes: store.notes, measurement, world });
  return { types, world, store, again: (other = measurement) => setUp(other, store).types };
}

const conflict = (field: string, type: 'number' | 'text' | 'bool' | 'other', measurement = 'reading') => ({
  measurement,
  field,
  type,
});

describe('I3: the type of a field', () => {
  test('I3: is the one seen first; other values have a field of their own', () => {
    const { types, world } = setUp();
    types.beginBatch();
    expect(types.nameOf('level', 1)).toBe('level');
    expect(types.nameOf('level', 'high')).toBe('level_text');
    expect(types.nameOf('level', true)).toBe('level_bool');
    types.beginBatch();
    expect(types.nameOf('door', true)).toBe('door');
    types.beginBatch();
    expect(types.nameOf('door', 2)).toBe('door_number');
    expect(types.nameOf('level', 2)).toBe('level');
    const told = world.logged.filter(({ event }) => event === 'influx.field_renamed');
    expect(told.map(({ fields }) => fields.written_as)).toEqual(['level_text', 'level_bool', 'door_number']);
  });

  test('I3: is number when the same batch has a number, in whatever order', () => {
    const { types } = setUp();
    types.beginBatch();
    expect(types.nameOf('level', 'n/a')).toBe('level');
    expect(types.isStale()).toBe(false);
    expect(types.nameOf('level', 1)).toBe('level');
    expect(types.isStale()).toBe(true);
    expect(types.nameOf('level', 'n/a')).toBe('level_text');
    types.beginBatch();
    expect(types.isStale()).toBe(false);
  });

  test('I3: a name with a suffix that a device uses itself for something else is passed by', () => {
    const { types } = setUp();
    types.nameOf('level', 1);
    types.nameOf('level_text', 2);
    expect(types.nameOf('level', 'high')).toBe('level_text_text');
    expect(types.nameOf('level_text', 3)).toBe('level_text');
  });

  test('I3: InfluxDB 3 names a line instead of the measurement, and may cut it', () => {
    const known = (measurement: string, line: string) => {
      const { types } = setUp(measurement);
      types.nameOf('level', 'high');
      types.note({ measurement: line, isLine: true, field: 'level', type: 'number' });
      return types.nameOf('level', 'high');
    };
    for (const line of ['reading,device=70b3', 'reading level=1', 'reading', 'read'])
      expect(known('reading', line)).toBe('level_text');
    for (const line of ['radio,device=70b3', 'reading2,device=70b3', 'reading\\,x,device=1'])
      expect(known('reading', line)).toBe('level');
    expect(known('my reading', 'my\\ reading,device=1')).toBe('level_text');
  });

  test('I3: is known again after a restart, for the same measurement only', () => {
    const { types, again } = setUp();
    types.nameOf('level', 1);
    types.save();
    expect(again().nameOf('level', 'high')).toBe('level_text');
    expect(again('other').nameOf('level', 'high')).toBe('level');
  });

  test('I3: is not saved oftener than every ten seconds, but at the end', () => {
    const { types, world, again } = setUp();
    types.nameOf('level', 1);
    types.save();
    types.nameOf('door', true);
    types.save();
    expect(again().nameOf('door', 1)).toBe('door');
    world.advance(10_000);
    types.save();
    expect(again().nameOf('door', 1)).toBe('door_number');
    types.nameOf('label', 'x');
    types.save(true);
    expect(again().nameOf('label', 1)).toBe('label_number');
  });

  test('I3: is what InfluxDB says, integers included, of the fields we write', () => {
    const { types } = setUp();
    types.nameOf('level', 1);
    types.nameOf('two  words', 1);
    types.note(conflict('level', 'text'));
    types.note(conflict('two words', 'other'));
    types.note(conflict('stranger', 'text'));
    expect(types.nameOf('level', 1)).toBe('level_number');
    expect(types.nameOf('level', 'high')).toBe('level');
    expect(types.nameOf('two  words', 1)).toBe('two  words_number');
    types.note(conflict('level', 'number', 'elsewhere'));
    expect(types.nameOf('level', 'high')).toBe('level');
    types.beginBatch();
    expect(types.nameOf('stranger', 1)).toBe('stranger');
  });

  test('I3: a thousand fields are remembered, those in use; strangers fill no memory', () => {
    const { types, store } = setUp();
    types.nameOf('level', 1);
    for (let index = 0; index < 5_000; index++) {
      types.beginBatch();
      types.nameOf(`junk_${index}`, true);
      expect(types.nameOf('level', 'high')).toBe('level_text');
    }
    expect(types.nameOf('junk_10', 1)).toBe('junk_10');
    const long = 'x'.repeat(900);
    types.nameOf(long, 1);
    types.save(true);
    const saved = JSON.stringify(store.notes.get('influx_field_types'));
    expect(saved).not.toContain(long);
    expect(saved.length).toBeLessThan(30_000);
    expect(saved.split('],[').length).toBe(1_000);
  });

  test.each([
    undefined,
    null,
    7,
    {},
    { measurement: 'reading', fields: 'x' },
    { measurement: 'reading', fields: [['level'], [1, 'text'], ['level', 'float']] },
  ])('I3: %j found in the store is no harm', (value) => {
    const { store, again } = setUp();
    store.notes.put('influx_field_types', value ?? null);
    expect(again().nameOf('level', 'high')).toBe('level');
  });

  test('I3: a store that cannot be read or written is told once, and changes nothing', () => {
    const refuse = () => {
      throw new Error('disk full');
    };
    const world = createTestWorld();
    const types = createFieldTypes({ notes: { get: refuse, put: refuse }, measurement: 'reading', world });
    expect(types.nameOf('level', 1)).toBe('level');
    for (let times = 0; times < 3; times++) {
      types.save(true);
      expect(types.nameOf('level', 'high')).toBe('level_text');
    }
    expect(world.logged.filter(({ event }) => event === 'influx.field_types_unsaved').length).toBe(1);
    expect(world.logged.filter(({ event }) => event === 'influx.field_types_unread').length).toBe(1);
  });
});

describe("I3: InfluxDB's words", () => {
  test.each([
    [
      'failure writing points to database: partial write: field type conflict: input field "pressure" on measurement "reading" is type float, already exists as type string dropped=4',
      conflict('pressure', 'text'),
    ],
    [
      'input field "a "b" c" on measurement "my data" is type string, already exists as type boolean',
      conflict('a "b" c', 'bool', 'my data'),
    ],
    [
      'input field "n" on measurement "reading" is type float, already exists as type integer',
      conflict('n', 'other'),
    ],
    [
      'input field "n" on measurement "reading" is type string, already exists as type float',
      conflict('n', 'number'),
    ],
    ['input field "n" on measurement "reading" is not permitted by schema', undefined],
    ['field type conflict', undefined],
    ['', undefined],
  ])('I3: %s', (words, expected) => {
    expect(conflictIn(words)).toEqual(expected);
  });

  test('I3: 16 KB of nonsense come to an end', () => {
    const words = 'input field "" on measurement "'.repeat(500);
    for (let times = 0; times < 100; times++) expect(conflictIn(words)).toBeUndefined();
  });
});

test('I3: two values of a record never share a field, and names are escaped after they are chosen', () => {
  const { types } = setUp();
  const line = (fields: Record<string, FieldValue>) => {
    const { body, ...stamp } = uplinkRecord('a', 5, fields);
    const record: LogRecord = { ...stamp, seq: 1, body: JSON.stringify(body) };
    const [reading = ''] = toLines(record, '', '', 'reading', 'measured', types.nameOf).split('\n');
    return reading.slice('reading,device=a '.length, -' 5000001'.length);
  };
  expect(line({ level: 1, 'a b': 2, time: 3 })).toBe('level=1,a\\ b=2,time_=3');
  expect(line({ level: 'high', level_text: 'own' })).toBe('level_text_="high",level_text="own"');
  expect(line({ 'a b': 'x', time: 'y' })).toBe('a\\ b_text="x",time__text="y"');
});
