/** What lies on a drawing: never outside it, and under ids of its own. */
import { expect, test } from 'vitest';
import { freshId, isWhole, nudged, placed } from '../../../src/ui/web/mimic/sheet-data.ts';
import { idOfName } from '../../../src/ui/web/name-id.ts';

const item = { id: 'i1', kind: 'value', x: 0.5, y: 0.5 } as const;

test('nothing is moved off the drawing, by hand or by keys', () => {
  expect(placed(item, -3, 1.7)).toMatchObject({ x: 0, y: 1 });
  expect(nudged({ ...item, x: 0.005 }, 'ArrowLeft')).toMatchObject({ x: 0, y: 0.5 });
  expect(nudged(item, 'ArrowUp')).toMatchObject({ x: 0.5, y: 0.49 });
  expect(nudged(item, 'Enter')).toBeUndefined();
});

test('ids are new, whatever was removed before', () => {
  expect(freshId([])).toBe('i1');
  expect(freshId([item, { ...item, id: 'i3' }])).toBe('i4');
  expect(freshId([{ ...item, id: 'i2' }])).toBe('i3');
});

test('a name becomes an id that can be one, and none that is taken', () => {
  expect(idOfName('Halle 1 / Süd', 'sheet', [])).toBe('halle-1-su-d');
  expect(idOfName('../..', 'sheet', [])).toBe('sheet');
  expect(idOfName('地下', 'sheet', ['sheet', 'sheet-2'])).toBe('sheet-3');
  expect(idOfName('x'.repeat(80), 'sheet', []).length).toBeLessThanOrEqual(40);
});

test('what lacks its device, bytes or words cannot be saved', () => {
  const device = '0011223344556677';
  expect(isWhole(item)).toBe(false);
  expect(isWhole({ ...item, device })).toBe(true);
  expect(isWhole({ ...item, kind: 'text' })).toBe(false);
  expect(isWhole({ ...item, kind: 'button', device, text: 'Open', fPort: 1 })).toBe(false);
  expect(isWhole({ ...item, kind: 'button', device, text: 'Open', fPort: 1, data: '01' })).toBe(true);
});
