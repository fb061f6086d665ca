/** What is set of a device, in a real browser: saved, told where somebody else was faster, another device in its place. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createVisitor, overflowOf, smallTargets } from '../support/browser.ts';
import { describeWith } from '../support/process.ts';
import { createCodecShelf, createDownlinkLine } from '../support/ui-desks.ts';
import type { UiSite } from '../support/ui-site.ts';

const EUI = '70b3d57ed0000000';
const PICTURES = process.env.WSE_TEST_PICTURES;

const VALVE = `function decodeUplink() { return { data: {} }; }
function encodeDownlink({ data }) { return { bytes: [data.open ? 1 : 0, data.minutes] }; }`;

describeWith(['chromium'], 'the set-up of a device', () => {
  const visitor = createVisitor();
  beforeAll(visitor.start, 60_000);
  afterAll(visitor.stop);

  const prepare = (site: UiSite) => {
    const { devices, profiles } = site.deps.store;
    const joins = { joinEui: '00'.repeat(8), appKey: 'ab'.repeat(16) };
    devices.put({ devEui: EUI, name: 'Cold store 1', codec: 'cayenne', origin: 'api', otaa: joins });
    profiles.put({ name: 'fridge', codec: 'cayenne' });
    return { scripts: createCodecShelf(site).desk };
  };

  test('is saved, and what somebody else did meanwhile is shown and not overwritten', async () => {
    const { page, site, complaints, leave } = await visitor.visit(3, prepare, `#/setup/${EUI}`);
    const { devices } = site.deps.store;
    await page.setViewportSize({ width: 320, height: 700 });
    await page.getByLabel('Area').fill('Pump house');
    await page.getByLabel('Notes').fill('Key at the gate');
    await page.getByLabel('Profile').selectOption('fridge');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    expect(devices.get(EUI)).toMatchObject({
      area: 'Pump house',
      notes: 'Key at the gate',
      profile: 'fridge',
    });
    expect(devices.get(EUI)?.otaa?.appKey).toBe('ab'.repeat(16));
    const { nextFCntUp: _, lastSeq: __, lastSeenMs: ___, ...device } = devices.get(EUI) ?? { devEui: EUI };
    devices.put({ name: '', codec: 'raw', origin: 'api', ...device, area: 'Roof' });
    await page.getByLabel('Name').fill('Cold store one');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Area from Pump house to Roof').waitFor();
    expect(devices.get(EUI)?.name).toBe('Cold store 1');
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(await smallTargets(page)).toEqual([]);
    if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/setup-320.png`, fullPage: true });
    await page.getByRole('button', { name: 'Keep what I changed' }).click();
    await expect.poll(() => page.getByLabel('Area').inputValue()).toBe('Roof');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    expect(devices.get(EUI)).toMatchObject({ name: 'Cold store one', area: 'Roof' });
    await page.getByLabel('AppKey').first().fill('12');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('A key has 32 hex digits.').waitFor();
    expect(complaints.filter((text) => !text.includes('412'))).toEqual([]);
    await leave();
  }, 60_000);

  test('what its profile calls states and downlinks is what is read and touched', async () => {
    const { page, leave } = await visitor.visit(
      1,
      (site) => {
        const { devices, profiles } = site.deps.store;
        const presets = [{ name: 'Open valve', fPort: 10, data: '01ff', confirmed: true }];
        profiles.put({
          name: 'valve',
          codec: 'cayenne',
          presets,
          fields: { valve: { states: { 1: 'open' } } },
        });
        devices.put({ devEui: EUI, name: 'Valve', codec: 'raw', origin: 'api', profile: 'valve' });
        site.hear(EUI, { valve: 1 });
        return { downlinks: createDownlinkLine(site).desk };
      },
      `#/device/${EUI}`,
    );
    await page.locator('#values .figure').getByText('open', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Open valve' }).click();
    await page.getByRole('button', { name: 'Open valve: sure?' }).click();
    await page.locator('#downlinks .downlink').getByText('Port 10 01ff · confirmed').waitFor();
    await leave();
  }, 60_000);

  test('a downlink by values: the maker\u2019s example filled in, sent, and kept as a button', async () => {
    const { page, site, leave } = await visitor.visit(
      1,
      (site) => {
        const { devices, profiles } = site.deps.store;
        const { desk: scripts } = createCodecShelf(site);
        void scripts.put('valve-script', VALVE);
        profiles.put({
          ...{ name: 'valve', codec: 'valve-script' },
          examples: [{ name: 'Turn it', fPort: 2, object: { open: false, minutes: 5 } }],
        });
        devices.put({ devEui: EUI, name: 'Valve', codec: 'raw', origin: 'api', profile: 'valve' });
        const codecs = () => ['raw', 'valve-script'];
        return { downlinks: createDownlinkLine(site).desk, scripts, codecs };
      },
      `#/device/${EUI}`,
    );
    const form = page.locator('.object-form');
    await form.getByLabel('minutes').fill('two');
    await form.getByRole('button', { name: 'Queue it' }).click();
    await expect.poll(() => form.getByLabel('minutes').getAttribute('aria-invalid')).toBe('true');
    await form.getByLabel('minutes').fill('9');
    await form.getByLabel('open').check();
    expect(await smallTargets(page)).toEqual([]);
    await form.getByRole('button', { name: 'Queue it' }).click();
    await page.locator('#downlinks .downlink').getByText('Port 2 0109').waitFor();
    await form.getByText('Keep as a button').first().click();
    await form.getByLabel('Name of the button').fill('Open for nine');
    await form.getByRole('button', { name: 'Keep as a button' }).click();
    await form.getByText('Kept: a button of every device with the profile valve.').waitFor();
    expect(site.deps.store.profiles.get('valve')).toMatchObject({
      presets: [{ name: 'Open for nine', fPort: 2, object: { open: true, minutes: 9 } }],
      examples: [{ name: 'Turn it' }],
    });
    await page.reload();
    await page.getByRole('button', { name: 'Open for nine' }).click();
    await page.getByRole('button', { name: 'Open for nine: sure?' }).click();
    await expect.poll(() => page.locator('#downlinks .downlink').getByText('Port 2 0109').count()).toBe(2);
    await leave();
  }, 60_000);

  test('another device takes its place', async () => {
    const { page, site, leave } = await visitor.visit(2, prepare, `#/setup/${EUI}`);
    await page.getByLabel('DevEUI of the new one').fill('70B3D57ED00000FF');
    await page.getByLabel('AppKey').last().fill('cd'.repeat(16));
    await page.getByRole('button', { name: 'Put it in the place of Cold store 1' }).click();
    await page.waitForURL(/#\/device\/70b3d57ed00000ff$/);
    await page.getByText(`In the place of ${EUI}`).waitFor();
    expect(site.deps.store.devices.get(EUI)).toBeUndefined();
    expect(site.deps.store.devices.get('70b3d57ed00000ff')).toMatchObject({
      formerly: [EUI],
      name: 'Cold store 1',
    });
    await leave();
  }, 60_000);
});
