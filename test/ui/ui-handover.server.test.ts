/** The hand-over report in a real browser: what is on it, and that one of a large site is made and printed on A4. */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createVisitor, overflowOf } from '../support/browser.ts';
import { describeWith } from '../support/process.ts';
import type { UiSite } from '../support/ui-site.ts';

/** Names a folder to keep the PDF in, to be looked at. */
const PICTURES = process.env.WSE_TEST_PICTURES;
const GATEWAY = '0016c001ff10a235';
/** A page of A4 holds ten devices or more. */
const DEVICES_A_PAGE = 10;

/** A PNG of one pixel. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

function withGateway(site: UiSite): undefined {
  site.deps.store.documents.put('gateway', GATEWAY, {
    name: 'Water tower',
    place: 'Mast, 14 m',
    antenna: '8 dBi',
  });
}

function pagesOf(pdf: Buffer): number {
  return pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
}

describeWith(['chromium'], 'the hand-over report', () => {
  const visitor = createVisitor();
  beforeAll(visitor.start, 60_000);
  afterAll(visitor.stop);

  test('has gateways with place and antenna, devices by area with photo, margin and values', async () => {
    const { site, ids, page, url, leave } = await visitor.visit(
      3,
      (own) => {
        withGateway(own);
        return {
          pictures: {
            ...own.deps.pictures,
            list: async () => [info(own)],
            get: async () => ({ ...info(own), body: PIXEL }),
          },
        };
      },
      '#/handover',
    );
    const [first = ''] = ids;
    const known = site.deps.store.devices.get(first);
    if (known) site.deps.store.devices.put({ ...known, area: 'Boiler house', notes: 'Behind the pump' });
    await page.goto(`${url}#/handover`);
    await page.reload();
    await page.getByText('Mast, 14 m, 8 dBi').waitFor();
    await page.getByRole('heading', { name: 'Boiler house' }).waitFor();
    await page.getByText('Behind the pump').waitFor();
    await page.getByRole('heading', { name: 'Without an area' }).waitFor();
    await expect.poll(() => page.locator('.handover-device img').count()).toBe(1);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: true });
    if (PICTURES !== undefined) writeFileSync(`${PICTURES}/handover.pdf`, pdf);
    expect(pagesOf(pdf)).toBeLessThanOrEqual(2);
    if (PICTURES !== undefined) {
      await page.emulateMedia({ media: 'print' });
      await page.setViewportSize({ width: 672, height: 1_017 });
      await page.screenshot({ path: `${PICTURES}/handover.png`, fullPage: true });
    }
    await leave();
  }, 60_000);

  test('of 2 000 devices is there within seconds, and prints on as many pages as they need', async () => {
    const { page, leave } = await visitor.visit(2_000, undefined, '#/handover');
    await page.waitForFunction(() => document.querySelectorAll('.handover-device').length === 2_000);
    const pdf = await page.pdf({ preferCSSPageSize: true });
    if (PICTURES !== undefined) writeFileSync(`${PICTURES}/handover-2000.pdf`, pdf);
    expect(pagesOf(pdf)).toBeLessThanOrEqual(2_000 / DEVICES_A_PAGE);
    await leave();
  }, 120_000);
});

function info(site: UiSite) {
  const of = [...site.deps.store.devices.list()][0]?.devEui ?? '';
  return { kind: 'device', of, bytes: PIXEL.length, type: 'image/png', changedMs: 1 } as const;
}
