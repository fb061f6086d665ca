/** What the nightly bench calls a regression. */
import { expect, test } from 'vitest';
import { type Figure, figure, markdown } from '../../scripts/bench/figure.ts';
import { median, quantile } from '../../scripts/bench/median.ts';
import { baselineOf, regressions } from '../../scripts/bench/regression.ts';

const lower = (value: number): Figure =>
  figure('cpu', 'CPU', [value, 's'], 'measured', { reference: 1, to: 'nothing' });
const higher = (value: number): Figure =>
  figure('rate', 'frames', [value, '/s'], 'measured', { reference: 1, to: 'it', better: 'higher' });
const plain = figure('idle', 'memory', [60, 'MB'], 'measured');
const baseline = baselineOf({ figures: [lower(2), higher(0.5), plain] });

test('the baseline holds ratios and nothing that depends on the machine', () => {
  expect(baseline).toEqual({ cpu: { value: 2, better: 'lower' }, rate: { value: 0.5, better: 'higher' } });
});

test.each([
  ['the same', [lower(2), higher(0.5)], []],
  ['better', [lower(1), higher(0.9)], []],
  ['a fifth worse', [lower(2.4), higher(0.4)], []],
  ['more than a fifth more', [lower(2.41), higher(0.5)], ['cpu']],
  ['more than a fifth less', [lower(2), higher(0.39)], ['rate']],
  ['not measured', [higher(0.5)], ['cpu']],
  ['without its ratio', [figure('cpu', 'CPU', [2, 's'], 'measured'), higher(0.5)], ['cpu']],
  ['no number', [lower(Number.NaN), higher(0.5)], ['cpu']],
  ['nothing', [], ['cpu', 'rate']],
])('%s', (_, figures, worse) => {
  expect(regressions(baseline, { figures }).map(({ key }) => key)).toEqual(worse);
});

test('the table shows value and ratio, and tells what was not measured', () => {
  const table = markdown({
    ...{ node: 'v24.0.0', cpu: 'a core', cores: 2, load: [0, 0, 0], quick: false },
    figures: [lower(2), figure('rate', 'frames', [12_345.6, '/s'], 'counted')],
    missing: [{ part: 'flash', why: 'no loop device', skipped: true }],
  });
  expect(table).toContain('| CPU | 2.00 s | 2.00 times nothing |');
  expect(table).toContain('| frames | 12 346 /s |  |');
  expect(table).toContain('- flash: not here: no loop device');
});

test('the middle of an even number lies between two; a share of none is no number', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, Number.NaN]);
  expect([quantile([3, 1, 2], 0.5), quantile([1, 2], 1), quantile([], 0.5)]).toEqual([2, 2, Number.NaN]);
});
