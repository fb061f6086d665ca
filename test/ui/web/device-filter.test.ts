/** Which devices the address asks for, and the areas there are. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FLAGS } from '../../../src/ui/web/device-flags.ts';
import { addressOf, areasOf, filterOf } from '../../../src/ui/web/devices/filter.ts';

test('a filter is in its address, whatever the area is called', () => {
  const flag = fc.option(fc.constantFrom(...FLAGS), { nil: undefined });
  const area = fc.option(fc.string(), { nil: undefined });
  fc.assert(
    fc.property(fc.record({ flag, area }), (filter) => {
      expect(filterOf(addressOf(filter))).toEqual(filter);
    }),
  );
  expect(addressOf({ flag: 'stale', area: undefined })).toBe('stale');
});

test('an address of nothing known shows all', () => {
  expect(filterOf('')).toEqual({ flag: undefined, area: undefined });
  expect(filterOf('nonsense')).toEqual({ flag: undefined, area: undefined });
  expect(filterOf('in:')).toEqual({ flag: undefined, area: '' });
});

test('areas come in the order people count, those in none last', () => {
  expect(areasOf([{ area: 'Hall 10' }, {}, { area: 'Hall 2' }, { area: 'Hall 10' }])).toEqual([
    ['Hall 2', 1],
    ['Hall 10', 2],
    ['', 1],
  ]);
});
