/** The survey on a telephone: a floor plan is put on the box and touched with a finger where one stands. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPictures } from '../../src/store/pictures.ts';
import { createVisitor, overflowOf, smallTargets } from '../support/browser.ts';
import { describeWith, temporaryFolder } from '../support/process.ts';
import { SHOWN_GATEWAY } from '../support/shown-frames.ts';

/** A plan with more height than the screen, as a page of a binder photographed upright. */
function drawPlan(page: Page): Promise<string> {
  return page.evaluate(() => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [800, 1_600];
    canvas.getContext('2d')?.strokeRect(100, 100, 600, 1_400);
    return canvas.toDataURL('image/png').split(',')[1] ?? '';
  });
}

/** Whether the middle of the pin is where `across` and `down`, shares of the plan, are: to the pixel. */
function isPinnedAt(plan: Locator, across: number, down: number): Promise<boolean> {
  return plan.evaluate(
    (one, [left, top]) => {
      const [outer, inner] = ['img', '.pin'].map((part) => one.querySelector(part)?.getBoundingClientRect());
      if (!outer || !inner) return false;
      const x = inner.x + inner.width / 2 - outer.x - left * outer.width;
      const y = inner.y + inner.height / 2 - outer.y - top * outer.height;
      return Math.hypot(x, y) < 1;
    },
    [across, down] as const,
  );
}

async function touch(plan: Locator, across: number, down: number): Promise<void> {
  const box = await plan.locator('img').boundingBox();
  if (!box) throw new Error('the plan has no place on the page');
  await plan.tap({ position: { x: across * box.width, y: down * box.height } });
}

/** A finger that moves down over the plan, as one does to scroll the page back. */
async function dragOver(page: Page, plan: Locator): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const box = await plan.boundingBox();
  const [x, y] = [(box?.x ?? 0) + 60, (box?.y ?? 0) + 300];
  const finger = (type: 'touchStart' | 'touchMove', at: number) =>
    session.send('Input.dispatchTouchEvent', { type, touchPoints: [{ x, y: at }] });
  await finger('touchStart', y);
  for (let moved = 20; moved <= 200; moved += 20) await finger('touchMove', y + moved);
  await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  // A page that still runs on takes the next touch for one that stops it.
  const isAtRest = () =>
    page.evaluate(async () => {
      const before = scrollY;
      for (let frames = 0; frames < 20; frames += 1) await new Promise((done) => requestAnimationFrame(done));
      return scrollY === before;
    });
  await expect.poll(isAtRest).toBe(true);
}

describeWith(['chromium'], 'a floor plan under a finger', () => {
  const visitor = createVisitor({ hasTouch: true, isMobile: true, deviceScaleFactor: 2 });
  const folder = temporaryFolder();
  beforeAll(visitor.start, 60_000);
  afterAll(async () => {
    await visitor.stop();
    folder.remove();
  });

  test('the spot is where it was touched; scrolling by the plan marks nothing; it is kept and shown there', async () => {
    const pictures = openPictures(folder.path);
    const { page, site, complaints, leave } = await visitor.visit(2, () => ({ pictures }), '#/survey');
    await page.locator('.choice').first().tap();
    await page.locator('.margin-now .figure').waitFor();
    const chosen = decodeURIComponent(page.url().split('/').at(-1) ?? '');
    await page.getByText('Add a floor plan').first().tap();
    await page.getByLabel('Name of the new plan').fill('ground floor');
    const file = join(folder.path, 'plan.png');
    writeFileSync(file, Buffer.from(await drawPlan(page), 'base64'));
    await page.locator('#mark input[type=file]').setInputFiles(file);
    const plan = page.locator('#mark .plan');
    await plan.locator('img').waitFor();
    await expect.poll(async () => (await plan.boundingBox())?.height).toBeGreaterThan(300);
    const pin = plan.locator('.pin');
    await expect.poll(() => pin.count()).toBe(0);

    await touch(plan, 0.25, 0.75);
    await expect.poll(() => isPinnedAt(plan, 0.25, 0.75)).toBe(true);
    await expect.poll(() => page.getByLabel('From the left, %').inputValue()).toBe('25');
    await expect.poll(() => page.getByLabel('From above, %').inputValue()).toBe('75');
    // On the pin itself, and at the edge.
    await touch(plan, 0.27, 0.74);
    await expect.poll(() => isPinnedAt(plan, 0.27, 0.74)).toBe(true);
    await touch(plan, 0.99, 0.01);
    await expect.poll(() => isPinnedAt(plan, 0.99, 0.01)).toBe(true);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    await touch(plan, 0.25, 0.75);
    await expect.poll(() => isPinnedAt(plan, 0.25, 0.75)).toBe(true);

    // A finger that scrolls the page by the plan.
    await plan.evaluate((one) => one.scrollIntoView({ block: 'center' }));
    const before = await page.evaluate(() => scrollY);
    await dragOver(page, plan);
    await expect.poll(() => page.evaluate(() => scrollY)).not.toBe(before);
    await expect.poll(() => isPinnedAt(plan, 0.25, 0.75)).toBe(true);
    // Two fingers still make it larger.
    expect(await plan.evaluate((one) => getComputedStyle(one).touchAction)).not.toBe('none');

    site.hear(chosen, {}, { rx: [{ gw: SHOWN_GATEWAY, rssi: -110, snr: 5 }], timeMs: Date.now() + 50 });
    await page.getByLabel('What the spot is called').fill('Stairs');
    const mark = page.getByRole('button', { name: 'Mark', exact: true });
    await expect.poll(() => mark.isEnabled()).toBe(true);
    expect(await smallTargets(page)).toEqual([]);
    await mark.tap();
    await page
      .getByText('“Stairs” is marked.')
      .waitFor()
      .catch(async ({ message }: Error) => {
        const said = await page.locator('#mark').textContent();
        const label = await page.getByLabel('What the spot is called').inputValue();
        throw new Error(`${message}; called “${label}”; the page says: ${said}`);
      });
    const [kept] = site.deps.store.documents.all('survey-spot').values();
    expect(kept).toMatchObject({ label: 'Stairs', plan: { name: 'ground-floor' } });
    const { x: keptX, y: keptY } = (kept as { plan: { x: number; y: number } }).plan;
    expect([keptX, keptY].map((share) => Math.round(share * 100))).toEqual([25, 75]);
    const shown = page.locator('#spots .plan .pin');
    await shown.waitFor();
    expect(
      await shown.evaluate((one) => [one.style.left, one.style.top].map(parseFloat).map(Math.round)),
    ).toEqual([25, 75]);
    // The next spot begins without a place.
    await expect.poll(() => pin.count()).toBe(0);
    expect(complaints.filter((one) => !one.includes('404'))).toEqual([]);
    await leave();
  }, 60_000);
});
