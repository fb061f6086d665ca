/**
 * A poor line to the box, 50 kB/s and 300 ms: the site's sentence within 4 s and first values within 6 s of a site of 200 devices.
 * Then a line that falls silent for 30 s, a box that is killed and starts again, and one that is frozen: told on the page, over by
 * itself, and afterwards the page has what the log has, reading by reading.
 */
import { connectAsync } from 'mqtt';
import type { Page } from 'playwright-core';
import { launchBrowser } from '../../test/support/browser.ts';
import { createFleet, fleetSettings, frameOf, upEvent } from '../../test/support/fleet.ts';
import { eventually } from '../../test/support/process.ts';
import { type RealSite, startRealSite } from '../../test/support/real-site.ts';
import { startSilentLine } from '../../test/support/silent-line.ts';
import { createPerson } from './person.ts';
import type { Proof } from './proof.ts';

const DEVICES = 200;
/** Readings a second, all the while. */
const RATE = 5;
const POOR = { offline: false, latency: 300, downloadThroughput: 50_000, uploadThroughput: 50_000 };
const SENTENCE_MS = 4_000;
const VALUES_MS = 6_000;
const CUT_MS = 30_000;
/** The box sends something every 15 s at least; a page that has heard nothing for 25 s says so. */
const TOLD_MS = 28_000;
const RECOVERED_MS = 30_000;
const PAGE = '#/readings';

export async function line(proof: Proof): Promise<void> {
  const fleet = createFleet(DEVICES);
  const site = await startRealSite({
    site: { id: 'north-hill' },
    access: { mode: 'open' },
    devices: fleetSettings(fleet),
  });
  proof.atEnd(site.stop);
  const radio = await sendAll(site, fleet);
  proof.atEnd(radio.stop);
  const silent = await startSilentLine(Number(new URL(site.url).port));
  proof.atEnd(silent.stop);
  const browser = await launchBrowser();
  proof.atEnd(() => browser.close());
  const url = `http://127.0.0.1:${silent.port}`;

  const person = await createPerson(browser, url);
  const { page } = person;
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Network.enable');
  await devtools.send('Network.clearBrowserCache');
  await devtools.send('Network.emulateNetworkConditions', POOR);
  const times = await opened(page, url);
  proof.atMost(
    `the sentence of ${DEVICES} devices at 50 kB/s and 300 ms, empty cache`,
    times.sentenceMs,
    SENTENCE_MS,
    'ms',
  );
  proof.atMost('first values', times.valuesMs, VALUES_MS, 'ms');

  await page.goto(`${url}/${PAGE}`);
  await page.locator('table.readings tr').nth(30).waitFor();
  const trouble = async (
    what: string,
    begin: () => unknown,
    end: () => unknown,
    ms: number,
  ): Promise<void> => {
    const begunMs = performance.now();
    await begin();
    await page.locator('.banner-lost').waitFor({ timeout: TOLD_MS + 5_000 });
    proof.atMost(`${what}: told after`, performance.now() - begunMs, TOLD_MS, 'ms');
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, ms - (performance.now() - begunMs))));
    await end();
    const endedMs = performance.now();
    await page.locator('.banner-lost').waitFor({ state: 'detached', timeout: RECOVERED_MS + 5_000 });
    proof.atMost(`${what}: over after`, performance.now() - endedMs, RECOVERED_MS, 'ms');
    const missing = await compared(page, site, radio);
    proof.none(`${what}: readings that the log has and the page has not`, missing);
  };
  await trouble('a silent line of 30 s', silent.cut, silent.mend, CUT_MS);
  await trouble(
    'the box killed (-9) and started again',
    () => site.stopBox('SIGKILL'),
    () => site.startBox(),
    0,
  );
  await trouble('a frozen box (SIGSTOP)', site.freeze, site.thaw, CUT_MS);
  proof.none('requests to anybody else', person.strange);
}

interface Radio {
  /** Nothing is sent while `run` does. */
  paused<T>(run: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

/** Every device has sent three readings when this resolves; then they go on in turn. */
async function sendAll(site: RealSite, fleet: ReturnType<typeof createFleet>): Promise<Radio> {
  const client = await connectAsync(site.broker.url);
  client.on('error', () => {});
  const counters = fleet.map(() => 0);
  let turn = 0;
  const send = async (): Promise<void> => {
    const n = turn++ % fleet.length;
    const device = fleet[n];
    if (!device) return;
    counters[n] = (counters[n] ?? 0) + 1;
    const { topic, payload } = upEvent(frameOf(device, counters[n] ?? 0));
    await client.publishAsync(topic, payload, { qos: 1 });
  };
  for (let n = 0; n < 3 * fleet.length; n += 1) await send();
  await eventually('all are in the log', async () => (await newest(site, 1))[0]?.fCnt === 3, 60_000);
  let isPaused = false;
  const timer = setInterval(() => {
    if (!isPaused) send().catch(() => {});
  }, 1_000 / RATE);
  return {
    async paused(run) {
      isPaused = true;
      try {
        return await run();
      } finally {
        isPaused = false;
      }
    },
    async stop() {
      clearInterval(timer);
      await client.endAsync(true);
    },
  };
}

interface Reading {
  readonly device: string;
  readonly fCnt: number;
  readonly deviceName?: string;
}

async function newest(site: RealSite, count: number): Promise<readonly Reading[]> {
  const answer = await fetch(`${site.url}/api/v1/readings?limit=${count}`);
  return ((await answer.json()) as { items: Reading[] }).items;
}

/** When the sentence and the first value stood there, since the address was entered. */
async function opened(page: Page, url: string): Promise<{ sentenceMs: number; valuesMs: number }> {
  const begunMs = performance.now();
  await page.goto(`${url}/?again#/`, { waitUntil: 'commit' });
  await page.locator('.summary:not(.summary-lost)').waitFor();
  const sentenceMs = performance.now() - begunMs;
  await page.locator('.tile .figure').first().waitFor();
  return { sentenceMs, valuesMs: performance.now() - begunMs };
}

/** Rows of the newest readings as the page has them, and as the log has them, until they are the same; what differs. */
async function compared(page: Page, site: RealSite, radio: Radio): Promise<string[]> {
  return radio.paused(async () => {
    const names = new Map(
      (
        (await (await fetch(`${site.url}/api/v1/devices?limit=250`)).json()) as {
          items: { devEui: string; name: string }[];
        }
      ).items.map(({ devEui, name }) => [devEui, name]),
    );
    let missing: string[] = [];
    await eventually(
      'the page has what the log has',
      async () => {
        const log = (await newest(site, 50)).map(({ device, fCnt }) => `${names.get(device)} ${fCnt}`);
        const shown = await page.evaluate(() =>
          [...document.querySelectorAll('table.readings tbody tr')].map(
            (row) =>
              `${row.querySelector('.who')?.textContent} ${row.querySelector('.counter')?.textContent}`,
          ),
        );
        missing = log.filter((one) => !shown.includes(one));
        return missing.length === 0 && shown.length === log.length && shown.join() === log.join();
      },
      20_000,
    ).catch(() => missing.push('(the order or the number differs)'));
    return missing;
  });
}
