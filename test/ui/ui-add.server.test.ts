/** A technician adds devices in a real browser: from the login to the first value, touches counted; by hand, photo and file. */
import type { Page } from 'playwright-core';
import { encodeQR } from 'qr';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDeviceImportService } from '../../src/devices/device-import-service.ts';
import { createVisitor, overflowOf, smallTargets } from '../support/browser.ts';
import { describeWith } from '../support/process.ts';
import type { UiSite } from '../support/ui-site.ts';

const EUI = 'a84041000181c061';
const JOIN_EUI = 'a840410000000101';
const KEY = '00112233445566778899AABBCCDDEEFF';

function knock(site: UiSite, devEui = EUI): void {
  const nowMs = site.deps.world.clock.nowMs();
  site.strangers.unshift({
    ...{ devEui, joinEui: JOIN_EUI, reason: 'join_unknown_device', frames: 3, lastSeenMs: nowMs },
    ...{ gatewayId: '0016c001ff10a235', rssi: -90, snr: 5 },
  });
}

function withImports(site: UiSite) {
  const { store } = site.deps;
  const network = {
    sessions: () => [],
    devNonces: () => ({ last: null, used: new Set<number>() }),
    downlinks: () => [],
  };
  return {
    onboarding: createDeviceImportService({ store: { ...store, network }, codecs: () => ['raw', 'cayenne'] }),
  };
}

const rung = (page: Page, name: string) => page.locator('.ladder > li.done').filter({ hasText: name });

describeWith(['chromium'], 'adding a device', () => {
  const visitor = createVisitor();
  beforeAll(visitor.start, 60_000);
  afterAll(visitor.stop);

  test('one that is heard nearby is in after few touches, and the ladder tells each step', async () => {
    const { page, site, complaints, strange, leave } = await visitor.visit(1, (site) => {
      knock(site);
      return withImports(site);
    });
    // The ladder asks every few seconds, and a busy machine answers late.
    page.setDefaultTimeout(40_000);
    let touches = 0;
    const touch = async (name: string | RegExp, role: 'link' | 'button' = 'button'): Promise<void> => {
      touches += 1;
      await page.getByRole(role, { name, exact: typeof name === 'string' }).click();
    };
    await touch('Add', 'link');
    await touch(new RegExp(EUI));
    // The key has the keyboard already; a name is one touch more.
    await page.getByLabel('AppKey').and(page.locator(':focus')).waitFor();
    await page.keyboard.type(KEY);
    touches += 1;
    await page.getByLabel('Name').fill('Tank 9');
    await expect.poll(() => page.getByLabel('JoinEUI (AppEUI); empty for any').inputValue()).toBe(JOIN_EUI);
    expect(await smallTargets(page)).toEqual([]);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    await touch('Add');
    await rung(page, 'Heard').waitFor();
    expect(site.deps.store.devices.get(EUI)).toMatchObject({
      ...{ name: 'Tank 9', otaa: { joinEui: JOIN_EUI, appKey: KEY.toLowerCase() } },
    });
    site.refused.set(EUI, { reason: 'join_wrong_mic', count: 2, lastMs: Date.now() });
    await page.getByText('Its AppKey does not fit: it knocked 2 times').waitFor();
    await expect.poll(() => rung(page, 'Key fits').count()).toBe(0);
    site.refused.delete(EUI);
    site.hear(EUI, { temperature_1: 4 });
    await rung(page, 'First value').waitFor();
    await expect.poll(() => page.locator('.ladder > li.done').count()).toBe(4);
    // The login takes three: name, password, button.
    expect(touches + 3).toBeLessThanOrEqual(12);
    knock(site, 'a84041000181c062');
    await page.getByRole('button', { name: 'Next device' }).click();
    await page.getByRole('button', { name: /a84041000181c062/ }).click();
    await page.getByLabel('AppKey').waitFor();
    expect([complaints, strange]).toEqual([[], []]);
    await leave();
  }, 120_000);

  test('a typed code gives its identity; without a key it is kept and waits, and the key is entered later', async () => {
    const { page, site, leave } = await visitor.visit(1, withImports, '#/add');
    const code = page.getByLabel('Code or DevEUI');
    await code.fill('nonsense');
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText(/no LoRaWAN onboarding code/).waitFor();
    await code.fill(`LW:D0:${JOIN_EUI}:${EUI}:AABB1122:SYZ1`.toUpperCase());
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByLabel('AppKey').fill('123');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText('An AppKey has 32 hex digits.').waitFor();
    await page.getByRole('button', { name: 'Add, key later' }).click();
    await page.getByText('Its AppKey is missing').waitFor();
    expect(site.deps.store.devices.get(EUI)).toMatchObject({ keyless: { joinEui: JOIN_EUI } });
    await page.getByRole('link', { name: 'Open the device' }).click();
    await page.getByRole('link', { name: 'Enter its key' }).click();
    await page.getByLabel('AppKey').fill(KEY);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.locator('.ladder').waitFor();
    expect(site.deps.store.devices.get(EUI)).toMatchObject({ otaa: { joinEui: JOIN_EUI } });
    expect(site.deps.store.devices.get(EUI)).not.toHaveProperty('keyless');
    await leave();
  });

  test('a photo of a code is read in the browser, without a camera; one without a code says so', async () => {
    const { page, leave } = await visitor.visit(1, withImports, '#/add');
    const photo = page.locator('#add-code input[type=file]');
    const picture = async (text: string): Promise<Buffer> => {
      const rows = text === '' ? [[false]] : encodeQR(text, 'raw', { border: 4 });
      const url = await page.evaluate((modules) => {
        const canvas = document.createElement('canvas');
        canvas.width = modules.length * 12;
        canvas.height = modules.length * 12;
        const pen = canvas.getContext('2d');
        for (const [y, row] of modules.entries())
          for (const [x, isDark] of row.entries()) {
            if (pen) pen.fillStyle = isDark ? '#000' : '#fff';
            pen?.fillRect(x * 12, y * 12, 12, 12);
          }
        return canvas.toDataURL();
      }, rows);
      return Buffer.from(url.split(',')[1] ?? '', 'base64');
    };
    const send = async (text: string) =>
      photo.setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: await picture(text) });
    await send('');
    await page.getByText('No code was found.').waitFor();
    await photo.setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
    await page.getByText('This is no picture').waitFor();
    await send(`LW:D0:${JOIN_EUI}:${EUI}:AABB1122`.toUpperCase());
    await page.locator('form .lead').getByText(EUI).waitFor();
    await leave();
  });

  test('a file is shown before it is taken in, with what cannot be read', async () => {
    const { page, site, leave } = await visitor.visit(1, withImports, '#/add');
    const csv = `dev_eui,join_eui,app_key,name\n${EUI},${JOIN_EUI},${KEY},Tank 9\nnonsense,,,x\n`;
    await page
      .locator('#add-file input[type=file]')
      .setInputFiles({ name: 'devices.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
    await page.getByText('It would add 1, change 0 and leave 0 as they are.').waitFor();
    await page.getByText('Could not be read, by line (1)').waitFor();
    expect(site.deps.store.devices.get(EUI)).toBeUndefined();
    await page.getByRole('button', { name: 'Take in 1 device' }).click();
    await page.getByText('Added 1, changed 0, left 0 as they are.').waitFor();
    expect(site.deps.store.devices.get(EUI)?.name).toBe('Tank 9');
    await leave();
  });

  test('columns nobody knows are told by hand, and the browser remembers it for the next such file', async () => {
    const { page, site, leave } = await visitor.visit(1, withImports, '#/add');
    const bring = (eui: string) =>
      page.locator('#add-file input[type=file]').setInputFiles({
        name: 'devices.csv',
        mimeType: 'text/csv',
        buffer: Buffer.from(`Nummer;Schluessel;Standort\n${eui};${KEY};Hall\n`),
      });
    await bring(EUI);
    await page.getByText('Hall', { exact: true }).waitFor();
    await expect.poll(() => page.locator('#add-file').textContent()).not.toContain(KEY);
    await page.getByLabel('Nummer').selectOption('DevEUI');
    await page.getByText('It would add 1,').waitFor();
    await page.getByLabel('Schluessel').selectOption('AppKey');
    await page.getByLabel('Standort').selectOption('Area');
    await page.getByText('it has no key yet').waitFor({ state: 'detached' });
    expect(await smallTargets(page)).toEqual([]);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    await page.getByRole('button', { name: 'Take in 1 device' }).click();
    await page.getByText('Added 1,').waitFor();
    const otaa = { appKey: KEY.toLowerCase() };
    expect(site.deps.store.devices.get(EUI)).toMatchObject({ area: 'Hall', otaa });
    await bring('a84041000181c062');
    await page.getByText('It would add 1,').waitFor();
    await page.getByRole('button', { name: 'Take in 1 device' }).click();
    await page.getByText('Added 1,').waitFor();
    expect(site.deps.store.devices.get('a84041000181c062')).toMatchObject({ area: 'Hall', otaa });
    await page.getByRole('button', { name: 'Take this import back' }).click();
    await page.getByRole('button', { name: 'Take this import back: sure?' }).click();
    await page.getByText('1 removed').waitFor();
    await leave();
  }, 60_000);

  test('a viewer is told that it takes a technician, and has nothing to fill in', async () => {
    const { page, leave } = await visitor.visit(1);
    await page.route('**/api/v1/access', async (route) => {
      const answer = await route.fetch();
      const user = { name: 'vic', role: 'viewer' };
      await route.fulfill({ response: answer, json: { ...(await answer.json()), mode: 'users', user } });
    });
    await page.goto(`${page.url().split('#')[0]}#/add`);
    await page.reload();
    await page.getByText('changing it takes a technician').waitFor();
    await expect.poll(() => page.locator('main input').count()).toBe(0);
    await leave();
  });
});
