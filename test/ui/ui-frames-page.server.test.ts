/** Frames, gateways and the survey in a real browser: seen, opened, noted down, marked, by touch and by keyboard. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createVisitor } from '../support/browser.ts';
import { describeWith } from '../support/process.ts';
import { createShownFrames, SHOWN_GATEWAY } from '../support/shown-frames.ts';

const DEV_EUI = '70b3d57ed0000000';

describeWith(['chromium'], 'the pages of the radio', () => {
  const visitor = createVisitor();
  beforeAll(visitor.start, 60_000);
  afterAll(visitor.stop);

  async function onFrames(hash: string) {
    const shown = createShownFrames(DEV_EUI);
    const visit = await visitor.visit(3, () => ({ frames: shown.frames }), hash);
    return { ...visit, ...shown };
  }

  test('frames come live, are filtered and paused, and the address keeps the filter', async () => {
    const { page, hear, leave, complaints } = await onFrames('#/frames');
    const rows = page.locator('.frame-row');
    await rows.nth(6).waitFor();
    await expect.poll(() => rows.count()).toBe(7);
    await expect.poll(() => rows.first().textContent()).toContain('does not know');
    await page.getByRole('button', { name: 'Refused' }).click();
    await rows.nth(2).waitFor();
    await expect.poll(() => rows.count()).toBe(3);
    expect(page.url()).toMatch(/#\/frames\/refused$/);
    await page.getByRole('button', { name: 'Refused' }).click();
    await page.getByRole('button', { name: 'Pause' }).click();
    hear();
    await page.getByRole('button', { name: 'Go on (1 new)' }).waitFor();
    await expect.poll(() => rows.count()).toBe(7);
    await page.getByRole('button', { name: 'Go on (1 new)' }).click();
    await rows.nth(7).waitFor();
    await page.getByRole('searchbox').fill('nowhere');
    await page.getByText('None of those kept').waitFor();
    expect(complaints).toEqual([]);
    await leave();
  });

  test('one is opened to the bit, with clauses, and back to its row; a report leaves out who it is', async () => {
    const { page, leave } = await onFrames('#/frames/uplink');
    await page.locator('.frame-row').last().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'To the bit' }).waitFor();
    const parts = page.locator('.frame-part');
    expect(
      await parts.evaluateAll((list) => list.map((one) => one.querySelector('strong')?.textContent)),
    ).toEqual([
      ...[
        'MHDR',
        'DevAddr',
        'FCtrl',
        'FCnt',
        'FOpts',
        'LinkADRAns',
        'LinkCheckReq',
        'FPort',
        'FRMPayload',
        'MIC',
      ],
    ]);
    await expect.poll(() => parts.nth(2).textContent()).toContain('clause 4.3.1.1');
    await expect.poll(() => parts.nth(3).textContent()).toContain('2, of 65538');
    const report = page.getByRole('textbox', { name: 'Report' });
    const without = await report.inputValue();
    expect(without).not.toContain(DEV_EUI);
    expect(without).not.toContain('49be7df1');
    expect(without).not.toContain('f17dbe49');
    expect(without).toContain('0167011e');
    await page.getByRole('button', { name: 'Leave out the payload' }).click();
    await page.getByRole('button', { name: 'Leave out identifiers' }).click();
    await expect.poll(() => report.inputValue()).toContain(DEV_EUI);
    await expect.poll(() => report.inputValue()).not.toContain('0167011e');
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByText(/^Copied\.|by hand/).waitFor();
    await page.goBack();
    await page.locator('.frame-row').last().waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.className)).toContain('frame-row');
    await leave();
  });

  test('what stays encrypted, and why one was not let in, is said', async () => {
    const { page, leave } = await onFrames('#/frames/refused');
    await page.locator('.frame-row', { hasText: 'address of' }).click();
    await page.getByText('Not let in.').waitFor();
    await page.getByText('there is no key for it here').waitFor();
    await expect
      .poll(() => page.locator('.frame-part', { hasText: 'FRMPayload' }).last().textContent())
      .toContain('encrypted');
    await leave();
  });

  test('a gateway is noted down, and shows it in the list', async () => {
    const { page, site, leave } = await onFrames('#/gateways');
    await page.getByRole('link', { name: SHOWN_GATEWAY }).click();
    await page.getByLabel('Name').fill('Water tower');
    await page.getByLabel('Antenna').fill('8 dBi, 14 m');
    await page.getByLabel('Position').fill('here');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('A position is two numbers').waitFor();
    await page.getByLabel('Position').fill('47.05, 8.31');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    expect(site.deps.store.documents.all('gateway').get(SHOWN_GATEWAY)).toEqual({
      ...{ name: 'Water tower', antenna: '8 dBi, 14 m', position: { latitude: 47.05, longitude: 8.31 } },
    });
    await page.goBack();
    await page.getByRole('link', { name: 'Water tower' }).waitFor();
    await leave();
  });

  test('a note that another changed meanwhile is not overwritten unseen: theirs is told, the own stays, a second save sets it', async () => {
    const { page, site, url, complaints, leave } = await onFrames(`#/gateway/${SHOWN_GATEWAY}`);
    const noted = () => site.deps.store.documents.all('gateway').get(SHOWN_GATEWAY);
    const save = page.getByRole('button', { name: 'Save' });
    await page.getByLabel('Name').fill('Water tower');
    await save.click();
    await page.getByText('Saved.').waitFor();
    const path = `${url}api/v1/gateways/${SHOWN_GATEWAY}`;
    const theirs = async (place: string): Promise<void> => {
      const put = await page.request.put(path, { data: { name: 'Mast', place } });
      expect(put.status()).toBe(200);
    };
    await theirs('Roof');
    await page.getByLabel('Antenna').fill('8 dBi');
    await save.click();
    await page.getByText('There stands now: Mast · Roof. Save again').waitFor();
    expect(noted()).toEqual({ name: 'Mast', place: 'Roof' });
    await expect.poll(() => page.getByLabel('Name').inputValue()).toBe('Water tower');
    await expect.poll(() => page.getByLabel('Antenna').inputValue()).toBe('8 dBi');
    // Another one between: the second save is of what was told, not of whatever is there.
    await theirs('Cellar');
    await save.click();
    await page.getByText('There stands now: Mast · Cellar.').waitFor();
    expect(noted()).toEqual({ name: 'Mast', place: 'Cellar' });
    // The live view has brought it, and no field has changed: what is saved is what stands in the form.
    await page.getByRole('heading', { name: 'Mast' }).waitFor();
    await expect.poll(() => page.getByLabel('Place').inputValue()).toBe('');
    await save.click();
    await page.getByText('Saved.').waitFor();
    await expect.poll(() => page.locator('#note [role=alert]').textContent()).toBe('');
    expect(noted()).toEqual({ name: 'Water tower', antenna: '8 dBi' });
    // Nor is it removed unseen.
    await theirs('Gate');
    const forget = page.getByRole('button', { name: /Forget this note/ });
    await forget.click();
    await forget.click();
    await page.getByText('There stands now: Mast · Gate.').waitFor();
    expect(noted()).toEqual({ name: 'Mast', place: 'Gate' });
    expect(complaints.filter((one) => !/404|412/.test(one))).toEqual([]);
    await leave();
  });

  test('the survey shows each frame large, marks a spot of what came since, and lists it', async () => {
    const { page, site, ids, leave } = await onFrames('#/survey');
    const [devEui = ''] = ids;
    await page.locator('.choice').first().click();
    const figure = page.locator('.margin-now .figure');
    await figure.waitFor();
    await expect.poll(() => figure.evaluate((one) => getComputedStyle(one).fontSize)).toBe('96px');
    await page.getByRole('button', { name: 'Beep' }).click();
    await expect.poll(() => page.getByRole('button', { name: 'Mark', exact: true }).isDisabled()).toBe(true);
    const rx = (snr: number) => [{ gw: SHOWN_GATEWAY, rssi: -110, snr }];
    const reading = site.deps.store.devices.get(devEui);
    expect(reading).toBeDefined();
    const chosen = decodeURIComponent(page.url().split('/').at(-1) ?? '');
    site.hear(chosen, {}, { dr: 'SF12BW125', rx: rx(-9.5), timeMs: Date.now() + 50 });
    await expect.poll(() => figure.textContent()).toBe('10.5');
    site.hear(chosen, {}, { dr: 'SF12BW125', rx: rx(-17.5), timeMs: Date.now() + 100 });
    await expect.poll(() => figure.textContent()).toBe('2.5');
    await page.getByText('may be lost').first().waitFor();
    await page.getByLabel('What the spot is called').fill('Cellar');
    await page.getByRole('button', { name: 'Mark', exact: true }).click();
    await page.getByText('“Cellar” is marked.').waitFor();
    const spot = page.locator('.spot');
    await spot.waitFor();
    await expect.poll(() => spot.textContent()).toContain('6.5 dB');
    await expect.poll(() => spot.textContent()).toContain('least 2.5 dB');
    const [kept] = site.deps.store.documents.all('survey-spot').values();
    expect(kept).toMatchObject({ label: 'Cellar', device: chosen });
    await leave();
  });
});
