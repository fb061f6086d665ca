/** Every page in a real browser at a phone's, a wall's and the narrowest width: whole, labelled, reached by keyboard alone. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PARENTS, pageOf } from '../../src/ui/web/routes.ts';
import { AXE, violations } from '../support/axe.ts';
import { createVisitor, overflowOf, smallTargets } from '../support/browser.ts';
import { furnishAmiss, PAGES } from '../support/page-list.ts';
import { describeWith } from '../support/process.ts';

/** Names a folder to keep pictures in, to be looked at. */
const PICTURES = process.env.WSE_TEST_PICTURES;
const SIZES = [
  { width: 390, height: 844 },
  { width: 1920, height: 1080 },
  { width: 320, height: 700 },
] as const;

describeWith(['chromium'], 'the shape of the pages', () => {
  const visitor = createVisitor();
  beforeAll(visitor.start, 60_000);
  afterAll(visitor.stop);

  test('the list has every page there is', () => {
    const listed = new Set(PAGES.map((hash) => pageOf(hash).name));
    expect([...listed].sort()).toEqual(Object.keys(PARENTS).sort());
  });

  test('no page scrolls sideways or has a target below 56 px, at any of three sizes', async () => {
    const { page, complaints, strange, open, leave } = await visitor.visit(14, furnishAmiss);
    for (const size of SIZES) {
      await page.setViewportSize(size);
      for (const hash of PAGES) {
        await open(hash);
        expect(await overflowOf(page), `${hash} at ${size.width}`).toBeLessThanOrEqual(0);
        expect(await smallTargets(page), `${hash} at ${size.width}`).toEqual([]);
        if (PICTURES !== undefined)
          await page.screenshot({ path: `${PICTURES}/${hash.replace(/\W+/g, '_')}-${size.width}.png` });
      }
    }
    expect({ complaints, strange }).toEqual({ complaints: [], strange: [] });
    await leave();
  }, 120_000);

  test.each(['light', 'dark', 'night'])(
    'axe finds nothing wrong with any page in %s',
    async (theme) => {
      const { page, open, leave } = await visitor.visit(14, furnishAmiss);
      await page.evaluate((name) => localStorage.setItem('wse-theme', name), theme);
      await page.addInitScript({ content: AXE });
      await page.reload();
      for (const size of SIZES.slice(0, 2)) {
        await page.setViewportSize(size);
        for (const hash of PAGES) {
          await open(hash);
          expect(await violations(page), `${hash} at ${size.width} in ${theme}`).toEqual([]);
        }
      }
      await expect.poll(() => page.evaluate(() => document.documentElement.dataset.theme)).toBe(theme);
      await page.evaluate(() => localStorage.removeItem('wse-theme'));
      await leave();
    },
    180_000,
  );

  test('by keyboard alone: to the list, down to a row that was not drawn at first, into it and back to it', async () => {
    const { page, leave } = await visitor.visit(200);
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
    const nameOfRow = () =>
      page.evaluate(() => document.activeElement?.querySelector('.name')?.textContent ?? '');
    await page.locator('.skip').focus();
    for (let n = 0; n < 80 && (await focused()) !== 'Devices'; n += 1) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('.device').first().waitFor();
    await page.getByRole('searchbox').focus();
    for (let n = 0; n < 60; n += 1) {
      await page.keyboard.press('Tab');
      // The page is drawn with its next frame; a held key is no faster.
      await page.evaluate(
        () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
      );
    }
    const name = await nameOfRow();
    expect(name).not.toBe('');
    await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(1_000);
    const inSight = await page.evaluate(() => {
      const bar = document.querySelector('.nav')?.getBoundingClientRect().top ?? innerHeight;
      const row = document.activeElement?.getBoundingClientRect();
      return row !== undefined && row.top >= 0 && row.bottom <= bar;
    });
    expect(inSight).toBe(true);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name, exact: true }).waitFor();
    await page.goBack();
    await page.waitForFunction(
      (wanted) => document.activeElement?.querySelector('.name')?.textContent === wanted,
      name,
    );
    await leave();
  }, 60_000);

  test('who is quicker than the page that looks for the link by which it was left keeps the focus', async () => {
    const { page, open, leave } = await visitor.visit(2, furnishAmiss);
    await open('#/rule/too-full');
    const isKept = await page.evaluate(async () => {
      const frames = async (count: number): Promise<void> => {
        for (let n = 0; n < count; n += 1) await new Promise(requestAnimationFrame);
      };
      const isThere = () => document.querySelector('main h2')?.textContent === 'Alarms';
      // Up, to a page without a link to the one before.
      location.hash = '#/alarms';
      while (!isThere()) await frames(1);
      await frames(3);
      const skip = document.querySelector<HTMLElement>('.skip');
      skip?.focus();
      await frames(20);
      return skip !== null && document.activeElement === skip;
    });
    expect(isKept).toBe(true);
    await leave();
  });

  test('a filter is in the address, is kept by Back, and counts what it finds', async () => {
    const { page, leave } = await visitor.visit(40, undefined, '#/devices');
    await page.getByRole('button', { name: 'Stale' }).click();
    await page.waitForFunction(() => location.hash === '#/devices/stale');
    const count = await page.locator('.device').count();
    expect(count).toBe(3);
    await expect.poll(() => page.locator('.device.stale').count()).toBe(count);
    await page.locator('[role=status]').getByText('3 devices found').waitFor();
    await page.locator('.device').first().click();
    await page.locator('.back').click();
    await page.waitForFunction(() => location.hash === '#/devices/stale');
    await page.getByRole('button', { name: 'Stale', pressed: true }).click();
    await page.waitForFunction(() => location.hash === '#/devices');
    await leave();
  });

  test('the wall screen shows the abnormal first, fits the window whatever comes, and takes turns', async () => {
    const { page, site, ids, leave } = await visitor.visit(200, undefined, '#/wall/night');
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.locator('.wall .tile').nth(5).waitFor();
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset.theme)).toBe('night');
    await page.locator('.wall .tile').first().getByText('Stale').waitFor();
    const fits = () =>
      page.evaluate(() => {
        const tiles = [...document.querySelectorAll('.tile')].map(
          (tile) => tile.getBoundingClientRect().bottom,
        );
        return {
          scrolls: document.documentElement.scrollHeight > innerHeight,
          out: Math.max(...tiles) > innerHeight,
        };
      });
    await page.waitForFunction(() => {
      const tiles = [...document.querySelectorAll('.tile')];
      return tiles.length > 5 && tiles.every((tile) => tile.getBoundingClientRect().bottom <= innerHeight);
    });
    await expect.poll(() => fits()).toEqual({ scrolls: false, out: false });
    const drawn = await page.locator('*').count();
    for (let round = 0; round < 30; round += 1)
      for (const devEui of ids) site.hear(devEui, { temperature_1: round });
    await page.locator('.wall .tile').getByText('29').first().waitFor();
    await expect.poll(() => page.locator('*').count()).toBeLessThan(1.2 * drawn);
    await expect.poll(() => fits()).toEqual({ scrolls: false, out: false });
    await leave();
  });

  test('a page of an older version that is gone from the box says so, and is loaded again at a touch', async () => {
    const { page, leave } = await visitor.visit(2);
    await page.route(/\/(more|codecs)-\w+\.js$/, (route) => route.fulfill({ status: 404, body: '' }));
    await page.locator('.nav').getByRole('link', { name: 'More' }).click();
    await page.getByText('This page could not be fetched').waitFor();
    expect(await smallTargets(page)).toEqual([]);
    await page.unrouteAll();
    await page.getByRole('button', { name: 'Load the new version' }).click();
    await page.getByRole('link', { name: 'Codecs' }).waitFor();
    await leave();
  });

  test('after an upgrade a page of the version before is loaded again by itself, once', async () => {
    const { page, url, leave } = await visitor.visit(2);
    let loads = 0;
    page.on('load', () => {
      loads += 1;
    });
    // The box has a new version, of which the browser has the old page yet.
    await page.route(/\/(more|codecs)-\w+\.js$/, (route) => route.fulfill({ status: 404, body: '' }));
    await page.route(
      ({ pathname }) => pathname === '/',
      async (route) => {
        const answer = await route.fetch();
        const body = (await answer.text()).replaceAll(/boot-\w+\.js/g, 'boot-NEWER.js');
        await route.fulfill({ response: answer, body });
      },
    );
    await page.route(/boot-NEWER\.js/, async (route) => {
      const [old] = /boot-\w+\.js/.exec(await (await fetch(url)).text()) ?? [];
      await route.fulfill({ response: await route.fetch({ url: String(new URL(old ?? '', url)) }) });
    });
    await page.locator('.nav').getByRole('link', { name: 'More' }).click();
    await expect.poll(() => loads, { timeout: 20_000 }).toBe(1);
    await page.getByText('This page could not be fetched').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('This page could not be fetched').waitFor();
    expect(loads).toBe(1);
    await leave();
  });

  test('a print has the page and all rows, and neither bar nor buttons', async () => {
    const { page, leave } = await visitor.visit(120, undefined, '#/devices');
    await page.locator('.device').first().waitFor();
    await expect.poll(() => page.locator('.device').count()).toBeLessThan(60);
    await page.emulateMedia({ media: 'print' });
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    await page.waitForFunction(() => document.querySelectorAll('.device').length === 120);
    await expect.poll(() => page.locator('.nav').isVisible()).toBe(false);
    await expect.poll(() => page.getByRole('searchbox').isVisible()).toBe(false);
    await page.evaluate(() => dispatchEvent(new Event('afterprint')));
    await page.waitForFunction(() => document.querySelectorAll('.device').length < 60);
    await leave();
  });
});
