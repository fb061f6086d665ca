/** Claim, login and logout in a real browser, over TLS with the self-made certificate, at 360 px. */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildWeb } from '../../scripts/build-web.ts';
import { createCertificateSource } from '../../src/ops/tls-source.ts';
import { createWorld } from '../../src/ops/world.ts';
import { openUsers } from '../../src/store/tables/users-file.ts';
import { createAccessControl } from '../../src/ui/access/access-control.ts';
import { folderAssets } from '../../src/ui/http/assets.ts';
import { HOUR_MS, PASSWORD } from '../support/access-box.ts';
import { describeWith, eventually, findServer, temporaryFolder } from '../support/process.ts';
import { createUiSite, furnish } from '../support/ui-site.ts';
import { createWebServer } from '../support/web-server.ts';
import { createTestWorld } from '../support/world.ts';

const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'];
/** A password is made slow to guess on purpose, and a loaded machine makes it slower. */
const SLOW_MS = 180_000;
/** Names a folder to keep pictures in, to be looked at. */
const PICTURES = process.env.WSE_TEST_PICTURES;

describeWith(['chromium'], 'the way in', () => {
  const web = temporaryFolder();
  let browser: Browser;

  beforeAll(async () => {
    await buildWeb(web.path);
    browser = await chromium.launch({ executablePath: findServer('chromium') ?? '', args: ARGUMENTS });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    web.remove();
  });

  /** A box on its own port that has just been installed, and a phone that looks at it. */
  async function newBox(devices = 5) {
    const folder = temporaryFolder();
    const test = createTestWorld();
    const world = createWorld(test.logger);
    const { users, synced, close } = openUsers(folder.path);
    const access = createAccessControl({ users, synced, times: { idleMs: HOUR_MS, maxMs: HOUR_MS }, world });
    await access.start();
    const site = createUiSite(world);
    furnish(site, devices);
    const tls = createCertificateSource({ dir: folder.path, names: [], world });
    const server = createWebServer({ ...site.deps, access, tls, asset: folderAssets(web.path) });
    await server.start();
    const context = await browser.newContext({
      viewport: { width: 360, height: 740 },
      ignoreHTTPSErrors: true,
    });
    const page = await context.newPage();
    // How fast a state comes is the machine's affair; shorter than a test may take, so that a failure names what was waited for.
    page.setDefaultTimeout(SLOW_MS / 3);
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    const code = String(test.logged.find(({ event }) => event === 'access.unclaimed')?.fields.claimCode);
    return {
      page,
      context,
      site,
      users,
      tls,
      code,
      complaints,
      url: server.url(),
      async end() {
        await context.close();
        await server.stop();
        await access.stop();
        close();
        folder.remove();
      },
    };
  }

  /** The page has its live connection: what happens from here on it is told, however slow the machine is. */
  const isFollowing = ({ site }: Pick<Awaited<ReturnType<typeof newBox>>, 'site'>) =>
    eventually('the page follows the box', () => site.listeners() > 0);

  async function fill(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
    for (const [label, value] of Object.entries(fields))
      await page.getByLabel(label, { exact: true }).fill(value);
  }

  /** Keeps a picture of the page at the phone's and at a wide screen's size, where asked for. */
  async function picture(page: Page, name: string): Promise<void> {
    if (PICTURES === undefined) return;
    await page.screenshot({ path: `${PICTURES}/${name}-360.png` });
    await page.setViewportSize({ width: 1920, height: 1080 });
    await page.screenshot({ path: `${PICTURES}/${name}-1920.png` });
    await page.setViewportSize({ width: 360, height: 740 });
  }

  const cookies = async (context: BrowserContext) =>
    (await context.cookies()).map(({ name, httpOnly, secure, sameSite }) => ({
      name,
      httpOnly,
      secure,
      sameSite,
    }));

  test(
    'a new box is claimed, shows the site, and after the logout asks for the login',
    async () => {
      const box = await newBox();
      const { page } = box;
      await page.goto(box.url);
      await page.getByRole('heading', { name: 'Claim this box' }).waitFor();
      await page.getByText('Is this the right box?').click();
      await page.getByText(box.tls.fingerprint()).waitFor();
      await picture(page, 'claim');
      await fill(page, { 'Claim code': 'aaaa-aaaa', 'Your name here': 'Ada', 'New password': PASSWORD });
      await page.getByRole('button', { name: 'Claim', exact: true }).click();
      await page.getByRole('alert').getByText('not, or no longer, the code').waitFor();
      await picture(page, 'claim-wrong');
      await fill(page, { 'Claim code': box.code.toLowerCase() });
      await page.getByRole('button', { name: 'Claim', exact: true }).click();
      await page.locator('.tile').first().waitFor();
      expect(await cookies(box.context)).toEqual([
        { name: '__Host-wse-session', httpOnly: true, secure: true, sameSite: 'Strict' },
      ]);
      await page.locator('.nav').getByRole('link', { name: 'More' }).click();
      await page.getByText('Administrator').waitFor();
      await picture(page, 'account');
      await page.getByRole('button', { name: 'Log out' }).click();
      await page.getByRole('heading', { name: 'Log in' }).waitFor();
      await expect.poll(() => page.locator('.tile, .device').count()).toBe(0);
      await picture(page, 'login');
      await fill(page, { Name: 'ada', Password: 'not the password' });
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByRole('alert').getByText('Name or password wrong.').waitFor();
      await fill(page, { Password: PASSWORD });
      await page.keyboard.press('Enter');
      await page.getByText('Administrator').waitFor();
      // The two refusals are all the browser found worth a line.
      expect(box.complaints.filter((text) => !text.includes('403'))).toEqual([]);
      await box.end();
    },
    SLOW_MS,
  );

  test(
    'P12: a page whose session has ended leads to the login by itself, and goes on after it',
    async () => {
      const box = await newBox();
      const { page } = box;
      await page.goto(box.url);
      await fill(page, { 'Claim code': box.code, 'Your name here': 'ada', 'New password': PASSWORD });
      await page.keyboard.press('Enter');
      await page.locator('.tile').first().waitFor();
      await isFollowing(box);
      box.users.sessions.removeOf('ada');
      // The stream ends within a second, and the page finds out why.
      await page.getByRole('heading', { name: 'Log in' }).waitFor();
      await expect.poll(() => page.locator('.tile, .device').count()).toBe(0);
      await fill(page, { Name: 'ada', Password: PASSWORD });
      await page.keyboard.press('Enter');
      await page.locator('.tile').first().waitFor();
      await box.end();
    },
    SLOW_MS,
  );

  test(
    'after the claim of a box without devices there is something to see to first',
    async () => {
      const box = await newBox(0);
      const { page } = box;
      await page.goto(box.url);
      await fill(page, { 'Claim code': box.code, 'Your name here': 'ada', 'New password': PASSWORD });
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'First run' }).waitFor();
      await page.locator('.step', { hasText: 'Gateways point at this box' }).getByText('done').waitFor();
      const backups = page.locator('.step', { hasText: 'Backups' });
      await backups.getByRole('button', { name: 'Later' }).click();
      await page.reload();
      await backups.getByText('left for later').waitFor();
      await box.end();
    },
    SLOW_MS,
  );

  test(
    'P11: after a logout in another tab or on another device nothing of the site is shown any more',
    async () => {
      const box = await newBox();
      const { page, context } = box;
      await page.goto(box.url);
      await fill(page, { 'Claim code': box.code, 'Your name here': 'ada', 'New password': PASSWORD });
      await page.keyboard.press('Enter');
      await page.locator('.tile').first().waitFor();
      const other = await context.newPage();
      other.setDefaultTimeout(SLOW_MS / 3);
      await other.goto(box.url);
      await other.locator('.tile').first().waitFor();
      await isFollowing(box);
      await page.locator('.nav').getByRole('link', { name: 'More' }).click();
      await page.getByRole('button', { name: 'Log out' }).click();
      await other.getByRole('heading', { name: 'Log in' }).waitFor();
      const text = await other.locator('body').textContent();
      for (const word of ['Cold store', 'Test site', '0016c001ff10a235']) expect(text).not.toContain(word);
      await box.end();
    },
    SLOW_MS,
  );

  test(
    'what is touched is at least 56 px high, labelled, and nothing scrolls sideways, also with text twice as large',
    async () => {
      const box = await newBox();
      const { page } = box;
      await page.goto(box.url);
      await page.getByRole('heading', { name: 'Claim this box' }).waitFor();
      const touched = await page.locator('button, input, summary').all();
      expect(touched.length).toBe(6);
      for (const element of touched) expect((await element.boundingBox())?.height).toBeGreaterThanOrEqual(56);
      await page.getByRole('button', { name: 'Show' }).click();
      // The page is drawn with the next frame, not with the click.
      await page.locator('input[name=password][type=text]').waitFor();
      const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(await overflow()).toBeLessThanOrEqual(0);
      await page.evaluate(() => {
        document.documentElement.style.fontSize = '200%';
      });
      await page.getByText('Is this the right box?').click();
      expect(await overflow()).toBeLessThanOrEqual(0);
      await box.end();
    },
    SLOW_MS,
  );
});
