/**
 * A year of one device, 500 000 readings, on its page in a real browser: from the touch of '1 year' to the drawn charts within
 * 300 ms, from the touch of 'Zoom in' to the answer in the page within 100 ms, on a wall screen and a phone; when the zoomed
 * charts were drawn, and the box's answer alone, are told. The store is made beforehand by its own commits.
 */
import type { Browser, BrowserContextOptions, ElementHandle, Page } from 'playwright-core';
import { launchBrowser } from '../../test/support/browser.ts';
import { createFleet, fleetSettings } from '../../test/support/fleet.ts';
import { temporaryFolder } from '../../test/support/process.ts';
import { type RealSite, startRealSite } from '../../test/support/real-site.ts';
import { fillYear } from '../bench/year-store.ts';
import { createPerson, PHONE, WALL } from './person.ts';
import type { Proof } from './proof.ts';

const READINGS = 500_000;
const RECORDS = 600_000;
const YEAR_MS = 365 * 86_400_000;
/** The page is opened anew for each. */
const ROUNDS = 5;
const ZOOMS = 5;
const ASKED = 20;
const OPEN_MS = 300;
const ZOOM_MS = 100;

export async function year(proof: Proof): Promise<void> {
  const [device] = createFleet(1);
  if (!device) throw new Error('a fleet of one');
  const folder = temporaryFolder();
  proof.atEnd(folder.remove);
  await fillYear({
    ...{ dir: folder.path, records: RECORDS, own: READINGS },
    ...{ device: device.devEui, endMs: Date.now() },
  });
  const site = await startRealSite({
    site: { id: 'north-hill' },
    access: { mode: 'open' },
    store: { dir: folder.path },
    // A box without a backup makes its first one soon after its start.
    backup: { enabled: false },
    devices: fleetSettings([device]),
  });
  proof.atEnd(site.stop);
  await answers(proof, site, device.devEui);
  const browser = await launchBrowser();
  proof.atEnd(() => browser.close());
  const screens = [
    ['wall screen', { viewport: WALL, hasTouch: true }],
    ['phone', { viewport: PHONE, hasTouch: true, isMobile: true }],
  ] as const;
  for (const [name, options] of screens)
    await looked(proof, browser, { site, name, options, devEui: device.devEui });
}

/** What the box needs without a browser: the first question after its start, then the same again. */
async function answers(proof: Proof, site: RealSite, devEui: string): Promise<void> {
  const times: number[] = [];
  let cpuMs = 0;
  let bytes = 0;
  let readings = 0;
  for (let n = 0; n < ASKED; n += 1) {
    const from = new Date(Date.now() - YEAR_MS).toISOString();
    const begunMs = performance.now();
    const answer = await fetch(`${site.url}/api/v1/devices/${devEui}/history?from=${from}&buckets=500`);
    const text = await answer.text();
    times.push(performance.now() - begunMs);
    if (n === 0) cpuMs = processorMs(site);
    bytes = text.length;
    const [item] = (JSON.parse(text) as { items: { points: { count: number }[] }[] }).items;
    readings = item?.points.reduce((sum, { count }) => sum + count, 0) ?? 0;
  }
  const [first = 0, ...again] = times;
  proof.atLeast('readings of a field in the year that is answered', readings, READINGS * 0.99);
  const each = (processorMs(site) - cpuMs) / again.length;
  proof.say(
    `the box alone: first ${words([first])}, again ${words(again)}, of its processor ${each.toFixed(0)} ms each; ${Math.round(bytes / 1_000)} kB unpacked`,
  );
}

/** That the box has taken since its start; counted in hundredths of a second. */
function processorMs(site: RealSite): number {
  return 1_000 * site.appliance().usage().cpuS;
}

interface Looking {
  readonly site: RealSite;
  readonly name: string;
  readonly options: BrowserContextOptions;
  readonly devEui: string;
}

async function looked(
  proof: Proof,
  browser: Browser,
  { site, name, options, devEui }: Looking,
): Promise<void> {
  const { url } = site;
  const person = await createPerson(browser, url, options);
  const { page } = person;
  await page.addInitScript(watchCharts);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  /** Of the box, and of the page's own thread. */
  const worked = async (): Promise<number> => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return processorMs(site) + 1_000 * (metrics.find((one) => one.name === 'TaskDuration')?.value ?? 0);
  };
  const opened: Touch[] = [];
  const zoomed: Touch[] = [];
  let openMs = 0;
  let zoomMs = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    await page.goto(`${url}/#/device/${devEui}`);
    await page.reload();
    await page.locator('.charts canvas').nth(1).waitFor();
    await page.waitForLoadState('networkidle');
    const span = await buttonOf(page, '1 year');
    const nearer = await buttonOf(page, 'Zoom in');
    const before = await worked();
    opened.push(await touch(page, span));
    const between = await worked();
    for (let n = 0; n < ZOOMS; n += 1) zoomed.push(await touch(page, nearer));
    openMs += between - before;
    zoomMs += (await worked()) - between;
  }
  judge(proof, `${name}, a year`, opened, { what: 'drawn', workMs: openMs / opened.length, most: OPEN_MS });
  judge(proof, `${name}, zoomed`, zoomed, {
    what: 'answered',
    workMs: zoomMs / zoomed.length,
    most: ZOOM_MS,
  });
  proof.none(`${name}: complaints of the browser`, person.complaints);
  proof.none(`${name}: requests to anybody else`, person.strange);
  await person.leave();
}

/**
 * As it was; on a machine that others use as well it may take long although there is little to do, so that one of two must hold:
 * the time, or the work of box and page together within four fifths of it.
 */
function judge(proof: Proof, name: string, touches: readonly Touch[], { what, workMs, most }: Judged): void {
  const times = {
    drawn: touches.map(({ drawnMs }) => drawnMs),
    answered: touches.map((each) => each.answeredMs),
  };
  proof.say(
    `${name}: drawn after ${words(times.drawn)}; the answer was there after ${words(times.answered)}`,
  );
  const isWaiting = workMs <= 0.8 * most;
  const typical = median(times[what]);
  if (typical > most && isWaiting)
    proof.say(`${name}: the machine is what bounds it: box and page work ${workMs.toFixed(0)} ms together`);
  else proof.atMost(`${name}: from touch to ${what}, median of ${touches.length}`, typical, most, 'ms');
  proof.say(`${name}: processor of box and page's thread ${workMs.toFixed(0)} ms each`);
}

interface Judged {
  readonly what: 'drawn' | 'answered';
  /** Of box and page, a touch. */
  readonly workMs: number;
  /** Milliseconds. */
  readonly most: number;
}

/** Since the finger went down, milliseconds. */
interface Touch {
  readonly answeredMs: number;
  readonly drawnMs: number;
}

declare global {
  interface Window {
    touchedMs: number;
    /** When each canvas was drawn last. */
    drawnMs: Map<HTMLCanvasElement, number>;
  }
}

/** In the page, before its own program: when a finger came down, and when a chart was drawn. */
function watchCharts(): void {
  window.drawnMs = new Map();
  addEventListener('pointerdown', ({ timeStamp }) => {
    window.touchedMs = timeStamp;
  });
  const { clearRect } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.clearRect = function (...at) {
    window.drawnMs.set(this.canvas, performance.now());
    clearRect.apply(this, at);
  };
}

/** Found beforehand: looking for it is work of the page's thread too. */
async function buttonOf(page: Page, name: string): Promise<ElementHandle<SVGElement | HTMLElement>> {
  const button = page.getByRole('button', { name, exact: true });
  await button.scrollIntoViewIfNeeded();
  const found = await button.elementHandle();
  if (!found) throw new Error(`no button ${name}`);
  return found;
}

async function touch(page: Page, button: ElementHandle<SVGElement | HTMLElement>): Promise<Touch> {
  await page.evaluate(() => performance.clearResourceTimings());
  await button.tap();
  // With what the box answered: each chart was drawn after the answer, and this frame shows it.
  return page.evaluate(async () => {
    for (;;) {
      const frameMs = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
      const answer = performance
        .getEntriesByType('resource')
        .filter((entry): entry is PerformanceResourceTiming => entry.name.includes('/history?'))
        .at(-1);
      if (!answer || answer.startTime < window.touchedMs) continue;
      const charts = [...document.querySelectorAll<HTMLCanvasElement>('.charts canvas')];
      if (charts.every((chart) => (window.drawnMs.get(chart) ?? 0) > answer.responseEnd))
        return { answeredMs: answer.responseEnd - window.touchedMs, drawnMs: frameMs - window.touchedMs };
    }
  });
}

function words(times: readonly number[]): string {
  if (times.length === 1) return `${(times[0] ?? 0).toFixed(0)} ms`;
  return `${median(times).toFixed(0)} ms (median), ${Math.max(...times).toFixed(0)} ms (worst of ${times.length})`;
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}
