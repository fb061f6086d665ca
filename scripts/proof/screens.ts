/**
 * Every page at a phone's, a wall's and the narrowest width, in light, dark and night, in English and German: whole, without what
 * axe finds, everything reached by keyboard with the focus in sight, nothing asked of anybody but the box. A picture of each goes
 * to out/screens. `WSE_PROOF_PAGES=route,person` for a look at some; with `WSE_PROOF_DOCS=1`
 * the pictures there are in docs/screens are taken anew.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
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
/** As often is Tab pressed without coming to anything new, and altogether. */
const PATIENCE = 20;
const MOST_TABS = 2_000;
/** What the addresses of pages have in them that are looked at, for a short look; all of them otherwise. */
const WANTED = (process.env.WSE_PROOF_PAGES ?? '').split(',');
const OUT = join(import.meta.dirname, '../../out/screens');
const DOCS = join(import.meta.dirname, '../../docs/screens');

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
  const pages = PAGES.filter((hash) => WANTED.some((part) => hash.includes(part)));
  proof.atLeast('pages looked at', pages.length, 1);
  for (const language of LANGUAGES)
    for (const theme of THEMES) {
      const found: string[] = [];
      // One look at the words of the other language is enough.
      if (language !== 'en' && theme !== 'light') continue;
      await setUp(visit, language, theme);
      for (const size of SIZES) {
        await visit.page.setViewportSize(size);
        for (const hash of pages)
          found.push(...(await look(visit, hash, `${size.width}-${theme}-${language}`)));
      }
      proof.none(`what is wrong with ${pages.length} pages at three sizes, ${theme}, ${language}`, found);
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
async function look({ page, open }: Visit, hash: string, how: string): Promise<string[]> {
  await open(hash);
  const name = `${hash.replace(/\W+/g, '_').replace(/^_|_$/g, '') || 'site'}-${how}`;
  const taken = await picture(page);
  writeFileSync(join(OUT, `${name}.webp`), taken);
  const shown = join(DOCS, `${name.replace(/_[\da-f]{16}|-en$/g, '')}.webp`);
  if (process.env.WSE_PROOF_DOCS && existsSync(shown)) writeFileSync(shown, taken);
  const wide = await overflowOf(page);
  const [width] = how.split('-');
  return [
    ...(wide > 0 ? [`scrolls sideways by ${wide} px`] : []),
    ...(await cutWords(page)),
    ...(await brokenWords(page)),
    ...(await cutTexts(page)).map((one) => `cut off: ${one}`),
    ...(await smallTargets(page)).map((one) => `small: ${one}`),
    ...(width === '320' ? [] : await violations(page)),
    ...(width === '320' ? await unreached(page) : []),
  ].map((fault) => `${hash} ${how}: ${fault}`);
}

async function picture(page: Page): Promise<Buffer> {
  // Where the keyboard stayed from the page before.
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
  const devtools = await page.context().newCDPSession(page);
  const { data } = await devtools.send('Page.captureScreenshot', { format: 'webp', quality: 80 });
  await devtools.detach();
  return Buffer.from(data, 'base64');
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

/** Words short enough for any of the widths that go on in the next line all the same. */
function brokenWords(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found = new Set<string>();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    while (walker.nextNode()) {
      const { currentNode: text } = walker;
      const parent = text.parentElement;
      if (!parent?.checkVisibility({ checkVisibilityCSS: true })) continue;
      if (parent.closest('.spoken, .wide, .readings thead, svg, textarea, select, pre')) continue;
      for (const { 0: word, index } of (text.nodeValue ?? '').matchAll(/(?<!\S)\p{L}{3,12}(?!\S)/gu)) {
        range.setStart(text, index);
        range.setEnd(text, index + word.length);
        const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
        if (lines.size > 1) found.add(`broken: ${word} of ${parent.className || parent.tagName}`);
      }
    }
    return [...found].slice(0, 5);
  });
}

/** What can be worked and is not come to by Tab, or not seen to have the focus. */
async function unreached(page: Page): Promise<string[]> {
  await markStops(page);
  const unseen = new Set<string>();
  // A time alone is several stops; whoever comes to nothing new for longer than any is caught, or has been everywhere.
  let sinceNew = 0;
  for (let pressed = 0; pressed < MOST_TABS && sinceNew < PATIENCE; pressed += 1) {
    await page.keyboard.press('Tab');
    const { isNew, isSeen, isCovered, words, left } = await page.evaluate(lookAtFocus);
    sinceNew = isNew ? 0 : sinceNew + 1;
    if (!isSeen) unseen.add(`focus not seen: ${words}`);
    if (isCovered) unseen.add(`focus covered: ${words}`);
    if (left === 0) break;
  }
  const missed = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('[data-stop=""]')].map(
      ({ tagName, className, textContent }) =>
        `not reached by Tab: ${tagName} ${className} ${textContent?.slice(0, 40)}`,
    ),
  );
  return [...missed, ...unseen].slice(0, 8);
}

/** Marks what can be worked, and puts the focus before it. */
function markStops(page: Page): Promise<void> {
  return page.evaluate(() => {
    for (const element of document.querySelectorAll('[data-stop]')) element.removeAttribute('data-stop');
    const all = document.querySelectorAll<HTMLElement>(
      'a[href], button, input, select, textarea, summary, [tabindex="0"]',
    );
    for (const element of all)
      if (
        element.checkVisibility({ checkVisibilityCSS: true }) &&
        !element.matches(':disabled, [type=radio]:not(:checked), [tabindex="-1"]')
      )
        element.dataset.stop = '';
    document.body.tabIndex = -1;
    document.body.focus();
  });
}

/** In the page: what has the focus, whether for the first time and in sight, and how many of the marked have not had it. */
function lookAtFocus() {
  const hasOutline = (element: Element): boolean => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0;
  };
  const isOutOfSight = (element: Element): boolean => {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    return [top + 2, (top + bottom) / 2, bottom - 2].every((y) => {
      const over = document.elementFromPoint((left + right) / 2, y);
      const bar = over?.closest('.nav, .save-bar, .banner-lost');
      return over === null || (bar && !bar.contains(element));
    });
  };
  const element = document.activeElement;
  const isStop = element instanceof HTMLElement && element !== document.body;
  const isNew = isStop && element.dataset.stop !== 'reached';
  if (isStop) element.dataset.stop = 'reached';
  const label = element?.matches('input') ? element.closest('label') : null;
  const isSeen =
    !isStop ||
    hasOutline(element) ||
    getComputedStyle(element).boxShadow !== 'none' ||
    (label !== null && hasOutline(label));
  return {
    isNew,
    isSeen,
    isCovered: isStop && isOutOfSight(element),
    words: `${element?.tagName} ${element?.id} ${element?.className} ${element?.textContent?.slice(0, 40)}`,
    left: document.querySelectorAll('[data-stop=""]').length,
  };
}
