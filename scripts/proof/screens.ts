/**
 * Every page at a phone's, a wall's and the narrowest width, in light, dark and night, in English and German: whole, without what
 * axe finds, everything reached by keyboard with the focus in sight, nothing asked of anybody but the box. A picture of each goes
 * to out/screens.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { AXE, violations } from '../../test/support/axe.ts';
import { createVisitor, cutTexts, overflowOf, smallTargets, type Visit } from '../../test/support/browser.ts';
import { furnishAmiss, PAGES } from '../../test/support/page-list.ts';
import type { Proof } from './proof.ts';

const SIZES = [
  { width: 390, height: 844 },
  { width: 1920, height: 1080 },
  { width: 320, height: 700 },
] as const;
const THEMES = ['light', 'dark', 'night'] as const;
const LANGUAGES = ['en', 'de'] as const;
const OUT = join(import.meta.dirname, '../../out/screens');

export async function screens(proof: Proof): Promise<void> {
  mkdirSync(OUT, { recursive: true });
  const visitor = createVisitor();
  await visitor.start();
  proof.atEnd(visitor.stop);
  const visit = await visitor.visit(14, (site) => {
    site.status.site = 'North hill';
    return furnishAmiss(site);
  });
  proof.atEnd(visit.leave);
  await visit.page.addInitScript({ content: AXE });
  for (const language of LANGUAGES)
    for (const theme of THEMES) {
      const found: string[] = [];
      // One look at the words of the other language is enough.
      if (language !== 'en' && theme !== 'light') continue;
      await setUp(visit, language, theme);
      for (const size of SIZES) {
        await visit.page.setViewportSize(size);
        for (const hash of PAGES)
          found.push(...(await look(visit, hash, `${size.width}-${theme}-${language}`)));
      }
      proof.none(`what is wrong with ${PAGES.length} pages at three sizes, ${theme}, ${language}`, found);
    }
  proof.none('complaints of the browser', visit.complaints);
  proof.none('requests to anybody else', visit.strange);
}

async function setUp({ page, url }: Visit, language: string, theme: string): Promise<void> {
  await page.evaluate(
    ([chosen, colours]) => {
      localStorage.setItem('wse-language', chosen ?? '');
      localStorage.setItem('wse-theme', colours ?? '');
    },
    [language, theme],
  );
  await page.goto(url);
  await page.reload();
}

/** Looks at one page; what is wrong with it. */
async function look({ page, url }: Visit, hash: string, how: string): Promise<string[]> {
  await page.goto(url + hash);
  await page.locator('main h2').first().waitFor();
  await page.waitForFunction(() => document.querySelector('main .boot') === null);
  const name = `${hash.replace(/\W+/g, '_').replace(/^_|_$/g, '') || 'site'}-${how}`;
  await picture(page, join(OUT, `${name}.webp`));
  const wide = await overflowOf(page);
  const [width] = how.split('-');
  return [
    ...(wide > 0 ? [`scrolls sideways by ${wide} px`] : []),
    ...(await cutWords(page)),
    ...(await cutTexts(page)).map((one) => `cut off: ${one}`),
    ...(await smallTargets(page)).map((one) => `small: ${one}`),
    ...(width === '320' ? [] : await violations(page)),
    ...(width === '320' ? await unreached(page) : []),
  ].map((fault) => `${hash} ${how}: ${fault}`);
}

async function picture(page: Page, file: string): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  const { data } = await devtools.send('Page.captureScreenshot', { format: 'webp', quality: 80 });
  await devtools.detach();
  writeFileSync(file, Buffer.from(data, 'base64'));
}

/** Texts that do not fit where they stand and are not meant to be cut. */
function cutWords(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    for (const element of document.querySelectorAll<HTMLElement>('main *, .nav *, .head *')) {
      const isText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim());
      if (!isText || element.closest('.spoken, pre, svg, textarea, select, .uplot, .readings thead'))
        continue;
      const { overflowX, textOverflow, display, clipPath } = getComputedStyle(element);
      // For readers only.
      if (clipPath !== 'none') continue;
      const isCut = element.scrollWidth > element.clientWidth + 1 && display !== 'inline';
      if (isCut && (overflowX === 'visible' || (overflowX === 'hidden' && textOverflow !== 'ellipsis')))
        found.push(`cut: ${element.className} ${element.textContent?.slice(0, 60)}`);
    }
    return [...new Set(found)].slice(0, 5);
  });
}

/** What can be worked and is not come to by Tab, or not seen to have the focus. */
async function unreached(page: Page): Promise<string[]> {
  const count = await page.evaluate(() => {
    const all = [
      ...document.querySelectorAll<HTMLElement>(
        'a[href], button, input, select, textarea, summary, [tabindex="0"]',
      ),
    ].filter(
      (element) =>
        element.checkVisibility({ checkVisibilityCSS: true }) &&
        !element.matches(':disabled, [type=radio]:not(:checked), [tabindex="-1"]'),
    );
    for (const [n, element] of all.entries()) element.dataset.stop = String(n);
    document.body.tabIndex = -1;
    document.body.focus();
    return all.length;
  });
  const seen = new Set<string>();
  const unseen: string[] = [];
  for (let n = 0; n < 2 * count + 10 && seen.size < count; n += 1) {
    await page.keyboard.press('Tab');
    const { stop, words, isSeen } = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement | null;
      const inside = element?.shadowRoot?.activeElement ?? element;
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(inside ?? document.body);
      const label = element?.matches('input') ? element.closest('label') : null;
      const ofLabel = label ? getComputedStyle(label) : undefined;
      const hasOutline = (style: string, width: string) => style !== 'none' && Number.parseFloat(width) > 0;
      return {
        stop: element?.dataset.stop,
        words: `${element?.tagName} ${element?.className} ${element?.textContent?.slice(0, 40)}`,
        isSeen:
          hasOutline(outlineStyle, outlineWidth) ||
          boxShadow !== 'none' ||
          (ofLabel !== undefined && hasOutline(ofLabel.outlineStyle, ofLabel.outlineWidth)),
      };
    });
    if (stop === undefined) continue;
    seen.add(stop);
    if (!isSeen) unseen.push(`focus not seen: ${words}`);
  }
  const missed = await page.evaluate(
    (reached) =>
      [...document.querySelectorAll<HTMLElement>('[data-stop]')]
        .filter((element) => !reached.includes(element.dataset.stop ?? ''))
        .map(
          (element) =>
            `not reached by Tab: ${element.tagName} ${element.className} ${element.textContent?.slice(0, 40)}`,
        ),
    [...seen],
  );
  return [...missed, ...new Set(unseen)].slice(0, 8);
}
