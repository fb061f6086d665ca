/** Somebody in front of a real browser: what they touch is counted, and what the browser complains of or asks of others is kept. */
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { ADMIN } from '../../test/support/real-site.ts';

export const PHONE = { width: 390, height: 844 } as const;
export const WALL = { width: 1920, height: 1080 } as const;

export interface Person {
  readonly page: Page;
  /** Touches so far. */
  taps(): number;
  /** How many of them had to be scrolled to. */
  scrolled(): number;
  tap(what: Locator): Promise<void>;
  /** A touch of the field, then the keyboard. */
  fill(field: Locator, text: string): Promise<void>;
  /** Errors and warnings of the browser, but for answers that were asked for to be refused. */
  readonly complaints: string[];
  /** What was asked of anybody but the box. */
  readonly strange: readonly string[];
  leave(): Promise<void>;
}

/** Somebody who looks at `url`: with a phone unless `options` say otherwise. */
export async function createPerson(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = { viewport: PHONE, hasTouch: true, isMobile: true },
): Promise<Person> {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  const strange: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    const address = request.url();
    if (!address.startsWith(url) && !/^(data|blob):/.test(address)) strange.push(address);
  });
  await page.goto(url);
  await page.locator('main').waitFor();
  let taps = 0;
  let scrolled = 0;
  const touch = options.hasTouch !== false;
  const tap = async (what: Locator): Promise<void> => {
    await what.waitFor();
    taps += 1;
    if (!(await isInSight(what))) scrolled += 1;
    if (touch) await what.tap();
    else await what.click();
  };
  return {
    page,
    complaints,
    strange,
    taps: () => taps,
    scrolled: () => scrolled,
    tap,
    async fill(field, text) {
      await tap(field);
      await field.fill(text);
    },
    leave: () => context.close(),
  };
}

function isInSight(what: Locator): Promise<boolean> {
  return what.evaluate((element) => {
    const bar = document.querySelector('.nav')?.getBoundingClientRect();
    const foot = bar && bar.top > 0 && bar.width >= innerWidth ? bar.top : innerHeight;
    const { top, bottom } = element.getBoundingClientRect();
    return top >= 0 && bottom <= foot;
  });
}

/** Through the form of the login, by `name` with the password all of a real site have. */
export async function logIn({ page, tap, fill }: Person, name: string = ADMIN.name): Promise<void> {
  await fill(page.getByLabel('Name', { exact: true }), name);
  await fill(page.getByLabel('Password', { exact: true }), ADMIN.password);
  await tap(page.getByRole('button', { name: 'Log in' }));
  await page.locator('.nav').waitFor();
}
