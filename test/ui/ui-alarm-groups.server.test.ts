/** What alarms have in common, on the page: the button of a group acts on what is to be acknowledged in it, and no more. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createVisitor } from '../support/browser.ts';
import { describeWith } from '../support/process.ts';
import { createShownAlarms } from '../support/shown-alarms.ts';

describeWith(['chromium'], 'a group of alarms', () => {
  const visitor = createVisitor();
  beforeAll(visitor.start, 60_000);
  afterAll(visitor.stop);

  test('leaves what is kept quiet, what is acknowledged and what is an event alone', async () => {
    const alarms = createShownAlarms();
    const asked: (readonly string[])[] = [];
    const acknowledge: typeof alarms.acknowledge = async (ids, ...more) => {
      asked.push(ids);
      return alarms.acknowledge(ids, ...more);
    };
    const visit = await visitor.visit(5, () => ({ alarms: { ...alarms, acknowledge } }), '#/alarms');
    const group = visit.page.locator('.alarm-groups .row');
    const button = group.getByRole('button', { name: /^Acknowledge all/ });
    await button.waitFor();
    expect(await button.textContent()).toBe('Acknowledge all 3');
    await button.click();
    await group.getByRole('button', { name: /sure/ }).click();
    await expect.poll(() => asked).toEqual([['too-full:1', 'too-full:2', 'too-full:3']]);
    await visit.leave();
  });
});
