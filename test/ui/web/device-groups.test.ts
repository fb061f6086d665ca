/** Devices under the headings of their areas: the worst area first, counted, and steady while somebody touches the list. */
import { expect, test } from 'vitest';
import type { Flag } from '../../../src/ui/web/device-flags.ts';
import { byArea } from '../../../src/ui/web/devices/groups.ts';

const row = (key: string, area: string, ...flags: Flag[]) => ({ key, area, flags });
const shape = (groups: ReturnType<typeof byArea>) =>
  groups.map(({ head, rows }) => [head.area, head.count, head.abnormal, rows.map(({ key }) => key).join('')]);

test('areas with the worst first, then by name, those in none last; a small margin is nothing abnormal', () => {
  const rows = [
    row('a', 'Yard 10', 'refused'),
    row('b', '', 'stale'),
    row('c', 'Hall', 'lowMargin'),
    row('d', 'Yard 2'),
    row('e', 'Yard 10'),
    row('f', 'Attic'),
    row('g', ''),
  ];
  expect(shape(byArea(rows, false))).toEqual([
    ['Yard 10', 2, 1, 'ae'],
    ['', 2, 1, 'bg'],
    ['Hall', 1, 0, 'c'],
    ['Attic', 1, 0, 'f'],
    ['Yard 2', 1, 0, 'd'],
  ]);
});

test('rows that keep their order keep the order of areas, whatever became of them', () => {
  const before = [row('a', 'Hall'), row('b', 'Hall'), row('c', 'Yard')];
  const order = shape(byArea(before, false)).map(([area]) => area);
  const after = [row('a', 'Hall'), row('b', 'Hall'), row('c', 'Yard', 'refused')];
  expect(shape(byArea(after, true)).map(([area]) => area)).toEqual(order);
  expect(shape(byArea(after, true)).at(-1)).toEqual(['Yard', 1, 1, 'c']);
});

test('every row stands once, under its own area', () => {
  const rows = Array.from({ length: 500 }, (_, n) =>
    row(`${n}`, `Area ${n % 7}`, ...(n % 5 === 0 ? (['stale'] as const) : [])),
  );
  const groups = byArea(rows, false);
  expect(groups.flatMap(({ rows: own }) => own.map(({ key }) => key)).sort()).toEqual(
    rows.map(({ key }) => key).sort(),
  );
  for (const { head, rows: own } of groups) expect(own.every(({ area }) => area === head.area)).toBe(true);
});
