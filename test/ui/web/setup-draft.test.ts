/** What two people set of one device, put together. */
import { expect, test } from 'vitest';
import { differences, draftOf, mayChange, merged } from '../../../src/ui/web/setup/draft.ts';
import { DEVICE } from '../../support/page-views.ts';

test('mine where I changed something, theirs elsewhere', () => {
  const base = draftOf({ ...DEVICE, name: 'Tank', area: 'Yard' });
  const mine = { ...base, name: 'Tank 1' };
  const theirs = { ...base, area: 'Roof', name: 'Tank one' };
  expect(differences(base, theirs)).toEqual(['name', 'area']);
  expect(merged(base, mine, theirs)).toEqual({ ...base, name: 'Tank 1', area: 'Roof' });
});

test('a device that joins has a JoinEUI to set, another one an address', () => {
  const joins = { ...DEVICE, activation: 'otaa', joinEui: '00'.repeat(8) } as const;
  expect(draftOf(joins)).toMatchObject({ joinEui: '00'.repeat(8), devAddr: '' });
  expect(draftOf({ ...DEVICE, activation: 'abp' })).toMatchObject({ joinEui: '', devAddr: '01020304' });
});

test('what is declared elsewhere is only remarked upon', () => {
  const may = (origin: 'api' | 'config' | 'chirpstack') =>
    (['name', 'area', 'profile', 'notes'] as const).filter((part) => mayChange(part, { origin }));
  expect(may('api')).toEqual(['name', 'area', 'profile', 'notes']);
  expect(may('chirpstack')).toEqual(['name', 'area', 'notes']);
  expect(may('config')).toEqual(['area', 'notes']);
});
