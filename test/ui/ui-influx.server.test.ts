/** The InfluxDB card in a real browser, on a phone's width: what was looked up there, and the log written again from it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CheckStatus, RewindStatus } from '../../src/model/influx.ts';
import { tell } from '../../src/model/said.ts';
import type { InfluxService } from '../../src/ui/routes/services.ts';
import { createVisitor, overflowOf, smallTargets } from '../support/browser.ts';
import { describeWith } from '../support/process.ts';
import type { UiSite } from '../support/ui-site.ts';

const HOUR_MS = 3_600_000;
const FROM_MS = Date.UTC(2026, 10, 20, 8);
const LOST: CheckStatus = {
  ...{ state: 'missing', checkedMs: FROM_MS + HOUR_MS, looked: 20, missing: 3 },
  ...{ oldestMissingMs: FROM_MS, rewindFromMs: FROM_MS },
  detail: 'InfluxDB has lost 3 of 20 readings',
};

/** An InfluxDB writer that notes what it is asked for. */
function createWriter(site: UiSite) {
  const asked: { readonly fromMs: number }[] = [];
  let isBusy = false;
  const put = (change: Partial<RewindStatus>): RewindStatus => {
    const { rewind } = site.status.influx;
    const none = { share: 0, written: 0, tooOld: 0, refused: 0, quarantined: 0, gone: 0 };
    const next: RewindStatus = { state: 'running', fromMs: 0, startedMs: 1, ...none, ...rewind, ...change };
    site.status.influx = { ...site.status.influx, rewind: next };
    return next;
  };
  const influx: InfluxService = {
    rewind({ fromMs }) {
      if (isBusy) return 'busy';
      asked.push({ fromMs });
      return put({ state: 'running', fromMs });
    },
    cancelRewind(by) {
      const { detail: reason, said } = tell('influx.rewindEnded', { by });
      return put({ state: 'stopped', reason, said });
    },
    check: async () => 'no_answer',
  };
  const refuse = (): void => {
    isBusy = true;
  };
  return { influx, asked, put, refuse };
}

describeWith(['chromium'], 'the InfluxDB card', () => {
  const visitor = createVisitor();
  beforeAll(visitor.start, 60_000);
  afterAll(visitor.stop);

  const visit = async (prepare: (site: UiSite) => void = () => {}) => {
    const made: ReturnType<typeof createWriter>[] = [];
    const visited = await visitor.visit(
      1,
      (site) => {
        prepare(site);
        const writer = createWriter(site);
        made.push(writer);
        return { influx: writer.influx };
      },
      '#/parts',
    );
    const [writer] = made;
    if (!writer) throw new Error('no site was prepared');
    return { ...visited, ...writer, card: visited.page.getByRole('article', { name: 'InfluxDB' }) };
  };

  test('what was lost is written again from where it is missing, after a warning and a second touch', async () => {
    const { page, card, asked, put, complaints, leave } = await visit((site) => {
      site.status.influx = { ...site.status.influx, check: LOST };
    });
    await card.getByText('InfluxDB has lost 3 of 20 readings.').waitFor();
    await card.getByText('Write again from …').click();
    await card.getByText('what was deleted there on purpose comes back').waitFor();
    await expect.poll(() => card.getByLabel('From').inputValue()).toBe('suggested');
    await card.getByText(/^Missing since Nov 20, (2026, )?08:00:00$/).waitFor({ state: 'attached' });
    expect(await smallTargets(page)).toEqual([]);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect((await card.getByLabel('From').boundingBox())?.height).toBeGreaterThanOrEqual(56);
    await card.getByRole('button', { name: 'Write again', exact: true }).click();
    expect(asked).toEqual([]);
    await card.getByRole('button', { name: 'Write again: sure?' }).click();
    await card.getByText('0 % gone through').waitFor();
    expect(asked).toEqual([{ fromMs: FROM_MS }]);
    put({ share: 0.428, written: 1204 });
    await card.getByText('42 % gone through').waitFor();
    await expect.poll(() => card.getByRole('progressbar').getAttribute('value')).toBe('0.428');
    await expect.poll(() => card.getByText('Write again from …').count()).toBe(0);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    put({ state: 'done', share: 1, written: 3000, tooOld: 5, endedMs: 2 });
    await card.getByText('3,000 records written.').waitFor();
    await card.getByText('5 older than the bucket keeps').waitFor();
    expect(complaints).toEqual([]);
    await leave();
  });

  test('one under way is ended after a second touch, and why it ended stays to be read', async () => {
    const { card, put, leave } = await visit();
    put({ share: 0.5, fromMs: FROM_MS });
    await card.getByText('50 % gone through').waitFor();
    await card.getByRole('button', { name: 'End it' }).click();
    await card.getByRole('button', { name: 'End it: sure?' }).click();
    await card.getByText('Stopped at 50 %').waitFor();
    await card.getByText('Ended by').waitFor();
    await leave();
  });

  test('a time is chosen by how long ago; all is what the log has, and a refusal is told', async () => {
    const { card, asked, page, put, refuse, leave } = await visit((one) => {
      one.status.store = { ...one.status.store, oldestMs: FROM_MS };
    });
    await card.getByText('Write again from …').click();
    await card.getByLabel('From').selectOption('The log’s beginning');
    await card.getByRole('button', { name: 'Write again', exact: true }).click();
    await card.getByRole('button', { name: 'Write again: sure?' }).click();
    await card.getByText('0 % gone through').waitFor();
    put({ state: 'done', share: 1, endedMs: 2 });
    await card.getByText('Write again from …').click();
    await card.getByLabel('From').selectOption('7 days ago');
    await card.getByRole('button', { name: 'Write again', exact: true }).click();
    const nowMs = await page.evaluate(() => Date.now());
    await card.getByRole('button', { name: 'Write again: sure?' }).click();
    await card.getByText('0 % gone through').waitFor();
    expect(asked[0]).toEqual({ fromMs: FROM_MS });
    put({ state: 'done', share: 1, endedMs: 3 });
    refuse();
    await card.getByText('Write again from …').click();
    await card.getByRole('button', { name: 'Write again', exact: true }).click();
    await card.getByRole('button', { name: 'Write again: sure?' }).click();
    await card.getByRole('alert').getByText('The log is being written again').waitFor();
    expect(asked).toHaveLength(2);
    expect(Math.abs((asked[1]?.fromMs ?? 0) - (nowMs - 7 * 24 * HOUR_MS))).toBeLessThan(60_000);
    await leave();
  });

  test('readings that are all there are said to be, with when; what cannot be checked is never said to be well', async () => {
    const { card, site, leave } = await visit((one) => {
      const check: CheckStatus = { ...LOST, state: 'complete', missing: 0, detail: 'all are there' };
      one.status.influx = { ...one.status.influx, check };
    });
    await card.getByText('20 delivered readings looked up, all there:').waitFor();
    const cannot: CheckStatus = { ...LOST, state: 'cannot', detail: 'it cannot be checked: no Flux' };
    site.status.influx = { ...site.status.influx, check: cannot };
    await card.getByText('It cannot be checked: no Flux.').waitFor();
    await expect.poll(() => card.getByText('all there').count()).toBe(0);
    // Down or not, what is lost is lost.
    site.status.influx = { ...site.status.influx, state: 'down', detail: 'no answer', check: LOST };
    await card.locator('.hint').getByText('InfluxDB has lost 3 of 20 readings.').waitFor();
    await leave();
  });

  test('who may only look sees the progress, and no button', async () => {
    const { card, page, put, leave } = await visit();
    await page.route('**/api/v1/access', async (route) => {
      const json = await (await route.fetch()).json();
      const user = { name: 'eve', role: 'viewer' };
      await route.fulfill({ json: { ...json, mode: 'required', claimed: true, user } });
    });
    await page.reload();
    put({ share: 0.5 });
    await card.getByText('50 % gone through').waitFor();
    await expect.poll(() => card.getByRole('button').count()).toBe(0);
    put({ state: 'done', share: 1, endedMs: 2 });
    await card.getByText('0 records written.').waitFor();
    await expect.poll(() => card.getByText('Write again from …').count()).toBe(0);
    await leave();
  });
});
