/** What strangers put into names, codes and pictures, in a real browser: shown as it is, whole, and nothing else is hurt by it. */
import { truncateSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDeviceImportService } from '../../src/devices/device-import-service.ts';
import { createVisitor, overflowOf } from '../support/browser.ts';
import { describeWith, temporaryFolder } from '../support/process.ts';
import type { UiSite } from '../support/ui-site.ts';

const NAMES = [
  // From right to left, and one that never ends it.
  'مضخة ١٢ الشمال',
  'pump \u202Egnp.elif',
  // Four bytes each, with joiners.
  '👩‍🔧🏴󠁧󠁢󠁥󠁮󠁧󠁿 Mast 𝔐',
  // Nothing that can be seen between.
  'zero\u200B\u200D\uFEFFwidth',
  'W'.repeat(300),
  '<img src=x onerror="document.title=1">',
  `Tank ${'\u0301'.repeat(200)}`,
];
const PAGES = ['#/', '#/devices', '#/readings', '#/wall', '#/mimic', '#/handover', '#/frames'];
const CODES = [
  'LW:D0:A840410000000101:A84041000181C061:AABB1122\u202E',
  `LW:D0:${'A'.repeat(900)}`,
  'LW:D0:::::::::',
  'javascript:alert(1)',
  '\u0000\u0001',
  '👩‍🔧'.repeat(100),
];

function named(site: UiSite): undefined {
  const { devices } = site.deps.store;
  for (const [n, { nextFCntUp: _, lastSeq: __, lastSeenMs: ___, ...device }] of devices.list().entries())
    devices.put({ ...device, name: NAMES[n] ?? device.name });
  return undefined;
}

function withImports({ deps: { store } }: UiSite) {
  const network = {
    sessions: () => [],
    devNonces: () => ({ last: null, used: new Set<number>() }),
    downlinks: () => [],
  };
  return {
    onboarding: createDeviceImportService({ store: { ...store, network }, codecs: () => ['raw', 'cayenne'] }),
  };
}

describeWith(['chromium'], 'hostile input', () => {
  const visitor = createVisitor();
  beforeAll(visitor.start, 60_000);
  afterAll(visitor.stop);

  test('names of every kind stay in their place at 320 px, and turn nothing around them', async () => {
    const { page, url, ids, complaints, strange, leave } = await visitor.visit(NAMES.length, named);
    await page.setViewportSize({ width: 320, height: 700 });
    for (const hash of [...PAGES, ...ids.flatMap((id) => [`#/device/${id}`, `#/setup/${id}`])]) {
      await page.goto(url + hash);
      await page.locator('main h2').first().waitFor();
      await page.waitForFunction(() => document.querySelector('main .boot') === null);
      expect(await overflowOf(page), hash).toBeLessThanOrEqual(0);
      await expect.poll(() => page.locator('img[src=x]').count()).toBe(0);
    }
    await page.goto(`${url}#/devices`);
    await page.locator('.device').first().waitFor();
    const bidi = await page
      .locator('.device .name')
      .first()
      .evaluate((name) => getComputedStyle(name).unicodeBidi);
    expect(['isolate', 'plaintext']).toContain(bidi);
    // What this site has not is answered by 404.
    expect(complaints.filter((one) => !one.includes('404'))).toEqual([]);
    expect(strange).toEqual([]);
    await leave();
  }, 120_000);

  test('codes that are none are refused in words, and nothing is added', async () => {
    const { page, site, leave } = await visitor.visit(1, withImports, '#/add');
    const before = site.deps.store.devices.list().length;
    for (const code of CODES) {
      await page.getByLabel('Code or DevEUI').fill(code);
      await page.getByRole('button', { name: 'Next' }).click();
      await page.locator('#add-code form').getByRole('alert').filter({ hasText: /\S/ }).waitFor();
      await expect.poll(() => page.getByLabel('AppKey').count()).toBe(0);
    }
    expect(site.deps.store.devices.list()).toHaveLength(before);
    await leave();
  }, 60_000);

  test('a picture of 41 MB is refused before it is read, one of 30 MB that is none after it', async () => {
    const { page, leave } = await visitor.visit(1, undefined, '#/add');
    const photo = page.locator('#add-code input[type=file]');
    const folder = temporaryFolder();
    const file = `${folder.path}/photo.png`;
    const send = async (megabytes: number): Promise<void> => {
      writeFileSync(file, '');
      truncateSync(file, megabytes * 1024 * 1024);
      await photo.setInputFiles(file);
    };
    await send(41);
    await page.getByText('The picture is too large.').waitFor();
    await send(30);
    await page.getByText('This is no picture that the browser can open.').waitFor();
    await page.getByLabel('Code or DevEUI').fill('a84041000181c061');
    await leave();
    folder.remove();
  }, 60_000);
});
