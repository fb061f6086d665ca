/** The pages behind the first one in a real browser: codecs, a device, the quarantine, and what the cards add to them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LogRecord } from '../../src/model/record.ts';
import type { Dated } from '../../src/model/time.ts';
import type { QuarantinedRecord } from '../../src/store/contract.ts';
import { createVisitor, overflowOf, smallTargets } from '../support/browser.ts';
import { describeWith } from '../support/process.ts';
import {
  type CodecShelf,
  createCodecShelf,
  createDownlinkLine,
  createQuarantineBox,
} from '../support/ui-desks.ts';

const SCRIPT = `function decodeUplink({ bytes, fPort }) {
  if (fPort !== 85) throw new Error('wrong port');
  return { data: { temperature: ((bytes[0] << 8) | bytes[1]) / 10 } };
}
`;
const HOUR_MS = 3_600_000;

describeWith(['chromium'], 'the pages behind the first one', () => {
  const visitor = createVisitor();
  beforeAll(visitor.start, 60_000);
  afterAll(visitor.stop);

  test('a script is typed, tried, mended by its line, saved, and found again in the list', async () => {
    let sources = new Map<string, string>();
    const { page, complaints, leave } = await visitor.visit(2, (site) => {
      const shelf = createCodecShelf(site);
      sources = shelf.sources;
      return { scripts: shelf.desk };
    });
    await page.locator('.nav').getByRole('link', { name: 'More' }).click();
    await page.getByRole('link', { name: 'Codecs' }).click();
    await page.getByText('cayenne').waitFor();
    expect(await smallTargets(page)).toEqual([]);
    await page.getByRole('link', { name: 'Add a script' }).click();
    await page.getByLabel('Name').fill('acme-th');
    await page.getByLabel('Script').fill(SCRIPT);
    await page.getByLabel('Port').fill('1');
    await page.getByLabel('Bytes, hex').fill('00e7');
    await page.getByRole('button', { name: 'Test' }).click();
    await page.getByText('Error: wrong port (line 2)').waitFor();
    await expect
      .poll(() => page.locator('.fault').textContent())
      .toBe("Line 2 if (fPort !== 85) throw new Error('wrong port');");
    await page.getByLabel('Port').fill('85');
    await page.getByRole('button', { name: 'Test' }).click();
    await page.locator('.figure').getByText('23.1').waitFor();
    expect(await smallTargets(page)).toEqual([]);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    expect(sources.get('acme-th')).toBe(SCRIPT);
    await page.getByRole('link', { name: 'Codecs' }).click();
    await page.getByText('acme-th').waitFor();
    expect(complaints).toEqual([]);
    await leave();
  });

  test('a script that does not compile is refused with its line and stays as a draft; a codec names its devices', async () => {
    let put: CodecShelf['desk']['put'] = async () => undefined;
    const { page, leave } = await visitor.visit(2, (site) => {
      const { desk } = createCodecShelf(site);
      put = desk.put;
      const [device] = site.deps.store.devices.list();
      if (device) site.deps.store.devices.put({ ...device, codec: 'acme' });
      return { scripts: desk };
    });
    expect(await put('acme', SCRIPT)).toBeUndefined();
    await page.goto(`${page.url()}#/codecs/acme`);
    await page.getByRole('link', { name: 'Cold store 1' }).waitFor();
    await page.getByText('These are the newest bytes of Cold store 1.').waitFor();
    await expect.poll(() => page.getByLabel('Bytes, hex').inputValue()).toBe('0167ffff');
    await page.getByLabel('Script').fill('function decodeUplink() {\n  return {;\n}');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(/^SyntaxError: .*\(line 2\)\.$/).waitFor();
    await page.getByRole('link', { name: 'Codecs' }).click();
    await page.getByRole('link', { name: 'acme' }).click();
    await page.getByText('Script', { exact: true }).waitFor();
    await expect.poll(() => page.getByLabel('Script').inputValue()).toContain('return {;');
    await leave();
  });

  test('the store says what it writes, of which budget, and how long the disk lasts; only where that is known', async () => {
    const { site, page, leave } = await visitor.visit(1, undefined, '#/parts');
    const store = page.getByRole('article', { name: 'Store' });
    await expect.poll(() => store.textContent()).not.toContain('written');
    site.status.store = {
      ...site.status.store,
      sizeBytes: 41_000_000,
      limitBytes: 2e9,
      freeBytes: 11.2e9,
      writtenBytesToday: 52e6,
      dailyBudgetBytes: 200e6,
      projectedWearYears: 14.2,
      deviceBytesToday: 75e6,
      deviceLifeUsedPercent: 10,
    };
    await store.getByText('52 MB of 200 MB written today').waitFor();
    await store.getByText('41 MB of 2 GB').waitFor();
    await store.getByText('11.2 GB free on the disk').waitFor();
    await store.getByText('disk lasts about 14 years at this rate').waitFor();
    await store.getByText('the disk counted 75 MB today').waitFor();
    await store.getByText('up to 10 % of its life are used').waitFor();
    await expect.poll(() => store.locator('.amiss').count()).toBe(0);
    site.status.store = {
      ...site.status.store,
      writtenBytesToday: 260e6,
      projectedWearYears: 0.7,
      deviceLifeUsedPercent: 100,
    };
    await store.locator('.amiss').getByText('260 MB of 200 MB').waitFor();
    await store.locator('.amiss').getByText('less than a year').waitFor();
    await store.locator('.amiss').getByText('up to 100 %').waitFor();
    await leave();
  });

  test('quarantined records are looked at, tried again one by one, and dropped after a second touch', async () => {
    const records: QuarantinedRecord[] = [];
    const { page, ids, complaints, leave } = await visitor.visit(2, (site) => {
      const [one = '', two = ''] = site.deps.store.devices.list().map(({ devEui }) => devEui);
      const body = (level: unknown) => JSON.stringify({ fields: { level } });
      const base = {
        sink: 'influx',
        kind: 'uplink',
        timeMs: Date.UTC(2026, 0, 1),
        quarantinedMs: 0,
      } as const;
      const conflict = 'field type conflict: level is float, this is string';
      records.push(
        { ...base, seq: 1, device: one, reason: conflict, body: body('12.5') },
        { ...base, seq: 2, device: one, reason: conflict, body: body('bad') },
        { ...base, seq: 3, device: two, reason: 'beyond the retention of the bucket', body: body(7) },
      );
      return { quarantine: createQuarantineBox(site, records) };
    });
    expect(ids).toHaveLength(2);
    await page.locator('.attention').getByRole('link', { name: '3 records in quarantine' }).click();
    const conflict = page.locator('.quarantine').filter({ hasText: 'field type conflict' });
    await conflict.getByText('"12.5"').waitFor();
    await expect.poll(() => conflict.locator('.refusal').count()).toBe(2);
    expect(await smallTargets(page)).toEqual([]);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    await conflict.getByRole('button', { name: 'Retry all 2' }).click();
    await page.getByText('1 written, 0 dropped, 1 refused again').waitFor();
    await conflict.getByRole('button', { name: 'Drop', exact: true }).click();
    expect(records).toHaveLength(2);
    await conflict.getByRole('button', { name: 'Drop: sure?' }).click();
    await conflict.waitFor({ state: 'detached' });
    expect(records.map(({ seq }) => seq)).toEqual([3]);
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByText('Nothing is in quarantine.').waitFor();
    await page.locator('.back').click();
    await page.locator('.part').first().waitFor();
    await page.getByText('quarantined').waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await leave();
  });

  test('a device shows all its fields with their past, its gateways and session, and follows it live', async () => {
    const { page, site, ids, complaints, leave } = await visitor.visit(5, (made) => ({
      downlinks: createDownlinkLine(made).desk,
    }));
    const [devEui = ''] = ids;
    await page.locator('.tile').getByRole('link', { name: 'Cold store 1' }).click();
    await page.getByRole('heading', { name: 'Cold store 1' }).waitFor();
    const field = (name: string) => page.locator('.field-card').filter({ hasText: name });
    await field('Temperature').locator('.spark').waitFor();
    await expect.poll(() => field('Temperature').locator('.unit').textContent()).toContain('°C');
    for (const fact of ['01020304', 'SF9BW125', 'EU868, A', 'personalised (ABP)', '87 %, margin 11 dB']) {
      await page.locator('#session').getByText(fact).waitFor();
    }
    const rx = [
      { gw: '0016c001ff10a236', rssi: -101, snr: 4 },
      { gw: '0016c001ff10a237', rssi: -119, snr: -11 },
    ];
    site.hear(devEui, { temperature_1: -31.5, battery_7: 3.2 }, { rx });
    await field('Temperature').locator('.figure').getByText('−31.5').waitFor();
    await field('Battery').waitFor();
    // A field that is not in each reading stays, with its own age.
    await field('humidity').locator('time').waitFor();
    await page.locator('#receptions').getByText('0016c001ff10a237').waitFor();
    await expect.poll(() => page.locator('#receptions .row').count()).toBe(2);
    await page.locator('#own-readings').getByText('−31.5').waitFor();
    await expect.poll(() => page.locator('#own-readings tbody tr').count()).toBe(20);
    expect(await smallTargets(page)).toEqual([]);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
    await leave();
  });

  test('a downlink is queued, seen waiting, cancelled or acknowledged, and its fate stays to be read', async () => {
    let end: ReturnType<typeof createDownlinkLine>['end'] = () => {};
    const { page, ids, leave } = await visitor.visit(1, (site) => {
      const line = createDownlinkLine(site);
      end = line.end;
      return { downlinks: line.desk };
    });
    const [devEui = ''] = ids;
    await page.goto(`${page.url()}#/device/${devEui}`);
    const lines = page.locator('#downlinks .downlink');
    const queue = async (data: string): Promise<void> => {
      await page.getByLabel('Bytes, hex').fill(data);
      await page.getByRole('button', { name: 'Queue it' }).click();
    };
    await page.getByLabel('Port').fill('10');
    await page.getByLabel('Confirmed').check();
    await queue('01 FF');
    await lines.getByText('Port 10 01ff · confirmed').waitFor();
    await lines.getByText('Waiting').waitFor();
    end(devEui, 'device_ack');
    await lines.getByText('Acknowledged by the device').waitFor();
    await queue('02');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Cancel: sure?' }).click();
    await lines.getByText('Cancelled').waitFor();
    await queue('xyz');
    await page.getByRole('alert').getByText('must be hex digits').waitFor();
    await expect.poll(() => lines.count()).toBe(2);
    await leave();
  });

  test('a reading of a wrong clock says that its time is a guess, then shows the right one; the clock has a card until it is right', async () => {
    const right = new Map<number, Dated>();
    const guess = (record: LogRecord): Dated => {
      const { timeMs } = record;
      const isGuess = record.body.includes('"clock":{');
      return { timeMs, quality: isGuess ? 'estimated' : 'measured', originalMs: timeMs, final: !isGuess };
    };
    const { page, url, site, ids, leave } = await visitor.visit(1, () => ({
      timeOf: (record: LogRecord) => right.get(record.seq) ?? guess(record),
    }));
    const part = { sinceMs: Date.now(), detail: 'readings wait for the right time: no time server' };
    site.status.time = { ...part, state: 'degraded', hint: 'Let the machine reach a time server.' };
    const card = page.getByRole('article', { name: 'Clock' });
    await card.getByText('readings wait for the right time').waitFor();
    const originalMs = Date.now() - 9 * HOUR_MS;
    const clock = { boot: '1b4e28ba2fa111d2', monoMs: 5_000, source: 'wall' } as const;
    const seq = site.hear(ids[0] ?? '', { temperature_1: 8.125 }, { timeMs: originalMs, clock });
    await page.goto(`${url}#/readings`);
    const row = page.locator('.readings tr').filter({ hasText: '8.13' });
    await row.getByText('time estimated').waitFor();
    const time = () => row.locator('time').getAttribute('datetime');
    await expect.poll(() => time()).toBe(new Date(originalMs).toISOString());

    const timeMs = Date.now() - 60_000;
    right.set(seq, { timeMs, quality: 'corrected', originalMs, final: true });
    site.note('clock_set');
    site.status.time = { ...part, state: 'ok', detail: 'the clock is right (ntp)' };
    await row.getByText('time corrected').waitFor();
    await expect.poll(() => time()).toBe(new Date(timeMs).toISOString());
    await page.goto(`${url}#/devices`);
    await page.locator('.device').getByText('time corrected').waitFor();
    await page.goto(`${url}#/`);
    await card.waitFor({ state: 'detached' });
    await leave();
  });
});
