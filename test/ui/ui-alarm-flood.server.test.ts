/**
 * 5 000 active alarms in a real browser on a real box: what is drawn stays a screenful however many there are, on a phone and on a
 * wall, and one touch acknowledges. Counted in what stands on the page, never in time.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { AXE, violations } from '../support/axe.ts';
import { launchBrowser, overflowOf, smallTargets } from '../support/browser.ts';
import { createFleet, fleetSettings, frameOf, upEvent } from '../support/fleet.ts';
import { describeWith, eventually } from '../support/process.ts';
import { ADMIN, type RealSite, startRealSite } from '../support/real-site.ts';

const DEVICES = 100;
const RULES = 50;
const ALARMS = DEVICES * RULES;
/** Rows drawn of a heading at first, and with each touch of "more". */
const DRAWN = 60;
/** Lines of what came together, in the same way. */
const GROUPS_DRAWN = 20;
/** Of the whole page: the rows drawn have a dozen or two each. */
const MOST_ELEMENTS = 4_000;

interface Summary {
  readonly counts: Readonly<Record<'active' | 'acknowledged', Readonly<Record<string, number>>>>;
}

describeWith(['chromium', 'mosquitto'], 'a flood of alarms', () => {
  vi.setConfig({ testTimeout: 120_000 });
  const fleet = createFleet(DEVICES, 'flood');
  let site: RealSite;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    const build = [join(import.meta.dirname, '../../scripts/build.ts'), '--bundle', '--if-stale', '--quiet'];
    execFileSync(process.execPath, build, { stdio: 'inherit' });
    site = await startRealSite({ devices: fleetSettings(fleet) });
    await site.claim();
    await raiseAll();
    browser = await launchBrowser();
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'en' });
    await context.addInitScript({ content: AXE });
    page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(site.url);
    await page.getByLabel('Name', { exact: true }).fill('operator');
    await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.locator('.nav').waitFor();
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await site?.stop();
  });

  const sum = async (state: 'active' | 'acknowledged'): Promise<number> => {
    const { counts } = (await (await site.ask('/api/v1/alarms/summary')).json()) as Summary;
    return Object.values(counts[state]).reduce((all, count) => all + count, 0);
  };

  /** Every rule is about every device, and each of them sends one reading that is beyond all limits. */
  async function raiseAll(): Promise<void> {
    const rules = Array.from({ length: RULES }, (_, n) => ({
      ...{ id: `rule-${n}`, name: `Rule ${n}`, scope: { kind: 'site' }, action: 'Look.' },
      priority: (['critical', 'high', 'medium', 'low'] as const)[n % 4],
      condition: { kind: 'limit', field: 'temperature_1', side: 'high', limit: -100 - n },
    }));
    const file = { format: 'webscada-edge-alarm-rules', version: 1, rules };
    const answer = await site.ask('/api/v1/alarm-rules/import', { method: 'POST', body: file });
    expect(answer.status).toBe(200);
    const publisher = await connectAsync(site.broker.url);
    for (const device of fleet) {
      const { topic, payload } = upEvent(frameOf(device, 1));
      await publisher.publishAsync(topic, payload, { qos: 1 });
    }
    await publisher.endAsync();
    await eventually(`${ALARMS} alarms`, async () => (await sum('active')) === ALARMS, 120_000);
  }

  const rows = () => page.locator('.alarm-row').count();
  const elements = () => page.evaluate(() => document.querySelectorAll('*').length);
  const unseen = () => page.getByRole('region', { name: /To be acknowledged/ });
  const open = async (hash: string): Promise<void> => {
    await page.goto(`${site.url}/#/${hash}`);
    // As somebody who has just come: what was asked for before is not drawn.
    await page.reload();
    await page.locator('main').waitFor();
  };

  test('on a phone a screenful is drawn of them, with how many there are, and more with a touch', async () => {
    await open('alarms');
    await unseen().getByText(String(ALARMS), { exact: true }).waitFor();
    await page.getByText('More alarms than anybody can work through.').waitFor();
    await expect.poll(() => rows()).toBe(DRAWN);
    await expect.poll(() => page.locator('.alarm-groups .row').count()).toBe(GROUPS_DRAWN);
    await expect.poll(() => elements()).toBeLessThan(MOST_ELEMENTS);
    await unseen()
      .getByRole('button', { name: /^Show more/ })
      .click();
    await expect.poll(rows).toBe(2 * DRAWN);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(await smallTargets(page)).toEqual([]);
    expect(await violations(page)).toEqual([]);
  });

  test('one touch acknowledges one, and the next moves up', async () => {
    await open('alarms');
    const first = unseen().locator('.alarm-row').first();
    const button = first.getByRole('button', { name: /^Acknowledge:/ });
    const name = (await button.getAttribute('aria-label')) ?? '';
    const id = await first.locator('.detail').first().textContent();
    await button.click();
    await expect.poll(() => sum('acknowledged')).toBe(1);
    await unseen()
      .getByText(String(ALARMS - 1), { exact: true })
      .waitFor();
    const seen = page.getByRole('region', { name: /Acknowledged, not over/ });
    await expect.poll(() => seen.locator('.alarm-row').count()).toBe(1);
    expect(name).toContain(await seen.locator('strong').first().textContent());
    expect(id).toContain((await seen.locator('.detail').first().textContent())?.split(' · ')[0]);
    await expect.poll(() => rows()).toBe(DRAWN + 1);
  });

  test('the bar of every other page has the most urgent one and the number of the others', async () => {
    await open('devices');
    const bar = page.locator('.alarm-bar');
    await bar.getByText(`and ${(ALARMS - 2).toLocaleString('en')} more`).waitFor();
    await bar.getByRole('button', { name: 'Acknowledge' }).click();
    await bar.getByText(`and ${(ALARMS - 3).toLocaleString('en')} more`).waitFor();
    await expect.poll(() => page.locator('.alarm-bar').count()).toBe(1);
  });

  test('on a wall as well; what came together is acknowledged together, and all that is left at once', async () => {
    await page.setViewportSize({ width: 1920, height: 1080 });
    await open('alarms');
    await unseen()
      .getByText(String(ALARMS - 2), { exact: true })
      .waitFor();
    await expect.poll(() => elements()).toBeLessThan(MOST_ELEMENTS);
    expect(await violations(page)).toEqual([]);
    const group = page.locator('.alarm-groups .row').last();
    await group.getByRole('button', { name: /^Acknowledge all/ }).click();
    await group.getByRole('button', { name: /sure/ }).click();
    await expect.poll(() => sum('acknowledged')).toBe(2 + DEVICES);
    await unseen()
      .getByText(String(ALARMS - 2 - DEVICES), { exact: true })
      .waitFor();
    const head = unseen().locator('.section-head');
    await head.getByRole('button', { name: /^Acknowledge all/ }).click();
    await head.getByRole('button', { name: /sure/ }).click();
    await expect.poll(() => sum('acknowledged'), { timeout: 60_000 }).toBe(ALARMS);
    await unseen().waitFor({ state: 'detached' });
    await expect.poll(rows).toBe(DRAWN);
    await expect.poll(() => elements()).toBeLessThan(MOST_ELEMENTS);
  });
});
