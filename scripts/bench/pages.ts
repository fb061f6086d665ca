/**
 * Measures a page in Chromium while many devices report: frames a second, the longest frame, how long the page's own thread was busy,
 * and the heap after forced collections, before and after. The list is scrolled up and down all the while. Frames without readings
 * are counted first, in the same run: on a machine that is busy otherwise only the ratio and the busy share say something.
 * `--devices N` (2000), `--rate N` (100 readings/s), `--seconds N` (60), `--slow N` (1; 4: a processor four times slower),
 * `--page HASH` ('#/devices'; '#/wall' for the wall screen).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { CDPSession, Page } from 'playwright-core';
import { createVisitor } from '../../test/support/browser.ts';
import type { UiSite } from '../../test/support/ui-site.ts';

export interface PageLoad {
  readonly devices: number;
  /** Readings a second. */
  readonly rate: number;
  readonly seconds: number;
  /** So many times slower a processor. */
  readonly slow: number;
  readonly hash: string;
}

export interface PageFigures {
  /** With no reading coming in. */
  readonly quiet: Frames;
  readonly busy: Frames;
  /** Of the time, the page's own thread at work, and of that in scripts, with readings coming in. */
  readonly busyShare: number;
  readonly scriptShare: number;
  readonly sent: number;
  readonly heapBefore: number;
  readonly heapAfter: number;
  readonly elements: number;
}

/** Readings come in so many handfuls a second. */
const TURNS = 10;
const WARM_UP_S = 15;

export interface Frames {
  readonly perSecond: number;
  readonly longestMs: number;
}

/** Counts frames for so long, scrolling a screen down with each tenth one, and up again at the end. */
function countFrames(page: Page, ms: number): Promise<Frames> {
  return page.evaluate(
    (lengthMs) =>
      new Promise<Frames>((resolve) => {
        const begunMs = performance.now();
        let lastMs = begunMs;
        let longestMs = 0;
        let count = 0;
        const frame = (nowMs: number): void => {
          count += 1;
          longestMs = Math.max(longestMs, nowMs - lastMs);
          lastMs = nowMs;
          if (count % 10 === 0) {
            const isAtEnd = scrollY + innerHeight >= document.documentElement.scrollHeight - 1;
            scrollTo(0, isAtEnd ? 0 : scrollY + innerHeight);
          }
          const pastMs = nowMs - begunMs;
          if (pastMs < lengthMs) requestAnimationFrame(frame);
          else resolve({ perSecond: (count * 1000) / pastMs, longestMs });
        };
        requestAnimationFrame(frame);
      }),
    ms,
  );
}

async function heapBytes(devtools: CDPSession): Promise<number> {
  await devtools.send('HeapProfiler.collectGarbage');
  await devtools.send('HeapProfiler.collectGarbage');
  return (await devtools.send('Runtime.getHeapUsage')).usedSize;
}

/** Devices report in turn until `end` is called, which gives how many did. */
function reporting(site: UiSite, ids: readonly string[], rate: number): { end(): number } {
  let sent = 0;
  const timer = setInterval(() => {
    for (let n = 0; n < rate / TURNS; n += 1) {
      site.hear(ids[sent % ids.length] ?? '', { temperature_1: (sent % 400) / 10, analog_input_2: sent });
      sent += 1;
    }
  }, 1000 / TURNS);
  return {
    end() {
      clearInterval(timer);
      return sent;
    },
  };
}

/** Seconds the page's thread has worked so far, and in scripts. */
async function workOf(devtools: CDPSession): Promise<{ task: number; script: number }> {
  const { metrics } = await devtools.send('Performance.getMetrics');
  const of = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? 0;
  return { task: of('TaskDuration'), script: of('ScriptDuration') };
}

/** See the head of the file. */
export async function measurePage({ devices, rate, seconds, slow, hash }: PageLoad): Promise<PageFigures> {
  const visitor = createVisitor();
  await visitor.start();
  const { page, site, ids, leave } = await visitor.visit(devices, undefined, hash);
  await page.locator('.device, .tile').first().waitFor();
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: slow });
  const quiet = await countFrames(page, 5_000);
  const reports = reporting(site, ids, rate);
  await sleep(WARM_UP_S * 1000);
  const heapBefore = await heapBytes(devtools);
  const before = await workOf(devtools);
  const busy = await countFrames(page, seconds * 1000);
  const after = await workOf(devtools);
  const heapAfter = await heapBytes(devtools);
  const sent = reports.end();
  const elements = await page.locator('*').count();
  await leave();
  await visitor.stop();
  const busyShare = (after.task - before.task) / seconds;
  const scriptShare = (after.script - before.script) / seconds;
  return { quiet, busy, busyShare, scriptShare, sent, heapBefore, heapAfter, elements };
}

/** The figures in words. */
export function pageWords(of: PageLoad, { quiet, busy, ...figures }: PageFigures): string[] {
  const say = ({ perSecond, longestMs }: Frames): string =>
    `${perSecond.toFixed(1)} frames/s, the longest ${longestMs.toFixed(0)} ms`;
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
  return [
    `${of.hash}, ${of.devices} devices, processor ${of.slow} times slower, nothing comes: ${say(quiet)}`,
    `${of.rate} readings/s for ${of.seconds} s (${figures.sent} sent with the warm-up): ${say(busy)}`,
    `frames beside the quiet page: ${percent(busy.perSecond / quiet.perSecond)}`,
    `the page's thread at work: ${percent(figures.busyShare)} of the time, in scripts ${percent(figures.scriptShare)}`,
    `heap ${(figures.heapBefore / 1e6).toFixed(1)} MB before, ${(figures.heapAfter / 1e6).toFixed(1)} MB after; ${figures.elements} elements`,
  ];
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      devices: { type: 'string', default: '2000' },
      rate: { type: 'string', default: '100' },
      seconds: { type: 'string', default: '60' },
      slow: { type: 'string', default: '1' },
      page: { type: 'string', default: '#/devices' },
    },
  });
  const load = {
    devices: Number(values.devices),
    rate: Number(values.rate),
    seconds: Number(values.seconds),
    slow: Number(values.slow),
    hash: values.page,
  };
  for (const line of pageWords(load, await measurePage(load))) console.log(line);
}
