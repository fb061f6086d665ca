/** The first minutes of a box in a real browser: each card takes its settings, one place saves them, and the tick comes by itself. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { furnishSettings } from '../support/admin-views.ts';
import { createVisitor, overflowOf, smallTargets } from '../support/browser.ts';
import { describeWith } from '../support/process.ts';

const TOKEN = 'a-token-that-is-none';

describeWith(['chromium'], 'first run', () => {
  const visitor = createVisitor();
  beforeAll(visitor.start, 60_000);
  afterAll(visitor.stop);

  test('what the cards ask for is entered there and saved at once; each may wait, also after a reload', async () => {
    const settings = furnishSettings();
    const tried: boolean[] = [];
    const { site, page, url, complaints, leave } = await visitor.visit(1, () => ({
      settings,
      testConnection: async (_, saved) => {
        tried.push(saved);
        return {
          connection: 'influx',
          server: '127.0.0.1:8086',
          steps: [{ step: 'port', isOk: true, found: 'it answers' }],
        };
      },
    }));
    site.status.site = 'demo';
    site.status.centre = { ...site.status.centre, state: 'not_configured' };
    await page.goto(`${url}#/start`);
    await page.reload();
    const card = (name: string) =>
      page.locator('.step').filter({ has: page.getByText(name, { exact: true }) });
    const own = card('Name and time zone of the site');
    await own.and(page.locator('.state-connecting')).waitFor();
    await own.getByText('Enter it here').click();
    const id = own.locator('[id="set-site.id"]');
    await id.fill('south-');
    // What is being typed stays, whatever is drawn anew.
    site.status.centre = { ...site.status.centre, detail: 'nobody has set a centre' };
    await page.getByText('nobody has set a centre').waitFor();
    await id.press('End');
    await id.pressSequentially('hill');
    await own.locator('[id="set-site.time_zone"]').fill('Europe/Zurich');
    const influx = card('InfluxDB');
    await influx.getByText('Enter it here').click();
    await influx.locator('[id="set-influx.token"]').fill(TOKEN);
    await influx.getByRole('button', { name: 'Test the connection' }).click();
    await influx.getByText('it answers').waitFor();
    expect(tried).toEqual([false]);
    // Told once for all of them.
    const bar = page.locator('.save-bar');
    await expect.poll(() => bar.count()).toBe(1);
    await bar.getByText('3 changes').waitFor();
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(await smallTargets(page)).toEqual([]);
    await card('The centre').getByRole('button', { name: 'Later' }).click();
    await bar.getByRole('button', { name: /^Save/ }).click();
    await expect
      .poll(() => settings.saved)
      .toEqual({
        'site.id': 'south-hill',
        'site.time_zone': 'Europe/Zurich',
        'influx.token': TOKEN,
      });
    // The box has begun anew under its name.
    site.status.site = 'south-hill';
    await page.locator('.step.state-ok', { hasText: 'south-hill' }).waitFor();
    await page.reload();
    await page.getByText('left for later').waitFor();
    expect(complaints).toEqual([]);
    await leave();
  }, 60_000);
});
