/** Fields as the profile of their device wants them: name, unit, digits, hidden ones, limits. */
import { describe, expect, test } from 'vitest';
import { figureOf, shownFields } from '../../../src/ui/web/fields.ts';

const FIELDS = { temperature_1: 21.456, level: 3, door: true, note: 'open' };

describe('fields by a profile', () => {
  test('P4: name, unit and digits are the ones of the profile, also for a value that is whole', () => {
    const shown = shownFields(FIELDS, {
      temperature_1: { name: 'Soil', unit: 'K', digits: 1 },
      level: { unit: 'cm', digits: 2 },
      door: { name: 'Hatch' },
    });
    expect(shown.map(({ label, text, unit }) => [label, text, unit])).toEqual([
      ['Soil', '21.5', 'K'],
      ['Level', '3.00', 'cm'],
      ['Hatch', 'yes', undefined],
      ['Note', 'open', undefined],
    ]);
    expect(figureOf('level', -0.001, { level: { digits: 2 } })).toBe('0.00');
    expect(figureOf('level', -1.25, { level: { digits: 1 } })).toBe('−1.3');
  });

  test('P4: a hidden field is left out unless asked for; without a profile the name of the field decides', () => {
    const displays = { level: { hidden: true }, note: { hidden: true } };
    expect(shownFields(FIELDS, displays).map(({ key }) => key)).toEqual(['temperature_1', 'door']);
    expect(shownFields(FIELDS, displays, true)).toHaveLength(4);
    expect(shownFields(FIELDS, undefined)[0]).toMatchObject({
      label: 'Temperature',
      text: '21.46',
      unit: '°C',
    });
  });

  test('P4: a value beyond a limit says which; one at the limit is within', () => {
    const beyond = (level: number) =>
      shownFields({ level }, { level: { low: 2, high: 8, digits: 1 } })[0]?.beyond;
    expect(beyond(1.9)).toEqual({ side: 'low', limit: '2.0' });
    expect(beyond(8.1)).toEqual({ side: 'high', limit: '8.0' });
    expect([beyond(2), beyond(8)]).toEqual([undefined, undefined]);
  });

  test('a value that the profile has a name for is called so, without a unit; others stay as they are, and limits hold', () => {
    const displays = {
      level: { unit: 'cm', high: 2, states: { 3: 'full' } },
      door: { states: { true: 'open' } },
    };
    const shown = shownFields({ ...FIELDS, constructor: 1 }, { ...displays, constructor: { states: {} } });
    expect(shown.map(({ text, unit, isState }) => [text, unit, isState])).toEqual([
      ['21.46', '°C', false],
      ['full', undefined, true],
      ['open', undefined, true],
      ['open', undefined, false],
      ['1', undefined, false],
    ]);
    expect(shown[1]?.beyond).toEqual({ side: 'high', limit: '2' });
    expect(shownFields({ level: 1 }, displays)[0]).toMatchObject({ text: '1', unit: 'cm', isNumber: true });
  });

  test('a field named like something every object has finds no display of it', () => {
    expect(shownFields({ constructor: 1, toString: 2 }, {}).map(({ text }) => text)).toEqual(['1', '2']);
  });
});
