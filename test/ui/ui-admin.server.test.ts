/** The pages of administrators in a real browser: users and tokens, settings that are saved, tried and kept, the audit trail. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openUsers } from '../../src/store/tables/users-file.ts';
import { createAccessControl } from '../../src/ui/access/access-control.ts';
import { HOUR_MS, PASSWORD } from '../support/access-box.ts';
import { furnishAudit, furnishSettings } from '../support/admin-views.ts';
import { createVisitor, overflowOf, smallTargets } from '../support/browser.ts';
import { describeWith, temporaryFolder } from '../support/process.ts';
import type { UiSite } from '../support/ui-site.ts';
import { createTestWorld } from '../support/world.ts';

/** Passwords are slow on purpose, and slower on a loaded machine. */
const SLOW_MS = 120_000;
const PICTURES = process.env.WSE_TEST_PICTURES;

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  for (const [width, height] of [
    [390, 844],
    [1920, 1080],
    [320, 700],
  ] as const) {
    await page.setViewportSize({ width, height });
    await page.screenshot({ path: `${PICTURES}/${name}-${width}.png`, fullPage: width === 390 });
  }
  await page.setViewportSize({ width: 360, height: 740 });
}

describeWith(['chromium'], 'the pages of administrators', () => {
  const visitor = createVisitor();
  beforeAll(visitor.start, 60_000);
  afterAll(visitor.stop);

  /** A box with one administrator, who is logged in and looks at the users. */
  async function openUsersPage() {
    const folder = temporaryFolder();
    const world = createTestWorld();
    const { users, synced, close } = openUsers(folder.path);
    const access = createAccessControl({ users, synced, times: { idleMs: HOUR_MS, maxMs: HOUR_MS }, world });
    await access.start();
    const code = String(world.logged.find(({ event }) => event === 'access.unclaimed')?.fields.claimCode);
    const from = { address: '', secure: false };
    const signedIn = await access.accounts?.claim(code, { name: 'ada', password: PASSWORD }, from);
    if (typeof signedIn !== 'object' || !('sessionId' in signedIn)) throw new Error('not claimed');
    const { page, url, leave } = await visitor.visit(1, () => ({ access }), '#/users');
    page.setDefaultTimeout(SLOW_MS / 4);
    await page.context().addCookies([{ name: 'wse-session', value: signedIn.sessionId, url }]);
    await page.reload();
    const end = async () => {
      await leave();
      await access.stop();
      close();
      folder.remove();
    };
    return { page, url, users, access, end };
  }

  async function addBob(page: Page): Promise<void> {
    await page.getByText('Add somebody').click();
    await page.getByLabel('Name', { exact: true }).fill('bob');
    await page.getByLabel('Password, at least').fill(PASSWORD);
    await page.getByLabel('Role').last().selectOption('technician');
    await page.getByText('Also sets up devices').waitFor();
    await page.getByRole('button', { name: 'Add', exact: true }).click();
  }

  test('people are added, changed and removed; the last administrator stays; the own password', async () => {
    const { page, url, users, end } = await openUsersPage();
    await addBob(page);
    const bob = page.locator('.person', { hasText: 'bob' });
    await bob.getByText('Technician').first().waitFor();
    await bob.getByText('Change bob').click();
    await bob.getByLabel('Role').selectOption('viewer');
    await page.locator('.person > span', { hasText: 'Viewer' }).waitFor();
    expect(users.get('bob')?.role).toBe('viewer');
    const before = users.get('bob')?.password;
    await bob.getByLabel('New password').fill(`${PASSWORD} new`);
    await bob.getByRole('button', { name: 'Set it' }).click();
    await expect.poll(() => users.get('bob')?.password, { timeout: SLOW_MS / 4 }).not.toBe(before);
    await page.getByText('Change ada').click();
    await page.getByRole('button', { name: 'Remove ada' }).click();
    await page.getByRole('button', { name: 'sure?' }).click();
    await page.getByText('without one the box would be unclaimed').waitFor();
    await page.goto(`${url}#/more`);
    await page.getByText('Change the own password').click();
    await page.getByLabel('Password now').fill(PASSWORD);
    await page.getByLabel('New password').fill(`${PASSWORD} mine`);
    await page.getByRole('button', { name: 'Change it' }).click();
    await page.getByText('It is changed.').waitFor();
    await picture(page, 'own-password');
    await end();
  }, 120_000);

  test('a token is made, shown once, tells of its use, and is revoked', async () => {
    const { page, access, end } = await openUsersPage();
    await page.getByText('Make a token').click();
    await page.getByLabel('What it is for').fill('grafana');
    await page.getByLabel('What it may').selectOption('read');
    await page.getByRole('button', { name: 'Make it' }).click();
    const shown = await page.locator('.made .written').textContent();
    const caller = access.identify({ authorization: `Bearer ${shown}` });
    expect(caller).toMatchObject({ kind: 'token', scopes: ['read'] });
    await page.getByText('made by ada').waitFor();
    await picture(page, 'users');
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(await smallTargets(page)).toEqual([]);
    await page.reload();
    await page.getByText('made by ada').waitFor();
    await expect.poll(() => page.locator('.made').count()).toBe(0);
    await page.getByRole('button', { name: 'Revoke grafana' }).click();
    await page.getByRole('button', { name: 'sure?' }).click();
    await page.getByText('made by ada').waitFor({ state: 'detached' });
    await end();
  }, 120_000);

  const openSettings = async (service = furnishSettings()) => {
    const visit = await visitor.visit(1, () => ({ settings: service }), '#/settings');
    await visit.page.getByLabel('Search').waitFor();
    return { ...visit, service };
  };

  test('a setting is found, changed, saved, and in force after the box has begun anew', async () => {
    const { page, service, leave } = await openSettings();
    await page.getByText('From /etc/webscada-edge/config.toml:2.').waitFor();
    await picture(page, 'settings');
    await page.getByLabel('Search').fill('bucket');
    await page.getByText('From the environment: WSE_INFLUX__BUCKET. It wins: change it there.').waitFor();
    await page.getByLabel('Search').fill('site.name');
    const name = page.locator('#set-site\\.name');
    await name.fill('South Hill');
    await name.blur();
    await page.getByText('1 change.').waitFor();
    await picture(page, 'settings-changed');
    await page.getByRole('button', { name: 'Save and begin anew' }).click();
    await page.getByText('The settings are in force.').waitFor();
    expect(service.saved).toEqual({ 'site.name': 'South Hill' });
    await page.getByText('Set here.').waitFor();
    await leave();
  }, 60_000);

  test('a wrong one is told at its place, nothing is lost, and it can be thrown away', async () => {
    const { page, leave } = await openSettings();
    await page.getByLabel('Search').fill('http.port');
    const port = page.locator('#set-http\\.port');
    await port.fill('0');
    await port.blur();
    await page.getByText('those before come back after a minute').waitFor();
    await page.getByText('It will answer here').waitFor();
    await page.getByRole('button', { name: 'Save and begin anew' }).click();
    await page.getByRole('alert').getByText('must be a whole number').waitFor();
    await expect.poll(() => port.inputValue()).toBe('0');
    await page.getByRole('button', { name: 'Undo port' }).click();
    await page.getByText('1 change.').waitFor({ state: 'detached' });
    await expect.poll(() => port.inputValue()).toBe('8080');
    await leave();
  }, 60_000);

  test('whoever comes to a box with settings on trial can keep them; one that took them back says so', async () => {
    const { page, service, leave } = await openSettings(
      furnishSettings({ trial: { untilMs: Date.now() + 60_000 } }),
    );
    await page.getByText('on trial').waitFor();
    await picture(page, 'settings-trial');
    await page.getByRole('button', { name: 'keep them' }).click();
    await page.getByText('The settings are in force.').waitFor();
    expect(service.state).not.toHaveProperty('trial');
    await leave();
    const other = await openSettings(
      furnishSettings({ reverted: { atMs: Date.now(), why: 'not_confirmed' } }),
    );
    await other.page.getByText('Nobody said that the settings on trial were good').waitFor();
    await other.leave();
  }, 60_000);

  test('a secret is not in the page, and another one goes in', async () => {
    const { page, service, leave } = await openSettings();
    expect(await page.content()).not.toContain('secret@');
    await page.getByLabel('Search').fill('influx.token');
    const token = page.locator('#set-influx\\.token');
    await expect.poll(() => token.getAttribute('placeholder')).toBe('set, not shown');
    await token.fill('new');
    await page.getByRole('button', { name: 'Save and begin anew' }).click();
    await page.getByText('The settings are in force.').waitFor();
    expect(service.saved).toEqual({ 'influx.token': 'new' });
    await leave();
  }, 60_000);

  test('a connection is tried where its settings are, step by step', async () => {
    const settings = furnishSettings();
    const steps = [
      { step: 'port', isOk: true, found: '127.0.0.1:8086 answers' },
      { step: 'login', isOk: false, found: 'it answers 401', hint: 'make a token for this bucket' },
    ] as const;
    const testConnection = async () => ({ connection: 'influx', server: '127.0.0.1:8086', steps }) as const;
    const { page, leave } = await visitor.visit(1, () => ({ settings, testConnection }), '#/settings');
    await page.locator('#set-influx').getByRole('button', { name: 'Test the connection' }).click();
    await page.getByText('it answers 401. make a token for this bucket').waitFor();
    await page.locator('.test-steps li', { hasText: 'Port' }).waitFor();
    await picture(page, 'settings-test');
    await leave();
  }, 60_000);

  test('the audit trail in words, with what it was done to, and whether it is whole', async () => {
    const { page, complaints, leave } = await visitor.visit(
      1,
      (_: UiSite) => ({ audit: furnishAudit() }),
      '#/audit',
    );
    await page.getByText('Sent to a device').waitFor();
    await page.getByText('settings: influx.url, influx.token').waitFor();
    await page.getByText('Refused').waitFor();
    await picture(page, 'audit');
    await page.getByRole('button', { name: 'Is it whole?' }).click();
    await page.getByText('It is whole: 4 entries.').waitFor();
    await page.getByLabel('Name, address').fill('LOGIN');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByText('Sent to a device').waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await leave();
  }, 60_000);
});
