/**
 * Notifications in a real browser on a real box, with a real mail server and a real webhook receiver: what to do first, a person, a
 * test, a route, an alarm that becomes a mail, a channel that fails, two who change the same, a viewer who can change nothing.
 */
import { execFileSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type MailServer, startMailServer } from '../notify/mail-server.ts';
import { AXE, violations } from '../support/axe.ts';
import { launchBrowser, overflowOf, smallTargets } from '../support/browser.ts';
import { describeWith, freePort } from '../support/process.ts';
import { ADMIN, type RealSite, startRealSite } from '../support/real-site.ts';

const PAGES = [
  'notify',
  'notify/people',
  'notify/groups',
  'notify/channels',
  'notify/log',
  'person/bea',
  'route/urgent',
];
const SIZES = [
  { width: 390, height: 844 },
  { width: 1920, height: 1080 },
  { width: 320, height: 700 },
] as const;

/** Says 500 until it is told otherwise. */
async function startReceiver() {
  const state = { status: 500, posted: 0 };
  const server: Server = createServer((request, response) => {
    request.resume().on('end', () => {
      state.posted += 1;
      response.writeHead(state.status).end('so it is');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, { port, stop: () => server.close() });
}

describeWith(['chromium', 'mosquitto'], 'the pages of notifications', () => {
  vi.setConfig({ testTimeout: 90_000 });
  let site: RealSite;
  let mail: MailServer;
  let hook: Awaited<ReturnType<typeof startReceiver>>;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    const build = [join(import.meta.dirname, '../../scripts/build.ts'), '--bundle', '--if-stale', '--quiet'];
    execFileSync(process.execPath, build, { stdio: 'inherit' });
    [mail, hook] = [await startMailServer(), await startReceiver()];
    site = await startRealSite({
      mqtt: { embedded_port: await freePort() },
      simulator: { enabled: true, devices: 3 },
    });
    await site.claim();
    browser = await launchBrowser();
    context = await logIn(ADMIN.name);
    page = await newPage(context);
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await site?.stop();
    await mail?.stop();
    hook?.stop();
  });

  async function logIn(name: string): Promise<BrowserContext> {
    const made = await browser.newContext({ viewport: SIZES[0], locale: 'en' });
    await made.addInitScript({ content: AXE });
    const entry = await newPage(made);
    await entry.goto(site.url);
    await entry.getByLabel('Name', { exact: true }).fill(name);
    await entry.getByLabel('Password', { exact: true }).fill(ADMIN.password);
    await entry.getByRole('button', { name: 'Log in' }).click();
    await entry.locator('.nav').waitFor();
    await entry.close();
    return made;
  }
  async function newPage(of: BrowserContext): Promise<Page> {
    const made = await of.newPage();
    made.setDefaultTimeout(30_000);
    return made;
  }
  const open = async (hash: string, where = page): Promise<void> => {
    await where.goto(`${site.url}/#/${hash}`);
    await where.locator('main h2').first().waitFor();
  };
  const looksWell = async (where = page): Promise<void> => {
    expect(await overflowOf(where)).toBeLessThanOrEqual(0);
    expect(await smallTargets(where)).toEqual([]);
    expect(await violations(where)).toEqual([]);
  };
  const save = (where = page) => where.getByRole('button', { name: 'Save', exact: true }).click();
  const told = () => page.locator('#told-log .row');

  test('without a mail server the page says so first, and leads to its settings', async () => {
    await open('alarms');
    await page.getByRole('link', { name: 'Who is told' }).click();
    await page.getByText('No mail server is set').waitFor();
    await looksWell();
    await page.getByRole('link', { name: 'To the settings' }).click();
    await page.getByLabel('smtp_host').waitFor();
    await expect.poll(() => page.locator('#set-influx').count()).toBe(0);
    await site.stopBox();
    const notify = {
      smtp_host: '127.0.0.1',
      smtp_port: mail.port,
      smtp_security: 'none',
      from: 'edge@site.example',
    };
    const webhooks = [{ name: 'night-shift', url: `http://127.0.0.1:${hook.port}/` }];
    await site.startBox({ notify, webhooks });
  });

  test('a person is added, tested step by step, and the test is in the log of what was told', async () => {
    await open('more');
    await page.getByRole('link', { name: /^Notifications/ }).click();
    await page.getByText('Nobody is told of alarms yet.').waitFor();
    await page.getByRole('link', { name: 'New person' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Bea');
    await page.getByRole('button', { name: 'Add an address' }).click();
    await page.getByLabel('E-mail address').fill('bea@site.example');
    await page.getByRole('button', { name: 'Add hours' }).click();
    await looksWell();
    await save();
    await page.getByRole('heading', { name: 'Bea' }).waitFor();
    expect(page.url()).toContain('#/person/bea');
    await page.getByRole('button', { name: 'Send a test message' }).click();
    await page.getByText(/✓ *E-mail bea@site.example/).waitFor();
    await page.getByText(/Taken: .*queued as 4711/).waitFor();
    expect(mail.mails.map(({ to }) => to)).toEqual(['bea@site.example']);
    await page.getByRole('link', { name: 'What Bea was told' }).click();
    await told().getByText('a test').waitFor();
    await told()
      .getByText(mail.mails[0]?.messageId.replace(/[<>]/g, '') ?? 'none')
      .waitFor();
    await page.getByLabel('Channel').selectOption('MQTT');
    await page.getByText('Nothing was told yet.').waitFor();
    await open('notify/channels');
    await page.getByRole('button', { name: 'Test the mail server' }).click();
    for (const step of ['Port', 'Login'])
      await page.locator('.test-steps li').getByText(`✓ ${step}`).waitFor();
    await looksWell();
  });

  test('what the box does not take is said with its place, and nothing is lost', async () => {
    await open('person/bea');
    await page.getByLabel('Time zone').fill('Nowhere/Land');
    await page.getByLabel('Name', { exact: true }).fill('Bea Two');
    await save();
    await page
      .getByRole('alert')
      .getByText(/timeZone/)
      .waitFor();
    await expect.poll(() => page.getByLabel('Name', { exact: true }).inputValue()).toBe('Bea Two');
    await looksWell();
  });

  test('a route is added; an alarm becomes a mail, and that is in the log', async () => {
    await open('notify');
    await page.getByText('nobody is told of anything yet').waitFor();
    await page.getByRole('link', { name: 'New route' }).first().click();
    await page.getByLabel('Name', { exact: true }).fill('Urgent');
    await page.getByRole('group', { name: 'Who is told' }).getByLabel('Bea').check();
    await page.getByRole('button', { name: 'Add a step' }).click();
    await page.getByLabel('After minutes').fill('30');
    await page.getByRole('group', { name: 'Who is told' }).nth(1).getByLabel('Bea').check();
    await looksWell();
    await save();
    await page.getByRole('heading', { name: 'Urgent' }).waitFor();
    await open('notify');
    await page.getByText('critical, high → Bea · after 30 min: Bea').waitFor();
    const rule = {
      ...{ name: 'Warm', scope: { kind: 'site' }, priority: 'critical', action: 'Look.' },
      condition: { kind: 'limit', field: 'temperature_1', side: 'high', limit: -100 },
    };
    await page.evaluate(async (body) => {
      const headers = { 'content-type': 'application/json', 'if-none-match': '*' };
      await fetch('/api/v1/alarm-rules/warm', { method: 'PUT', headers, body: JSON.stringify(body) });
    }, rule);
    await open('notify/log');
    await told().getByText(/Warm/).first().waitFor();
    await expect.poll(() => mail.mails.some(({ subject }) => subject.includes('Warm'))).toBe(true);
    await expect.poll(() => told().first().textContent()).toMatch(/taken Bea · E-mail bea@site.example/);
    await looksWell();
  });

  test('a webhook that fails says since when, what waits has its age, and it leaves when the webhook is well', async () => {
    await open('person');
    await page.getByLabel('Name', { exact: true }).fill('Night shift');
    await page.getByRole('button', { name: 'Add an address' }).click();
    await page.getByLabel('Channel').selectOption('Webhook');
    await expect.poll(() => page.getByLabel('Webhook of the settings').inputValue()).toBe('night-shift');
    await save();
    await page.getByRole('heading', { name: 'Night shift' }).waitFor();
    await open('route/urgent');
    await page.getByRole('group', { name: 'Who is told' }).first().getByLabel('Night shift').check();
    await save();
    await page.getByText('Saved.').waitFor();
    await page.evaluate(async () => {
      const { items } = (await (await fetch('/api/v1/alarm-rules')).json()) as {
        items: { revision: number }[];
      };
      const headers = { 'if-match': `"${items[0]?.revision}"` };
      await fetch('/api/v1/alarm-rules/warm', { method: 'DELETE', headers });
      const body = {
        ...{ name: 'Hot', scope: { kind: 'site' }, priority: 'critical', action: 'Look.' },
        condition: { kind: 'limit', field: 'temperature_1', side: 'high', limit: -90 },
      };
      await fetch('/api/v1/alarm-rules/hot', {
        method: 'PUT',
        headers: { 'content-type': 'application/json', 'if-none-match': '*' },
        body: JSON.stringify(body),
      });
    });
    await open('notify/channels');
    const channel = page.getByRole('region', { name: 'Webhook night-shift' });
    await channel.getByText(/Failing for/).waitFor();
    await channel.getByText('1 message waits.').waitFor();
    await looksWell();
    await channel.getByRole('button', { name: 'Test by a message to 1 person' }).click();
    await channel.getByText(/Not taken: .*500/).waitFor();
    await open('notify/log');
    await page.getByLabel('Person').selectOption('Night shift');
    // By name: a mail to Bea may wait in that moment, and the page may not have drawn what was chosen yet.
    const waits = page.locator('#told-waiting .row').filter({ hasText: 'Night shift' });
    await waits.getByText('leaves as soon as it can').waitFor();
    await expect.poll(() => waits.locator('time').textContent()).toMatch(/\d/);
    await looksWell();
    hook.status = 200;
    await page.getByText('Nothing waits.').waitFor();
    await told().filter({ hasText: 'Night shift' }).filter({ hasText: 'taken' }).first().waitFor();
  });

  test('a route that another changed meanwhile is not overwritten, and who is named is not removed', async () => {
    await open('route/urgent');
    await page.getByRole('heading', { name: 'Urgent' }).waitFor();
    const other = await newPage(context);
    await open('route/urgent', other);
    await other.getByLabel('After minutes').fill('7');
    await save(other);
    await other.getByText('Saved.').waitFor();
    await other.close();
    await page.getByLabel('After minutes').fill('8');
    await save();
    await page.getByRole('button', { name: 'Show what the other one saved' }).click();
    await expect.poll(() => page.getByLabel('After minutes').inputValue()).toBe('7');
    await open('person/bea');
    await page.getByRole('button', { name: 'Remove Bea' }).click();
    await page.getByRole('button', { name: /sure/i }).click();
    await page
      .getByRole('alert')
      .getByText(/Urgent/)
      .waitFor();
    await looksWell();
  });

  test('every part of a time has the focus in sight, its clock too', async () => {
    await open('person/bea');
    const from = page.locator('#notify-quiet-0-from');
    await from.focus();
    const outlines: string[] = [];
    const look = () =>
      from.evaluate(
        (field) => [document.activeElement === field, getComputedStyle(field).outlineStyle] as const,
      );
    for (let [isThere, outline] = await look(); isThere; [isThere, outline] = await look()) {
      outlines.push(outline);
      await page.keyboard.press('Tab');
    }
    // Hour, minute, half of the day, clock.
    expect(outlines).toEqual(['solid', 'solid', 'solid', 'solid']);
  });

  test('without what there is to choose from there is no form, which would take out who is chosen', async () => {
    const path = '/api/v1/notify/groups/shift';
    const body = { name: 'Shift', members: ['bea'] };
    const put = await site.ask(path, { method: 'PUT', body, headers: { 'if-none-match': '*' } });
    expect(put.ok).toBe(true);
    await page.route('**/api/v1/notify/people', (route) => route.abort());
    await open('group/shift');
    await page.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
    await expect.poll(() => page.locator('main form').count()).toBe(0);
    await page.unroute('**/api/v1/notify/people');
    await page.reload();
    await expect
      .poll(() => page.getByRole('group', { name: 'People in it' }).getByLabel('Bea').isChecked())
      .toBe(true);
    const { revision } = (await put.json()) as { revision: number };
    const gone = await site.ask(path, { method: 'DELETE', headers: { 'if-match': `"${revision}"` } });
    expect(gone.ok).toBe(true);
  });

  test('a viewer sees all of it and can change nothing', async () => {
    const viewers = await logIn('viewer');
    const looked = await newPage(viewers);
    const sent: string[] = [];
    looked.on('request', (request) => {
      if (request.method() !== 'GET') sent.push(request.url());
    });
    for (const hash of PAGES) {
      await open(hash, looked);
      await looked.getByText('You may look at this').first().waitFor();
      await looked.waitForLoadState('networkidle');
      await expect
        .poll(() => looked.locator('main form, main button:not(#told-log button)').count(), { message: hash })
        .toBe(0);
      await expect.poll(() => looked.locator('main a.primary').count(), { message: hash }).toBe(0);
      await looksWell(looked);
    }
    await expect.poll(() => looked.locator('#notify-escalate-0-after').inputValue()).toBe('7');
    await expect.poll(() => looked.locator('#notify-escalate-0-after').isDisabled()).toBe(true);
    await open('person', looked);
    await expect.poll(() => looked.locator('main input').count()).toBe(0);
    expect(sent).toEqual([]);
    for (const path of ['people/bea', 'routes/urgent', 'groups/x']) {
      const put = await site.ask(`/api/v1/notify/${path}`, { method: 'PUT', body: {}, as: 'viewer' });
      expect(put.status).toBe(403);
    }
    const test = await site.ask('/api/v1/notify/people/bea/test', { method: 'POST', as: 'viewer' });
    expect(test.status).toBe(403);
    await viewers.close();
  });

  test('by day and by night, on a phone, a wall and the narrowest screen: whole, and clean for axe', async () => {
    for (const theme of ['light', 'night']) {
      await page.evaluate((name) => localStorage.setItem('wse-theme', name), theme);
      await page.reload();
      for (const size of SIZES) {
        await page.setViewportSize(size);
        for (const hash of PAGES) {
          await open(hash);
          await page.waitForLoadState('networkidle');
          await looksWell();
        }
      }
      await expect.poll(() => page.evaluate(() => document.documentElement.dataset.theme)).toBe(theme);
    }
  }, 180_000);
});
