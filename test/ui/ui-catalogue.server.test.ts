/** Maker and model in a real browser: picked when a device is added, by its code or by words; looked at on a page of its own. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDeviceImportService } from '../../src/devices/device-import-service.ts';
import { createVisitor, overflowOf, smallTargets } from '../support/browser.ts';
import { describeWith } from '../support/process.ts';
import { createShownCatalogue } from '../support/shown-catalogue.ts';
import type { UiSite } from '../support/ui-site.ts';

const JOIN_EUI = 'a840410000000101';
const KEY = '00112233445566778899AABBCCDDEEFF';
const PROFILE = 'ACME Sensors Valve 100';

function furnish(site: UiSite) {
  const { store } = site.deps;
  const network = {
    sessions: () => [],
    devNonces: () => ({ last: null, used: new Set<number>() }),
    downlinks: () => [],
  };
  return {
    catalogue: createShownCatalogue(site),
    onboarding: createDeviceImportService({ store: { ...store, network }, codecs: () => ['raw'] }),
  };
}

describeWith(['chromium'], 'the device catalogue', () => {
  const visitor = createVisitor();
  beforeAll(visitor.start, 60_000);
  afterAll(visitor.stop);

  test('a code names the model: it is chosen already, and the profile is made with the device', async () => {
    const { page, site, complaints, strange, leave } = await visitor.visit(1, furnish, '#/add');
    await page.getByLabel('Code or DevEUI').fill(`LW:D0:${JOIN_EUI}:A84041000181C061:00110007`);
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('By its code it is:').waitFor();
    await expect.poll(() => page.locator('#add-profile option').first().textContent()).toBe(PROFILE);
    expect(await smallTargets(page)).toEqual([]);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    await page.getByLabel('AppKey').fill(KEY);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.locator('.ladder').waitFor();
    expect(site.deps.store.devices.get('a84041000181c061')).toMatchObject({ profile: PROFILE, codec: 'raw' });
    expect([complaints, strange]).toEqual([[], []]);
    await leave();
  });

  test('by words: one touch makes the profile and chooses it; Enter in the search adds nothing', async () => {
    const { page, site, leave } = await visitor.visit(1, furnish, '#/add');
    await page.getByLabel('Code or DevEUI').fill('a84041000181c061');
    await page.getByRole('button', { name: 'Next' }).click();
    const search = page.getByLabel('Maker or model');
    await search.fill('acme');
    await search.press('Enter');
    await page.getByText('2 models').waitFor();
    await page.getByRole('button', { name: /Valve 100/ }).click();
    await page.getByText(`Profile “${PROFILE}” was made, with the codec raw. A note about it.`).waitFor();
    await expect.poll(() => page.locator('#add-profile').inputValue()).toBe(PROFILE);
    expect(site.deps.store.devices.get('a84041000181c061')).toBeUndefined();
    await page.getByLabel('AppKey').fill(KEY);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.locator('.ladder').waitFor();
    expect(site.deps.store.devices.get('a84041000181c061')).toMatchObject({ profile: PROFILE });
    await leave();
  });

  test('under More: what it holds, a model with its radio and licence, made a profile', async () => {
    const { page, site, leave } = await visitor.visit(1, furnish, '#/more');
    await page.getByRole('link', { name: /Device catalogue/ }).click();
    await page.getByText('Models: 2, makers: 1, codecs: 1').waitFor();
    await page.getByText('The Things Network, lorawan-devices: 2 models, from makers.tar.gz').waitFor();
    await page.getByText('for no region that is answered here').waitFor();
    await page.getByLabel('Maker or model').fill('valve');
    await page.getByRole('link', { name: /Valve 100/ }).click();
    await page.getByText('Firmware 2.0 · LoRaWAN 1.0.3 · RP001-1.0.3-RevA · Class C · joins').waitFor();
    await page.getByText('Licence of the collection').click();
    await page.getByText('Apache License 2.0').waitFor();
    await page.getByRole('button', { name: 'For EU868' }).click();
    await page.getByText(`Profile “${PROFILE}” was made`).waitFor();
    expect(site.deps.store.profiles.get(PROFILE)).toMatchObject({ deviceClass: 'C' });
    await page.getByRole('button', { name: 'For EU868' }).click();
    await page.getByText(`Profile “${PROFILE}” was made of it before`).waitFor();
    await leave();
  });

  test('an empty catalogue is said where a model could be picked, with the way to fill it', async () => {
    const { page, leave } = await visitor.visit(1, undefined, '#/add');
    await page.getByLabel('Code or DevEUI').fill('a84041000181c061');
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByRole('link', { name: /catalogue of the box is empty/ }).click();
    await page.getByText('Nothing is in it yet.').waitFor();
    await leave();
  });
});
