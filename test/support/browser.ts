/** The pages in a real browser: built once, each visit with a site, a server and a page of its own. */
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
  type Request,
} from 'playwright-core';
import { buildWeb } from '../../scripts/build-web.ts';
import { createWorld } from '../../src/ops/world.ts';
import { folderAssets } from '../../src/ui/http/assets.ts';
import type { HttpServer } from '../../src/ui/http/server.ts';
import type { Services } from '../../src/ui/routes/services.ts';
import { eventually, findServer, temporaryFolder } from './process.ts';
import { createUiSite, furnish, type UiSite } from './ui-site.ts';
import { createWebServer } from './web-server.ts';
import { createTestWorld } from './world.ts';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** `more`: arguments beside those of all tests. */
export function launchBrowser(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: findServer('chromium') ?? '', args: [...ARGUMENTS, ...more] });
}

export interface Visit {
  readonly site: UiSite;
  readonly ids: readonly string[];
  readonly page: Page;
  readonly server: HttpServer;
  /** The same site served at `port`. */
  readonly make: (port: number) => HttpServer;
  readonly url: string;
  /** What the browser complained of. */
  readonly complaints: readonly string[];
  /** What was asked of others. */
  readonly strange: readonly string[];
  /** Goes to `hash`, and waits until that page has drawn all it asks the box for. */
  open(hash: string): Promise<void>;
  leave(): Promise<void>;
}

export interface Visitor {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** A site of `count` devices served at its own port, and a page 360 px wide that looks at it, at `hash`. */
  visit(
    count: number,
    prepare?: (site: UiSite) => Partial<Services> | undefined,
    hash?: string,
  ): Promise<Visit>;
}

/** `screen`: what is not as on a small window with a mouse. */
export function createVisitor(screen: BrowserContextOptions = {}): Visitor {
  const folder = temporaryFolder();
  let browser: Browser | undefined;
  let context: BrowserContext | undefined;

  return {
    async start() {
      await buildWeb(folder.path);
      browser = await launchBrowser();
      context = await browser.newContext({ viewport: { width: 360, height: 740 }, ...screen });
    },
    async stop() {
      await browser?.close();
      folder.remove();
    },
    async visit(count, prepare, hash = '') {
      if (!context) throw new Error('the visitor has not started');
      const site = createUiSite(createWorld(createTestWorld().logger));
      const ids = furnish(site, count);
      const deps = { ...site.deps, ...prepare?.(site) };
      const make = (port: number) => createWebServer({ ...deps, asset: folderAssets(folder.path) }, port);
      const server = make(0);
      await server.start();
      const url = server.url();
      const page = await context.newPage();
      // Shorter than a test may take, so that a failure names what was waited for.
      page.setDefaultTimeout(30_000);
      const complaints: string[] = [];
      const strange: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('request', (request) => {
        if (!request.url().startsWith(url)) strange.push(request.url());
      });
      const settle = followRequests(page);
      await page.goto(url + hash);
      await page.locator('main').waitFor();
      const open = async (next: string): Promise<void> => {
        await page.goto(url + next);
        await page.locator('main h2').first().waitFor();
        await settle();
      };
      const leave = async (): Promise<void> => {
        await page.close();
        await server.stop();
      };
      return { site, ids, page, server, make, url, complaints, strange, open, leave };
    },
  };
}

/** Waits, when called, until the page has what it asked for, drew it, and asks for no more. What stays open for news is not waited for. */
function followRequests(page: Page): () => Promise<void> {
  const asked = new Set<Request>();
  page.on('request', (request) => {
    // What the page before this one asked for never comes.
    if (request.isNavigationRequest()) asked.clear();
    if (request.resourceType() !== 'eventsource') asked.add(request);
  });
  page.on('requestfinished', (request) => void asked.delete(request));
  page.on('requestfailed', (request) => void asked.delete(request));
  const hasAll = () => asked.size === 0;
  const isDrawn = () =>
    page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)));
        }),
    );
  return async () => {
    // What is drawn may ask for more, once it is.
    for (let quiet = 0; quiet < 2; quiet = hasAll() ? quiet + 1 : 0) {
      await eventually(`all that ${page.url()} asked for`, hasAll);
      await isDrawn();
    }
  };
}

/** How far the page can be scrolled sideways, pixels; 0 or less when it cannot. */
export function overflowOf(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}

/** What is touched and lower than 56 px, in words. */
export function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [
      ...document.querySelectorAll(
        'main button, main input:not([type=hidden]), main textarea, main a, main label.toggle',
      ),
    ]
      .filter((element) => !element.closest('label.check, label.file') || element.matches('label'))
      // A link within text may be as high as the text.
      .filter((element) => !element.closest('dd, .device'))
      .filter((element) => element.getBoundingClientRect().height < 56)
      .map(
        (element) => `${element.tagName} ${element.textContent} ${element.getBoundingClientRect().height}`,
      ),
  );
}

/** What people or devices name: it may be shortened, and is whole where it is opened. */
const SHORTENED = '.name, .label, .figure, .mono, .tile .words';

/** Texts of ours of which a part is hidden by what they stand in, in words. */
export function cutTexts(page: Page): Promise<string[]> {
  return page.evaluate((shortened) => {
    const found = new Set<string>();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const { currentNode: text } = walker;
      const parent = text.parentElement;
      if (!parent || text.nodeValue?.trim() === '' || !parent.checkVisibility({ checkVisibilityCSS: true }))
        continue;
      if (
        parent.closest(`${shortened}, .spoken, .skip, svg, textarea, select, option, .uplot, .readings thead`)
      )
        continue;
      // For readers only.
      if (getComputedStyle(parent).clipPath !== 'none') continue;
      const range = document.createRange();
      range.selectNodeContents(text);
      const { left, right } = range.getBoundingClientRect();
      for (let box: Element | null = parent; box && box !== document.body; box = box.parentElement) {
        const { overflowX } = getComputedStyle(box);
        // What lies in it can be scrolled to.
        if (overflowX === 'auto' || overflowX === 'scroll') break;
        const edge = box.getBoundingClientRect();
        if (overflowX === 'visible' || (left >= edge.left - 1 && right <= edge.right + 1)) continue;
        found.add(`${box.className || box.tagName}: ${text.nodeValue?.trim().slice(0, 60)}`);
        break;
      }
    }
    return [...found];
  }, SHORTENED);
}
