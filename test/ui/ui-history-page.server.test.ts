/** A device's charts in a real browser: what is asked of the box when hands, keys and buttons zoom and move, gaps, table, files. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HistoryMark, HistoryPoint, HistoryQuery, Store } from '../../src/store/contract.ts';
import { createVisitor, overflowOf, smallTargets, type Visitor } from '../support/browser.ts';
import { describeWith } from '../support/process.ts';

const DAY_MS = 86_400_000;

type Asked = HistoryQuery & { readonly devEui: string };

/** As many buckets as are asked for, of two fields, with a hole in the middle; what was asked is kept. */
function makeHistory(asked: Asked[]): Store['history'] {
  return async (devEui, query) => {
    asked.push({ ...query, devEui });
    const bucketMs = Math.ceil((query.toMs - query.fromMs) / query.buckets);
    const points = (base: number): HistoryPoint[] =>
      Array.from({ length: query.buckets }, (_none, n): HistoryPoint => {
        const mean = base + Math.sin(n / 20);
        const startMs = query.fromMs + n * bucketMs;
        const times = { startMs, firstMs: startMs, lastMs: startMs };
        return { ...times, count: 1_000, min: mean - 0.5, max: mean + 0.5, mean, first: mean, last: mean };
      }).filter((_point, n) => n < 200 || n > 300);
    const series = [
      { field: 'relative_humidity_2', points: points(70) },
      { field: 'temperature_1', points: points(4) },
    ];
    const once = (timeMs: number) => ({ timeMs, toMs: timeMs, count: 1 });
    const marks: readonly HistoryMark[] = [
      { kind: 'downlink', step: 'failed', ...once(query.toMs - 3_600_000) },
      { kind: 'late', timeMs: query.toMs - 7_200_000, toMs: query.toMs - 3_600_000, count: 4 },
    ];
    return { source: 'readings', fromMs: query.fromMs, bucketMs, series, behind: 0, marks };
  };
}

async function look(visitor: Visitor, devices = 1) {
  const asked: Asked[] = [];
  const visit = await visitor.visit(devices, (site) => ({
    store: { ...site.deps.store, history: makeHistory(asked) },
  }));
  const { page, ids } = visit;
  await page.goto(`${page.url()}#/device/${ids[0]}`);
  const history = page.locator('#history');
  await history.locator('canvas').nth(1).waitFor();
  const span = () => {
    const last = asked.at(-1);
    return last ? last.toMs - last.fromMs : 0;
  };
  return { ...visit, asked, history, span };
}

/** Values follow what is drawn. */
const until = (page: Page, isSo: () => boolean) =>
  expect.poll(isSo, { timeout: 10_000, message: page.url() }).toBe(true);

describeWith(['chromium'], "a device's history", () => {
  const visitor = createVisitor();
  beforeAll(visitor.start, 60_000);
  afterAll(visitor.stop);

  test('two fields are drawn at once by 500 buckets; spans, buttons and keys ask for other ranges', async () => {
    const { page, history, asked, span, complaints, strange, leave } = await look(visitor);
    expect(asked[0]).toMatchObject({ buckets: 500 });
    expect(span()).toBeCloseTo(DAY_MS, -4);
    await history.getByRole('button', { name: '1 year' }).click();
    await until(page, () => Math.abs(span() - 365 * DAY_MS) < 1_000);
    await expect
      .poll(() => history.getByRole('button', { name: '1 year' }).getAttribute('aria-pressed'))
      .toBe('true');
    await history.getByRole('button', { name: 'Zoom in' }).click();
    await until(page, () => Math.abs(span() - 182.5 * DAY_MS) < 1_000);
    const before = asked.at(-1)?.toMs ?? 0;
    await history.getByRole('region', { name: /^Charts/ }).focus();
    await page.keyboard.press('ArrowLeft');
    await until(page, () => before - (asked.at(-1)?.toMs ?? 0) > 45 * DAY_MS);
    await page.keyboard.press('End');
    await until(page, () => (asked.at(-1)?.toMs ?? 0) - before > 90 * DAY_MS);
    await page.keyboard.press('-');
    await until(page, () => Math.abs(span() - 365 * DAY_MS) < 1_000);
    expect(await smallTargets(page)).toEqual([]);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect([complaints, strange]).toEqual([[], []]);
    await leave();
  });

  test('a drag zooms to what was marked, the wheel around the pointer, two fingers apart as well', async () => {
    const { page, history, span, leave } = await look(visitor);
    const over = history.locator('.u-over').first();
    // Scrolled to and at rest: what is measured while the page still moves is elsewhere when it is touched.
    await over.hover();
    const box = (await over.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    const [y, at] = [box.y + box.height / 2, (share: number) => box.x + share * box.width];
    await page.mouse.move(at(0.25), y);
    await page.mouse.down();
    await page.mouse.move(at(0.75), y, { steps: 4 });
    await page.mouse.up();
    await until(page, () => Math.abs(span() / DAY_MS - 0.5) < 0.05);
    await page.mouse.click(at(0.5), y);
    await page.mouse.wheel(0, 100);
    await until(page, () => Math.abs(span() / DAY_MS - 0.625) < 0.05);
    const touch = (type: string, pointerId: number, share: number) =>
      over.dispatchEvent(type, { pointerType: 'touch', pointerId, clientX: at(share), clientY: y });
    await touch('pointerdown', 1, 0.4);
    await touch('pointerdown', 2, 0.6);
    await touch('pointermove', 2, 0.8);
    await touch('pointerup', 1, 0.4);
    await touch('pointerup', 2, 0.8);
    await until(page, () => Math.abs(span() / DAY_MS - 0.3125) < 0.05);
    await leave();
  });

  test('fields are chosen, a table is behind, the files are of the same range, a picture is saved', async () => {
    const { page, history, leave } = await look(visitor);
    await history.getByRole('button', { name: 'relative humidity 2' }).click();
    await history.locator('canvas').nth(1).waitFor({ state: 'detached' });
    await history.getByText('As a table').click();
    const rows = history.locator('tbody tr');
    await rows.first().waitFor();
    await expect.poll(() => rows.count()).toBe(200);
    await expect.poll(() => rows.first().textContent()).toMatch(/°C.*1000$/);
    const [csv] = await Promise.all([
      page.waitForEvent('download'),
      history.getByRole('link', { name: 'CSV', exact: true }).click(),
    ]);
    expect(csv.suggestedFilename()).toMatch(/^[0-9a-f]{16}\.csv$/);
    const [picture] = await Promise.all([
      page.waitForEvent('download'),
      history.getByRole('button', { name: 'Picture' }).click(),
    ]);
    expect(picture.suggestedFilename()).toBe('Cold_store_1.png');
    await leave();
  });

  test('another device is drawn into the same charts, asked for the same time, and goes away again; what else happened is told', async () => {
    const { page, history, asked, ids, complaints, strange, leave } = await look(visitor, 3);
    const other = ids[1] ?? '';
    const label = await history.locator(`datalist option[value*="${other}"]`).getAttribute('value');
    await history.getByLabel('Compare with').fill(label ?? '');
    await history.locator('.legend li').nth(1).waitFor();
    const last = asked.findLast(({ devEui }) => devEui === other);
    expect(asked.findLast(({ devEui }) => devEui === ids[0])).toMatchObject({
      ...{ fromMs: last?.fromMs, toMs: last?.toMs },
    });
    await history
      .locator('.u-over')
      .first()
      .hover({ position: { x: 30, y: 50 } });
    const name = (label ?? '').split(' (')[0] ?? '';
    await expect.poll(() => history.locator('.chart output').first().textContent()).toContain(name);
    expect(await smallTargets(page)).toEqual([]);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    await history.getByText('2 things more in this time').click();
    const told = await history.locator('.marks').textContent();
    expect(told).toMatch(/Downlink: Failed/);
    expect(told).toMatch(/4 readings came late/);
    await history.getByRole('button', { name: `Without ${name}` }).click();
    await history.locator('.legend').first().waitFor({ state: 'detached' });
    expect([complaints, strange]).toEqual([[], []]);
    await leave();
  });
});
