/** Several devices found by area and changed together in a real browser: nothing happens before what would happen was seen. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createVisitor, overflowOf, smallTargets } from '../support/browser.ts';
import { describeWith } from '../support/process.ts';
import type { UiSite } from '../support/ui-site.ts';

const PICTURES = process.env.WSE_TEST_PICTURES;

function inAreas(site: UiSite): undefined {
  const { devices } = site.deps.store;
  for (const [n, { nextFCntUp: _, lastSeq: __, lastSeenMs: ___, ...device }] of devices.list().entries())
    devices.put({ ...device, origin: 'api', ...(n % 3 === 0 ? { area: 'Pump house' } : {}) });
}

describeWith(['chromium'], 'several devices', () => {
  const visitor = createVisitor();
  beforeAll(visitor.start, 60_000);
  afterAll(visitor.stop);

  test('are found by area, chosen, looked at, and changed', async () => {
    const { page, site, complaints, leave } = await visitor.visit(9, inAreas, '#/devices');
    const { devices } = site.deps.store;
    await page.setViewportSize({ width: 320, height: 700 });
    await page.getByRole('combobox', { name: 'Area' }).selectOption('Pump house');
    await page.waitForURL(/#\/devices\/in%3APump%20house$/);
    await expect.poll(() => page.locator('.device').count()).toBe(3);
    await page.getByRole('button', { name: 'Change several' }).click();
    await page.getByRole('button', { name: 'Choose the 3 shown' }).click();
    await page.getByText('3 chosen').waitFor();
    await page.locator('.device').first().click();
    await page.getByText('2 chosen').waitFor();
    await page.locator('input[name="value"]').fill('Yard');
    await page.getByRole('button', { name: 'See what changes' }).click();
    await page.getByText('It would change 2, remove 0 and leave 0 as they are.').waitFor();
    await page.getByText('Area from Pump house to Yard').first().waitFor();
    expect(devices.list().some(({ area }) => area === 'Yard')).toBe(false);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(await smallTargets(page)).toEqual([]);
    if (PICTURES !== undefined)
      await page.screenshot({ path: `${PICTURES}/several-320.png`, fullPage: true });
    await page.getByRole('button', { name: 'Change 2 devices' }).click();
    await page.getByText('Changed 2, removed 0, left 0 as they are.').waitFor();
    expect(devices.list().filter(({ area }) => area === 'Yard')).toHaveLength(2);
    expect(complaints).toEqual([]);
    await leave();
  }, 60_000);

  test('2 000 of them stand under their areas, the worst first and counted, and only a screenful is drawn', async () => {
    const inManyAreas = (site: UiSite): undefined => {
      const { devices } = site.deps.store;
      for (const [n, { nextFCntUp: _, lastSeq: __, lastSeenMs: ___, ...device }] of devices.list().entries())
        devices.put({ ...device, origin: 'api', area: `Hall ${n % 20}` });
      const lastSeenMs = site.deps.world.clock.nowMs() + 1_000;
      site.strangers.unshift({
        ...{ devEui: '70b3d57ed0000007', joinEui: '00'.repeat(8), reason: 'join_wrong_mic', frames: 3 },
        ...{ lastSeenMs, gatewayId: '0016c001ff10a235', rssi: -90, snr: 5 },
      });
    };
    const { page, complaints, leave } = await visitor.visit(2_000, inManyAreas, '#/devices');
    const heads = page.locator('.group-head');
    await heads.first().getByText('Hall 7 (100)').waitFor();
    await heads
      .first()
      .getByText(/^\d+ abnormal$/)
      .waitFor();
    await page.locator('.device').first().locator('.amiss').first().waitFor();
    await expect.poll(() => page.locator('.virtual > li').count()).toBeLessThan(80);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(await smallTargets(page)).toEqual([]);
    // 101 rows further down is the next area, whose heading was not drawn before.
    await expect.poll(() => heads.getByText('Hall 0 (100)').count()).toBe(0);
    await page.evaluate(() => {
      const first = document.querySelector('.virtual > li');
      scrollBy(0, (first?.clientHeight ?? 56) * 101);
    });
    await heads.getByText('Hall 0 (100)').waitFor();
    await expect.poll(() => page.locator('.virtual > li').count()).toBeLessThan(80);
    await heads.getByText('Hall 0 (100)').click();
    await page.waitForURL(/in%3AHall%200$/);
    await expect.poll(() => heads.count()).toBe(0);
    await page.getByRole('combobox', { name: 'Area' }).waitFor();
    expect(complaints).toEqual([]);
    await leave();
  }, 90_000);

  test('somebody else changed one meanwhile: it is left alone, and that is said', async () => {
    const { page, site, leave } = await visitor.visit(3, inAreas, '#/devices');
    const { devices } = site.deps.store;
    await page.getByRole('button', { name: 'Change several' }).click();
    await page.getByRole('button', { name: 'Choose the 3 shown' }).click();
    await page.locator('input[name="value"]').fill('Yard');
    await page.getByRole('button', { name: 'See what changes' }).click();
    await page.getByText('It would change 3').waitFor();
    const [first] = devices.list();
    if (!first) throw new Error('no device');
    const { nextFCntUp: _, lastSeq: __, lastSeenMs: ___, ...device } = first;
    devices.put({ ...device, name: 'Theirs' });
    await page.getByRole('button', { name: 'Change 3 devices' }).click();
    await page.getByText('Theirs: somebody else changed it meanwhile').waitFor();
    expect(devices.list().filter(({ area }) => area === 'Yard')).toHaveLength(2);
    await leave();
  }, 60_000);
});
