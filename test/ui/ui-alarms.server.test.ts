/**
 * Alarms in a real browser on a real box with its simulator: a rule is made and tried on the past, its alarm is seen on every
 * page, acknowledged, kept quiet, and found in the journal; a flood is groups, and all of it is clean for axe.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { demoSettings } from '../../scripts/bench/demo-site.ts';
import { type ApplianceProcess, startAppliance } from '../support/appliance-process.ts';
import { AXE, violations } from '../support/axe.ts';
import { launchBrowser, overflowOf, smallTargets } from '../support/browser.ts';
import { describeWith, temporaryFolder } from '../support/process.ts';

describeWith(['chromium'], 'alarms', () => {
  vi.setConfig({ testTimeout: 180_000 });
  const folder = temporaryFolder();
  const root = join(import.meta.dirname, '../..');
  let box: ApplianceProcess;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    const build = [join(root, 'scripts/build.ts'), '--bundle', '--if-stale', '--quiet'];
    execFileSync(process.execPath, build, { stdio: 'inherit' });
    const { file, httpPort } = await demoSettings(folder.path);
    box = await startAppliance(file, httpPort);
    browser = await launchBrowser();
    context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'en' });
    await context.addInitScript({ content: AXE });
    page = await context.newPage();
    // An alarm waits for the next reading of its device.
    page.setDefaultTimeout(60_000);
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await box?.stop();
    folder.remove();
  });

  const open = async (hash: string): Promise<void> => {
    await page.goto(`${box.url}/#/${hash}`);
    await page.locator('main').waitFor();
  };
  const looksWell = async (): Promise<void> => {
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(await smallTargets(page)).toEqual([]);
    expect(await violations(page)).toEqual([]);
  };

  test('without a rule nothing is looked at, and the page says so; those that make sense are taken with a touch', async () => {
    await open('alarms/rules');
    await page.getByText('No rule yet').waitFor();
    await looksWell();
    await page.getByRole('button', { name: 'Take all of them' }).click();
    await page.getByRole('link', { name: 'Gateway offline' }).waitFor();
    await expect.poll(() => page.getByText('No rule yet').count()).toBe(0);
    await looksWell();
  });

  test('a rule is tried on the past, kept, and becomes an alarm that every page shows and one touch acknowledges', async () => {
    await open('rule');
    // A second try must not find what the first one left.
    await fetch(`${box.url}/api/v1/alarm-rules/tank-too-full`, {
      method: 'DELETE',
      headers: { 'if-match': '"1"' },
    });
    await page.getByLabel('Name').fill('Tank too full');
    await page.getByLabel('Field').fill('analog_input_1');
    await page.getByLabel('Limit', { exact: true }).fill('-1');
    await page.getByLabel('What to do then').fill('Close the valve.');
    await page.getByRole('button', { name: 'Last day' }).click();
    await page.getByText(/It would have been active \d+ time/).waitFor();
    await looksWell();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Tank too full' }).waitFor();
    expect(page.url()).toContain('#/rule/tank-too-full');

    await open('devices');
    const bar = page.locator('.alarm-bar');
    await bar.waitFor();
    await looksWell();
    await open('');
    await page
      .getByText(/things? needs? attention/)
      .first()
      .waitFor();
    await expect.poll(() => page.getByText('All normal').count()).toBe(0);
    expect((await box.get<{ openAlarms: number }>('/api/v1/status')).openAlarms).toBeGreaterThan(0);
    await bar.getByRole('button', { name: 'Acknowledge' }).click();
    await open('alarms');
    // Which one the bar had is for the site to say: readings come, and what they say changes.
    type Items = { items: { id: string; state: string; subjectName: string }[] };
    const acknowledged = async () =>
      (await box.get<Items>('/api/v1/alarms')).items.find(({ state }) => state === 'acknowledged');
    await expect.poll(acknowledged).toBeDefined();
    const { id = '', subjectName = '' } = (await acknowledged()) ?? {};
    const seen = page.getByRole('region', { name: /Acknowledged, not over/ });
    await seen.getByText(subjectName).first().waitFor();
    await looksWell();
    await open(`alarms/${encodeURIComponent(id)}`);
    await page.locator('.alarm-row').getByText(subjectName).first().waitFor();
    await expect.poll(() => page.locator('.alarm-row').count()).toBe(1);
    await looksWell();
  });

  test('many at once are groups, acknowledged together; one is kept quiet with a reason, and comes back', async () => {
    await open('alarms');
    const unseen = page.getByRole('region', { name: /To be acknowledged/ });
    await unseen.locator('.alarm-row').nth(1).waitFor();
    const row = unseen.locator('.alarm-row').first();
    const message = (await row.locator('strong').first().textContent()) ?? '';
    await row.getByRole('button', { name: 'Keep quiet …' }).click();
    await row.getByLabel('Reason').fill('The gauge is being changed');
    await looksWell();
    await row.getByRole('button', { name: 'Keep quiet', exact: true }).click();
    const silent = page.locator('details', { hasText: 'Kept quiet' });
    await silent.locator('summary').click();
    await silent.getByText(message).first().waitFor();
    await silent.getByText('The gauge is being changed').waitFor();
    await silent.getByRole('button', { name: 'No longer quiet' }).click();
    await unseen.getByText(message).first().waitFor();

    const group = page.locator('.alarm-groups .row').filter({ hasText: 'Tank too full' });
    await group.getByRole('button', { name: /Acknowledge all/ }).click();
    await group.getByRole('button', { name: /sure/i }).click();
    await unseen.getByText(message).first().waitFor({ state: 'detached' });
  });

  test('the journal has it all, by words and as a file; figures and maintenance are there', async () => {
    await open('alarms/journal');
    await page.getByLabel('Words').fill('gauge is being changed');
    await page.getByRole('button', { name: 'Find' }).click();
    await page.locator('.alarm-row').getByText('kept quiet').waitFor();
    await looksWell();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save as CSV' }).click(),
    ]);
    expect(readFileSync(await file.path(), 'utf8')).toMatch(/shelved,.*The gauge is being changed/);
    await open('alarms/figures');
    await page.getByText(/^\d+ alarms?\./).waitFor();
    await looksWell();
    await open('alarms/areas');
    await page.getByText('No area is under maintenance.').waitFor();
    await looksWell();
  });

  test('a rule that another changed meanwhile is not overwritten', async () => {
    await open('rule/tank-too-full');
    await page.getByRole('heading', { name: 'Tank too full' }).waitFor();
    const other = await context.newPage();
    await other.goto(`${box.url}/#/rule/tank-too-full`);
    await other.getByLabel('Limit', { exact: true }).fill('7');
    await other.getByRole('button', { name: 'Save' }).click();
    await other.getByText('Saved.').waitFor();
    await other.close();
    await page.getByLabel('Limit', { exact: true }).fill('8');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Show what the other one saved' }).click();
    await expect.poll(() => page.getByLabel('Limit', { exact: true }).inputValue()).toBe('7');
    await page.getByRole('button', { name: 'Remove this rule' }).click();
    await page.getByRole('button', { name: /sure/i }).click();
    await page.getByRole('link', { name: 'New rule' }).waitFor();
    await expect.poll(() => page.getByRole('link', { name: /Tank too full/ }).count()).toBe(0);
  });

  test('the wall sounds until somebody silences it', async () => {
    const rule = {
      ...{ name: 'Warm', scope: { kind: 'site' }, priority: 'high', action: 'Look.' },
      condition: { kind: 'limit', field: 'temperature_1', side: 'high', limit: -100 },
    };
    const answer = await fetch(`${box.url}/api/v1/alarm-rules/warm`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'if-none-match': '*' },
      body: JSON.stringify(rule),
    });
    expect(answer.status).toBe(201);
    await page.setViewportSize({ width: 1920, height: 1080 });
    await open('wall');
    const sound = page.locator('.wall-sound');
    await sound.waitFor();
    await page.locator('.alarm-bar').waitFor();
    const { scrolls } = await page.evaluate(() => ({
      scrolls: document.documentElement.scrollHeight > innerHeight,
    }));
    expect(scrolls).toBe(false);
    await sound.click();
    await expect.poll(() => sound.textContent(), { timeout: 10_000 }).toMatch(/Silence|Silenced/);
  });
});
