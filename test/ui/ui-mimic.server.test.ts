/** Drawings in a real browser: made, arranged by hand and by keyboard, looked at, and two people who change one at once. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPictures } from '../../src/store/pictures.ts';
import { openSheets } from '../../src/store/sheets.ts';
import { createVisitor, overflowOf, smallTargets } from '../support/browser.ts';
import { describeWith, temporaryFolder } from '../support/process.ts';

const PLAN =
  '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="300" viewBox="0 0 400 300"><rect x="10" y="10" width="380" height="280" fill="none" stroke="black"/></svg>';

describeWith(['chromium'], 'drawings', () => {
  const visitor = createVisitor();
  const folder = temporaryFolder();
  beforeAll(visitor.start, 60_000);
  afterAll(async () => {
    await visitor.stop();
    folder.remove();
  });

  test('one is made, gets a floor plan and a value, which is moved; it shows the value, and another who saved first is not overwritten', async () => {
    const [pictures, sheets] = [openPictures(folder.path), openSheets(folder.path)];
    const visit = await visitor.visit(3, () => ({ pictures, sheets }), '#/mimic');
    const { page, ids, complaints, strange, leave } = visit;
    await page.locator('.tile').nth(2).waitFor();
    await page.getByLabel('Name of a new drawing').fill('Hall 1, Süd');
    await page.getByRole('button', { name: 'New drawing' }).click();
    await page.getByRole('heading', { name: 'Hall 1, Süd' }).waitFor();
    expect(page.url()).toContain('#/mimic/hall-1-su-d');
    await page.getByRole('button', { name: 'Arrange' }).click();
    const plan = { name: 'plan.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(PLAN) };
    await page.locator('input[type=file]').setInputFiles(plan);
    await page.locator('.drawing img').waitFor();
    await page.getByRole('button', { name: '+ Value' }).click();
    await page.getByLabel('Device', { exact: true }).selectOption(ids[1] ?? '');
    const handle = page.locator('.handle');
    await handle.focus();
    await page.keyboard.press('ArrowLeft');
    // Keys that come before the page is drawn again.
    await handle.evaluate((at) => {
      for (const key of ['ArrowDown', 'ArrowRight', 'ArrowLeft'])
        at.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    });
    const box = await page.locator('.drawing').boundingBox();
    if (!box) throw new Error('no drawing');
    expect(await smallTargets(page)).toEqual([]);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    await page.getByRole('button', { name: 'Save' }).click();
    const value = page.locator('a.on-drawing');
    await value.waitFor();
    expect(JSON.parse((await sheets.read('hall-1-su-d')) ?? '').items).toEqual([
      { id: 'i1', kind: 'value', x: 0.49, y: 0.51, device: ids[1] },
    ]);
    await expect.poll(() => value.textContent()).toMatch(/\d/);

    await page.getByRole('button', { name: 'Arrange' }).click();
    await handle.scrollIntoViewIfNeeded();
    const from = await handle.boundingBox();
    if (!from) throw new Error('no handle');
    await page.mouse.move(from.x + 5, from.y + 5);
    await page.mouse.down();
    await page.mouse.move(from.x + 5 - box.width / 4, from.y + 5, { steps: 4 });
    await page.mouse.up();
    await sheets.write('hall-1-su-d', JSON.stringify({ name: 'Hall 1', items: [] }));
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Somebody else has changed the drawing').waitFor();
    expect(JSON.parse((await sheets.read('hall-1-su-d')) ?? '').items).toEqual([]);
    await page.getByRole('button', { name: 'Leave it as it was' }).click();
    await page.getByText('Nothing lies on it yet.').waitFor();
    expect(strange).toEqual([]);
    expect(complaints.filter((one) => !/404|412/.test(one))).toEqual([]);
    await leave();
  });
});
