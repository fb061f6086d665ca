/** The page over months: however many readings come, the browser's memory stays what it was (P1). */
import type { CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createVisitor } from '../support/browser.ts';
import { describeWith } from '../support/process.ts';
import type { UiSite } from '../support/ui-site.ts';

const DEVICES = 200;
/** Devices that report at once. All of them would hide the fault: a tree that is drawn anew as a whole lets go of the old one. */
const AT_ONCE = 10;
const WARM_ROUNDS = 20;
const ROUNDS = 120;
/** Kept for the lines of the cards until each has its 24 newest values; old trees kept alive were ten times as much. */
const MOST_GROWTH_BYTES = 2_000_000;

/** Bytes the page's heap holds when all that can go has gone. */
async function heapBytes(devtools: CDPSession): Promise<number> {
  // Twice: what a finaliser lets go of is collected by the second.
  await devtools.send('HeapProfiler.collectGarbage');
  await devtools.send('HeapProfiler.collectGarbage');
  return (await devtools.send('Runtime.getHeapUsage')).usedSize;
}

/** Some devices report, and the page has drawn it. */
async function report(site: UiSite, page: Page, ids: readonly string[], round: number): Promise<void> {
  for (let n = 0; n < AT_ONCE; n += 1) {
    const devEui = ids[(round * AT_ONCE + n) % ids.length] ?? '';
    site.hear(devEui, { temperature_1: round / 4, analog_input_2: n }, { fCnt: 100_000 + round });
  }
  await page.waitForFunction(
    (counter) => document.querySelector('.readings tbody .counter')?.textContent === counter,
    String(100_000 + round),
  );
}

describeWith(['chromium'], 'the memory of the page', () => {
  const visitor = createVisitor();
  beforeAll(visitor.start, 60_000);
  afterAll(visitor.stop);

  test('P1: 200 devices and a thousand readings leave the heap as it was', async () => {
    const { site, ids, page, leave } = await visitor.visit(DEVICES);
    const devtools = await page.context().newCDPSession(page);
    for (let round = 0; round < WARM_ROUNDS; round += 1) await report(site, page, ids, round);
    const before = await heapBytes(devtools);
    for (let round = 0; round < ROUNDS; round += 1) await report(site, page, ids, WARM_ROUNDS + round);
    const growth = (await heapBytes(devtools)) - before;
    expect(growth, `heap of ${before} bytes before`).toBeLessThan(MOST_GROWTH_BYTES);
    await leave();
  }, 120_000);
});
