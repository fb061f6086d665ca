/** The pages in the language of the reader: as the browser is set, or as chosen on the page of more; whole at the narrowest width. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createVisitor, cutTexts, overflowOf, smallTargets } from '../support/browser.ts';
import { PAGES as EVERY_PAGE, furnishAmiss as furnishEverything } from '../support/page-list.ts';
import { describeWith } from '../support/process.ts';
import { createCodecShelf, createDownlinkLine } from '../support/ui-desks.ts';
import type { UiSite } from '../support/ui-site.ts';

/** Names a folder to keep pictures in, to be looked at. */
const PICTURES = process.env.WSE_TEST_PICTURES;
const WIDTHS = [320, 390] as const;
const PAGES = [
  '#/',
  '#/devices',
  '#/device/70b3d57ed0000000',
  '#/setup/70b3d57ed0000000',
  '#/gateways',
  '#/gateway/0016c001ff10a235',
  '#/readings',
  '#/unknown',
  '#/parts',
  '#/codecs',
  '#/quarantine',
  '#/add',
  '#/more',
  '#/wall',
];

function furnishAmiss(site: UiSite) {
  const duty = [{ band: 'L', fromHz: 865_000_000, toHz: 868_000_000, allowed: 0.01, used: 0.168 }];
  const [first] = site.gateways;
  if (first) site.gateways[0] = { ...first, duty };
  const down = { state: 'down', detail: 'no answer', hint: 'Is it running?' } as const;
  site.status.influx = { ...site.status.influx, ...down, pending: 12_345, quarantined: 2 };
  return { scripts: createCodecShelf(site).desk, downlinks: createDownlinkLine(site).desk };
}

/** What the browser asks for, without the hashes in the names. */
function wordsAsked(page: Page): string[] {
  const asked: string[] = [];
  page.on('request', (request) => {
    const [, name] = /\/(first|later)-\w+\.js$/.exec(request.url()) ?? [];
    if (name !== undefined) asked.push(name);
  });
  return asked;
}

/** Words of the bar that reach over the edge of the screen, which makes no page wider. */
function cutOffBar(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('.nav a')]
      .filter((link) => {
        const words = document.createRange();
        words.selectNodeContents(link);
        const { left, right } = words.getBoundingClientRect();
        return left < 0 || right > innerWidth;
      })
      .map(({ textContent }) => textContent ?? ''),
  );
}

describeWith(['chromium'], 'the language of the pages', () => {
  const visitor = createVisitor();
  beforeAll(visitor.start, 60_000);
  afterAll(visitor.stop);

  test('is chosen on the page of more, kept by the browser, and holds for words, numbers and the reader’s aids', async () => {
    const { page, url, complaints, leave } = await visitor.visit(14, furnishAmiss, '#/more');
    await page.getByRole('button', { name: 'Deutsch' }).click();
    await page.getByRole('heading', { name: 'Mehr' }).waitFor();
    await expect.poll(() => page.locator('html').getAttribute('lang')).toBe('de');
    await expect
      .poll(() => page.getByRole('button', { name: 'Deutsch' }).getAttribute('aria-pressed'))
      .toBe('true');
    const asked = wordsAsked(page);
    await page.goto(`${url}#/parts`);
    await page.reload();
    await page.getByRole('heading', { name: 'Teile der Box' }).waitFor();
    await expect.poll(() => page.title()).toMatch(/^Teile der Box · /);
    await page.getByText('12.345 warten').waitFor();
    // One language, and of it only what this page needs.
    expect(asked).toEqual(['first']);
    await page.goto(`${url}#/more`);
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'More' }).waitFor();
    await expect.poll(() => page.locator('html').getAttribute('lang')).toBe('en');
    expect(complaints).toEqual([]);
    await leave();
  }, 60_000);

  test('is the browser’s where none was chosen, and every page is whole in German at 320 and 390 px', async () => {
    const { page, url, complaints, strange, leave } = await visitor.visit(14, furnishAmiss);
    await page.evaluate(() => localStorage.removeItem('wse-language'));
    await page.addInitScript(() => {
      Object.defineProperty(navigator, 'languages', { get: () => ['fr', 'de-AT', 'en'] });
    });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 740 });
      for (const hash of PAGES) {
        await page.goto(url + hash);
        await page.reload();
        await page.locator('main h2').first().waitFor();
        await expect.poll(() => page.locator('html').getAttribute('lang')).toBe('de');
        expect(await overflowOf(page), `${hash} at ${width}`).toBeLessThanOrEqual(0);
        expect(await cutOffBar(page), `${hash} at ${width}`).toEqual([]);
        expect(await smallTargets(page), `${hash} at ${width}`).toEqual([]);
        if (PICTURES !== undefined)
          await page.screenshot({
            path: `${PICTURES}/de${hash.replace(/\W+/g, '_')}-${width}.png`,
            fullPage: true,
          });
      }
    }
    expect({ complaints, strange }).toEqual({ complaints: [], strange: [] });
    await leave();
  }, 120_000);

  test('no word of ours is cut off in German at 320 px, on any page', async () => {
    const { page, open, leave } = await visitor.visit(14, furnishEverything);
    await page.evaluate(() => localStorage.setItem('wse-language', 'de'));
    await page.setViewportSize({ width: 320, height: 740 });
    await page.reload();
    const cut: Record<string, readonly string[]> = {};
    for (const hash of EVERY_PAGE) {
      await open(hash);
      const found = await cutTexts(page);
      if (found.length > 0) cut[hash] = found;
    }
    expect(cut).toEqual({});
    await leave();
  }, 60_000);
});
