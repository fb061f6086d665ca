/** What the pages say of a site that is not as it should be, in a real browser: each case by its id. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createVisitor, overflowOf } from '../support/browser.ts';
import { describeWith } from '../support/process.ts';
import type { UiSite } from '../support/ui-site.ts';

const DAY_MS = 86_400_000;

/** A site where nothing is amiss. */
function tidy(site: UiSite): undefined {
  site.strangers.length = 0;
  for (const [n, gateway] of site.gateways.entries())
    site.gateways[n] = { ...gateway, state: 'online', qos: 1 };
}

const DEVICE = { devEui: '70b3d57ed0000001', name: 'Shed', codec: 'cayenne', origin: 'api' } as const;

function furnishGateway(site: UiSite): void {
  site.gateways.push({
    gatewayId: '0016c001ff10a235',
    state: 'online',
    lastSeenMs: Date.now(),
    uplinks: 0,
    qos: 1,
    marshaler: 'json',
  });
}

const joinRefused = (devEui: string, reason: string) => ({
  devEui,
  reason,
  frames: 4,
  lastSeenMs: Date.now(),
  gatewayId: '0016c001ff10a235',
  rssi: -90,
  snr: 4,
});

describeWith(['chromium'], 'what the pages say of a site', () => {
  const visitor = createVisitor();
  beforeAll(visitor.start, 60_000);
  afterAll(visitor.stop);

  const summary = (page: Page) => page.locator('.summary');
  const device = (page: Page, name: string) => page.locator('.device').filter({ hasText: name });

  test('P2: "All normal" holds until a device is refused or stale, and comes back', async () => {
    const { page, site, ids, leave } = await visitor.visit(3, tidy);
    await summary(page).getByText('All normal').waitFor();
    site.strangers.push(joinRefused(ids[0] ?? '', 'join_wrong_mic'));
    await summary(page).getByText('1 thing needs attention').waitFor();
    await page.locator('.attention').getByText('1 device refused').waitFor();
    site.hear(ids[0] ?? '', { temperature_1: 1 }, { timeMs: Date.now() + 1_000 });
    await summary(page).getByText('All normal').waitFor();
    await leave();
  });

  test('P2: twelve of twelve devices stale, and a new box without a gateway, are not "All normal"', async () => {
    const { page, leave } = await visitor.visit(12, (site) => {
      tidy(site);
      site.gateways.length = 0;
      for (const { devEui } of site.deps.store.devices.list())
        site.hear(devEui, { temperature_1: 1 }, { timeMs: Date.now() - DAY_MS });
    });
    await summary(page).getByText('12 things need attention').waitFor();
    await page.locator('.attention').getByText('12 devices stale').waitFor();
    await page.locator('.step').filter({ hasText: 'A gateway is heard' }).getByText('waiting').waitFor();
    await leave();
  });

  test('P4: name, unit, digits, limits and codec of the profile are shown, hidden fields are not; a change of it at once', async () => {
    const { page, url, site, ids, leave } = await visitor.visit(
      1,
      (made) => {
        tidy(made);
        const [device] = made.deps.store.devices.list();
        if (device) made.deps.store.devices.put({ ...device, codec: 'raw', profile: 'fridge' });
        made.deps.store.profiles.put({
          name: 'fridge',
          codec: 'cayenne',
          expectedIntervalMs: 900_000,
          fields: {
            temperature_1: { name: 'Inside', unit: 'K', digits: 1, high: 6 },
            relative_humidity_2: { hidden: true },
          },
        });
      },
      '#/devices',
    );
    site.hear(ids[0] ?? '', { temperature_1: 7.25, relative_humidity_2: 71.5 });
    await device(page, 'Inside').getByText('7.3').waitFor();
    await expect.poll(() => device(page, 'Inside').locator('.unit').allTextContents()).toEqual(['K']);
    await device(page, 'Inside').getByText('above its limit').waitFor();
    await page.goto(`${url}#/readings`);
    await page.locator('.readings .pair').filter({ hasText: 'Inside 7.3 K ↑' }).waitFor();
    await expect.poll(() => page.getByText('71.5').count()).toBe(0);
    await page.goto(`${url}#/`);
    await page.locator('.attention').getByText('1 value beyond its limit').waitFor();
    await page.locator('.attention').getByRole('link', { name: 'Cold store 1' }).click();
    await page.getByText('above 6.0 K').waitFor();
    await page.locator('#session').getByRole('link', { name: 'cayenne' }).waitFor();
    await page.locator('#session').getByText('expected 15 min').waitFor();
    await expect.poll(() => page.locator('.field-card').count()).toBe(1);
    await page.getByRole('button', { name: 'Show 1 hidden value' }).click();
    await page.locator('.field-card').getByText('71.5').waitFor();
    site.deps.store.profiles.put({ name: 'fridge', codec: 'cayenne' });
    await page.locator('.field-card .figure').getByText('7.25').waitFor();
    await leave();
  });

  test('P5: a refused join is told at the device, on its page and among the unknown devices, in plain words', async () => {
    const foreign = 'ff'.repeat(8);
    const { page, url, ids, complaints, leave } = await visitor.visit(
      1,
      (site) => {
        tidy(site);
        const [device] = site.deps.store.devices.list();
        site.strangers.push(joinRefused(device?.devEui ?? '', 'join_wrong_mic'));
        site.strangers.push(joinRefused(foreign, 'join_unknown_device'));
        const lastMs = site.deps.world.clock.nowMs();
        site.refused.set(device?.devEui ?? '', { reason: 'join_wrong_mic', count: 4, lastMs });
      },
      '#/devices',
    );
    const words = 'Join refused: its AppKey is not the one declared';
    await device(page, 'Cold store 1').getByText(words).waitFor();
    await page.goto(`${url}#/unknown`);
    const unknown = page.locator('#strangers');
    await unknown
      .locator('.row')
      .filter({ hasText: words })
      .getByRole('link', { name: 'Cold store 1' })
      .waitFor();
    const row = unknown.locator('.row').filter({ hasText: foreign });
    await row.getByText('Asks to join, but its DevEUI is not declared here').waitFor();
    await unknown.getByRole('link', { name: 'Cold store 1' }).click();
    const why = page.locator('main.sub').getByRole('status');
    await why.getByText('Its AppKey does not fit: it knocked 4 times, last').waitFor();
    await why.getByText('Enter the AppKey its maker gave for it.').waitFor();
    expect(page.url()).toContain(ids[0] ?? '?');
    expect(complaints).toEqual([]);
    await leave();
  });

  test('P6: no number is broken in two, at any width and with text twice as large', async () => {
    const { page, site, ids, leave } = await visitor.visit(3, undefined, '#/devices');
    const values = {
      pulses_1: 3_997_869,
      analog_input_1: -123_456_789.25,
      energy_3: 99_999_999_999.5,
      huge_4: 1.5e300,
      digital_input_5: 1,
    };
    for (const devEui of ids) site.hear(devEui, values, { fCnt: 4_294_967_290 });
    await device(page, 'Cold store 1').getByText('3,997,869').waitFor();
    for (const [scale, ...widths] of [
      ['100%', 320, 360, 390, 600, 800, 1024, 1280, 1366, 1920],
      ['200%', 360, 390, 600, 1024, 1280, 1920],
    ] as const) {
      await page.evaluate((size) => {
        document.documentElement.style.fontSize = size;
      }, scale);
      for (const width of widths) {
        await page.setViewportSize({ width, height: 900 });
        expect(await brokenNumbers(page), `${width} px, ${scale}`).toEqual([]);
        expect(await overflowOf(page), `${width} px, ${scale}`).toBeLessThanOrEqual(0);
      }
    }
    await leave();
  });

  test('P7: times are those of the site, which is said; one of another day has its date', async () => {
    const weekAgoMs = Date.now() - 7 * DAY_MS;
    const timeZone = 'Pacific/Auckland';
    const { page, leave } = await visitor.visit(
      1,
      (site) => {
        site.status.timeZone = timeZone;
        const [device] = site.deps.store.devices.list();
        site.hear(device?.devEui ?? '', { temperature_1: 1.875 }, { timeMs: weekAgoMs });
      },
      '#/readings',
    );
    await page.locator('.clock').getByText('Pacific/Auckland').waitFor();
    const format = (timeMs: number, options: Intl.DateTimeFormatOptions) =>
      new Intl.DateTimeFormat('en', { timeZone, ...options }).format(timeMs);
    const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
    const row = page.locator('.readings tr').filter({ hasText: '1.88' });
    await expect
      .poll(() => row.locator('time').textContent())
      .toBe(`${format(weekAgoMs, { month: 'short', day: 'numeric' })}, ${format(weekAgoMs, clock)}`);
    await leave();
  });

  test('P8: the skip link stays on its page, Back gives the keyboard back, the title names the page', async () => {
    const { page, ids, leave } = await visitor.visit(6, tidy);
    await expect.poll(() => page.title()).toBe('Test site · WebSCADA Edge');
    await page.locator('.nav').getByRole('link', { name: 'Devices' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.title === 'Devices · Test site · WebSCADA Edge');
    await page.waitForFunction(() => document.activeElement?.textContent === 'Devices');
    const link = page.getByRole('link', { name: 'Tank 1' });
    await link.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Tank 1' }).waitFor();
    await page.waitForFunction(() => document.title === 'Tank 1 · Test site · WebSCADA Edge');
    await page.locator('.skip').focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.id === 'content');
    expect(page.url()).toContain(`#/device/${ids[1]}`);
    const isBack = () =>
      page.waitForFunction(() => document.activeElement?.querySelector('.name')?.textContent === 'Tank 1');
    await page.locator('.back').click();
    await isBack();
    await expect.poll(() => page.title()).toBe('Devices · Test site · WebSCADA Edge');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Tank 1' }).waitFor();
    await page.goBack();
    await isBack();
    await leave();
  });

  test('P10: what is to spare at the spreading factor is shown; the bars go by it', async () => {
    const { page, url, site, ids, leave } = await visitor.visit(2, tidy, '#/devices');
    const rx = [{ gw: '0016c001ff10a235', rssi: -121, snr: -6 }];
    site.hear(ids[0] ?? '', { temperature_1: 1 }, { rx, dr: 'SF7BW125' });
    site.hear(ids[1] ?? '', { analog_input_1: 1 }, { rx, dr: 'SF12BW125' });
    await device(page, 'Cold store 1').getByText('margin 1.5 dB').waitFor();
    await device(page, 'Tank 1').getByText('margin 14 dB').waitFor();
    await expect.poll(() => device(page, 'Cold store 1').locator('.bars-1').count()).toBe(1);
    await expect.poll(() => device(page, 'Tank 1').locator('.bars-3').count()).toBe(1);
    // Of a gateway's last frame the spreading factor is not told: figures, no bars.
    await page.goto(`${url}#/gateways`);
    await page.locator('.gateway').first().waitFor();
    await expect.poll(() => page.locator('.gateway .bars').count()).toBe(0);
    await leave();
  });

  test('P11: a centre that is away is said calmly, in whole sentences; where somebody has to act it opens', async () => {
    const { page, url, site, leave } = await visitor.visit(1, tidy);
    const down = { state: 'down', detail: 'there is no network', hint: 'check the line' } as const;
    site.status.centre = { ...site.status.centre, ...down };
    await summary(page).getByText('Centre away.').waitFor();
    await page.locator('.lines').getByText('Readings are kept here and follow by themselves.').waitFor();
    await expect.poll(() => page.locator('.part').count()).toBe(0);
    await page.locator('[role=status]').getByText('Centre: Down. There is no network.').waitFor();
    await page.goto(`${url}#/parts`);
    await page.getByRole('article', { name: 'Centre' }).getByText('There is no network.').waitFor();
    await page.goto(`${url}#/`);
    site.status.centre = { ...site.status.centre, needsAction: true };
    await page.locator('.part').getByText('Check the line.').waitFor();
    site.status.influx = { ...site.status.influx, ...down };
    await page.getByRole('article', { name: 'InfluxDB' }).getByText('Check the line.').waitFor();
    await summary(page).getByText('2 things need attention').waitFor();
    await leave();
  });

  test('commands of the centre have a card where the box takes any, with what became of them', async () => {
    const { page, site, leave } = await visitor.visit(1, tidy, '#/parts');
    const card = page.getByRole('article', { name: 'Commands of the centre' });
    const since = { sinceMs: site.status.startedMs, done: 3, refused: 1 };
    const last = {
      kind: 'downlink',
      state: 'refused',
      code: 'not_allowed',
      atMs: site.status.startedMs,
    } as const;
    site.status.commands = { state: 'ok', detail: 'commands of the centre are taken', ...since, last };
    await card.getByText('3 done').waitFor();
    await card.getByText('1 refused').waitFor();
    await card.getByText('last: downlink, refused').waitFor();
    site.status.commands = { state: 'not_configured', detail: 'nothing', ...since };
    await card.waitFor({ state: 'detached' });
    await leave();
  });

  test('P11: a new box shows three steps that tick themselves off, in its user’s words, with the address for gateways', async () => {
    const { page, site, leave } = await visitor.visit(0, (made) => {
      tidy(made);
      made.gateways.length = 0;
      const reach = { port: 1883, scope: 'network', addresses: ['192.168.1.20'] } as const;
      made.status.broker = { ...made.status.broker, detail: 'Listening for the gateways.', reach };
    });
    const step = (words: string) => page.locator('.step').filter({ hasText: words });
    await step('A gateway is heard').getByText('at mqtt://192.168.1.20:1883.').waitFor();
    await expect.poll(() => page.getByText(/POST|\/api\//).count()).toBe(0);
    furnishGateway(site);
    await step('A gateway is heard').getByText('done').waitFor();
    await step('A device is added').getByText('webscada-edge devices import FILE').waitFor();
    site.deps.store.devices.put(DEVICE);
    await step('A device is added').getByText('done').waitFor();
    await expect.poll(() => step('The first value is there').getByText('waiting').count()).toBe(1);
    site.hear(DEVICE.devEui, { temperature_1: 4 });
    await page.locator('.step').first().waitFor({ state: 'detached' });
    await page.locator('.tile').getByText('Shed').waitFor();
    await leave();
  });
});

/** Numbers drawn on more than one line, or sticking out of their card. */
function brokenNumbers(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    // What is only read out has one pixel, and breaks there as it likes.
    const seen = (element: Element): Node[] =>
      [...element.childNodes].flatMap((node) => {
        if (!(node instanceof Element)) return [node];
        return getComputedStyle(node).clipPath === 'none' ? seen(node) : [];
      });
    for (const element of document.querySelectorAll('.figure, .number, .unit, .count, time')) {
      const nodes = seen(element);
      const rects = nodes
        .flatMap((node) => {
          const range = document.createRange();
          range.selectNodeContents(node);
          return [...range.getClientRects()];
        })
        .filter(({ width }) => width > 0);
      const first = rects[0];
      if (!first) continue;
      const text = nodes.map(({ textContent }) => textContent).join('');
      if (rects.some(({ top }) => Math.abs(top - first.top) > first.height / 2))
        found.push(`broken: ${text}`);
      const frame = element.closest('.card, .row, td')?.getBoundingClientRect();
      if (frame && Math.max(...rects.map(({ right }) => right)) > frame.right + 1) found.push(`out: ${text}`);
    }
    return [...new Set(found)];
  });
}
