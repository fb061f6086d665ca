/** The pages over months: however many readings of however many devices come, the browser's memory stays what it was (P1). */
import type { CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createVisitor, type Visit } from '../support/browser.ts';
import { describeWith } from '../support/process.ts';

/** Readings a round: 4 000 a span, so that 100 bytes kept of each are 400 kB in each of them. */
const AT_ONCE = 100;
const WARM_ROUNDS = 20;
const ROUNDS = 40;
/** What is kept of readings is kept in each; what the browser itself learns it learns once, later on a busy machine. */
const SPANS = 3;
const MOST_GROWTH_BYTES = 250_000;
/** Where everything is drawn that a page can draw of 2 000 devices, there are not many more elements than rows in sight. */
const MOST_ELEMENTS = 2_000;

/** Bytes the page's heap holds when all that can go has gone. */
async function heapBytes(devtools: CDPSession): Promise<number> {
  // Twice: what a finaliser lets go of is collected by the second.
  await devtools.send('HeapProfiler.collectGarbage');
  await devtools.send('HeapProfiler.collectGarbage');
  return (await devtools.send('Runtime.getHeapUsage')).usedSize;
}

/** Some devices report, and the page has drawn it at the first of them. */
async function report({ site, page, ids }: Visit, round: number): Promise<void> {
  const figure = round + 0.25;
  for (let n = 1; n < AT_ONCE; n += 1) {
    const devEui = ids[(round * AT_ONCE + n) % ids.length] ?? '';
    site.hear(devEui, { temperature_1: round / 4, analog_input_2: n }, { fCnt: 100_000 + round });
  }
  site.hear(ids[0] ?? '', { temperature_1: figure }, { fCnt: 100_000 + round });
  await isDrawn(page, String(figure));
}

const isDrawn = (page: Page, figure: string) =>
  page.waitForFunction(
    (text) => [...document.querySelectorAll('.figure')].some((one) => one.textContent === text),
    figure,
  );

describeWith(['chromium'], 'the memory of the pages', () => {
  const visitor = createVisitor();
  beforeAll(visitor.start, 60_000);
  afterAll(visitor.stop);

  test.each([
    { count: 2_000, hash: '#/devices' },
    { count: 200, hash: '#/' },
    { count: 40, hash: '#/wall' },
  ])(
    'P1: 12 000 readings of $count devices leave the heap at $hash as it was',
    async ({ count, hash }) => {
      // The first device shows where all are drawn that fit: an abnormal one comes first.
      const visit = await visitor.visit(
        count,
        (site) => {
          const [device] = site.deps.store.devices.list();
          if (device) site.deps.store.devices.put({ ...device, name: ' first', profile: 'limited' });
          site.deps.store.profiles.put({
            name: 'limited',
            codec: 'cayenne',
            fields: { temperature_1: { high: -100 } },
          });
          return undefined;
        },
        hash,
      );
      const devtools = await visit.page.context().newCDPSession(visit.page);
      for (let round = 0; round < WARM_ROUNDS; round += 1) await report(visit, round);
      const elements = await visit.page.locator('*').count();
      const heap = [await heapBytes(devtools)];
      for (let round = 0; round < SPANS * ROUNDS; round += 1) {
        await report(visit, WARM_ROUNDS + round);
        if ((round + 1) % ROUNDS === 0) heap.push(await heapBytes(devtools));
      }
      const growths = heap.slice(1).map((bytes, span) => bytes - (heap[span] ?? 0));
      expect(Math.min(...growths), `heap after each span: ${heap.join(', ')}`).toBeLessThan(
        MOST_GROWTH_BYTES,
      );
      expect(elements).toBeLessThan(MOST_ELEMENTS);
      await expect.poll(() => visit.page.locator('*').count()).toBeLessThan(1.2 * elements + 50);
      await visit.leave();
    },
    240_000,
  );
});
