/** The first page in a real browser: shows what is there, follows it live, notices a lost box, asks nobody else. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createVisitor } from '../support/browser.ts';
import { describeWith } from '../support/process.ts';

describeWith(['chromium'], 'the first page', () => {
  const visitor = createVisitor();
  beforeAll(visitor.start, 60_000);
  afterAll(visitor.stop);
  const { visit } = visitor;

  const row = (page: Page, name: string) => page.locator('.device').filter({ hasText: name });

  test('values show with their units, and a new reading replaces them without a reload', async () => {
    const { site, ids, page, url, server, complaints, strange } = await visit(5, undefined, '#/devices');
    await row(page, 'Cold store 1').getByText('°C').waitFor();
    await expect.poll(() => page.locator('.device').count()).toBe(5);
    site.hear(ids[0] ?? '', { temperature_1: -17.25, relative_humidity_2: 70 });
    await row(page, 'Cold store 1').getByText('−17.25').waitFor();
    await page.goto(`${url}#/readings`);
    await page.locator('.readings').getByText('−17.25').waitFor();
    await page.goto(`${url}#/gateways`);
    await page.locator('.gateway').nth(2).waitFor();
    await page.goto(`${url}#/unknown`);
    await page.getByText('260b1f02').waitFor();
    expect({ complaints, strange }).toEqual({ complaints: [], strange: [] });
    await page.close();
    await server.stop();
  });

  test('a part that goes down opens with its cause and is announced; words and shape tell it, not colour alone', async () => {
    const { site, page, server } = await visit(2);
    await page.locator('.lines').getByText('MQTT broker').waitFor();
    await expect.poll(() => page.locator('.part').count()).toBe(0);
    const down = { state: 'down', detail: 'The broker refused the password.', hint: 'Check it.' } as const;
    site.status.broker = { ...site.status.broker, ...down };
    await page.locator('.part').getByText('Check it.').waitFor();
    await page.locator('[role=status]').getByText('The broker refused the password.').waitFor();
    await expect.poll(() => page.locator('.part.state-down .word').textContent()).toBe('Down');
    await expect.poll(() => page.locator('.part.state-down .icon-down').count()).toBe(1);
    await page.close();
    await server.stop();
  });

  test('a lost box is said within seconds, its values look old, and all comes back by itself', async () => {
    const { site, ids, page, server, make, url } = await visit(2, undefined, '#/devices');
    await page.locator('.device').first().waitFor();
    await server.stop();
    await page.locator('[role=alert]').waitFor();
    await expect.poll(() => page.locator('.device:not(.stale)').count()).toBe(0);
    site.hear(ids[1] ?? '', { analog_input_1: 11.75 });
    const again = make(Number(new URL(url).port));
    await again.start();
    await row(page, 'Tank 1').getByText('11.75').waitFor();
    await page.locator('[role=alert]').waitFor({ state: 'detached' });
    await expect.poll(() => page.locator('.device:not(.stale)').count()).toBe(2);
    await page.close();
    await again.stop();
  });

  test('a silent device is hatched and called stale; the search finds a device', async () => {
    const { page, server } = await visit(12, undefined, '#/devices');
    await row(page, 'Water meter 1').getByText('Stale').waitFor();
    await expect.poll(() => page.locator('.device.stale').count()).toBe(1);
    await page.getByRole('searchbox').fill('tank 2');
    await page.waitForFunction(() => document.querySelectorAll('.device').length === 1);
    await expect.poll(() => page.locator('.device .name').textContent()).toBe('Tank 2');
    await page.getByRole('searchbox').fill('no such thing');
    await page.getByText('No device matches').waitFor();
    await page.close();
    await server.stop();
  });

  test('names are text, whatever is in them, and nothing scrolls sideways at 360 px, also with text twice as large', async () => {
    const name = `<img src=x onerror=alert(1)> "Tank", ${'VeryLongName'.repeat(8)}`;
    const { page, url, server, complaints } = await visit(
      12,
      (site) => {
        const device = site.deps.store.devices.list()[0];
        if (device) site.deps.store.devices.put({ ...device, name });
        site.hear(
          device?.devEui ?? '',
          { ['field_'.repeat(20)]: 'x'.repeat(300) },
          { problem: 'y'.repeat(300) },
        );
      },
      '#/devices',
    );
    await page.locator('.device .name').filter({ hasText: '<img src=x' }).waitFor();
    const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(await overflow()).toBeLessThanOrEqual(0);
    await page.evaluate(() => {
      document.documentElement.style.fontSize = '200%';
    });
    expect(await overflow()).toBeLessThanOrEqual(0);
    await page.goto(`${url}#/`);
    await page.locator('.tile').first().waitFor();
    expect(await overflow()).toBeLessThanOrEqual(0);
    expect(complaints.filter((text) => text.includes('alert'))).toEqual([]);
    await page.close();
    await server.stop();
  });

  test('what is touched is at least 56 px high and 8 px from the next', async () => {
    const { page, server } = await visit(12, undefined, '#/devices');
    await page.getByRole('button', { name: 'Stale' }).waitFor();
    const boxes = await Promise.all(
      (await page.locator('input, main button').all()).map((element) => element.boundingBox()),
    );
    expect(boxes.length).toBeGreaterThan(1);
    for (const box of boxes) expect(box?.height).toBeGreaterThanOrEqual(56);
    const [first, second] = boxes;
    const gap = (second?.x ?? 0) - ((first?.x ?? 0) + (first?.width ?? 0));
    const below = (second?.y ?? 0) - ((first?.y ?? 0) + (first?.height ?? 0));
    expect(Math.max(gap, below)).toBeGreaterThanOrEqual(8);
    await page.close();
    await server.stop();
  });

  test('a browser that is too old is told so at once, and one that cannot read the program in the end', async () => {
    const { page, url, leave } = await visit(1);
    const late = page.locator('.boot').filter({ hasText: 'iOS 16.4' }).first();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await page.addInitScript(() => Reflect.deleteProperty(AbortSignal, 'timeout'));
    await page.goto(`${url}?old`);
    await late.waitFor();
    // Nothing of the program, and no loading again and again.
    expect(asked.filter((path) => path.startsWith('/api'))).toEqual([]);
    await page.route(/boot-\w+\.js/, (route) => route.fulfill({ contentType: 'text/javascript', body: '?' }));
    await page.goto(`${url}?older`);
    expect(await late.isVisible()).toBe(false);
    await page.evaluate(() => document.getAnimations().map((one) => one.finish()));
    await late.waitFor();
    await leave();
  });

  test('an empty site says what to do', async () => {
    const { page, server } = await visit(0, (site) => {
      site.gateways.length = 0;
      site.strangers.length = 0;
    });
    await page.getByText('A gateway is heard').waitFor();
    await page.getByText('waits for its gateways').first().waitFor();
    await page.close();
    await server.stop();
  });
});
