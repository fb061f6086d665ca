/**
 * A power cut at each step of telling: before and after every commit, and before and after every message leaves. The store as the cut
 * leaves it is gone on with; every alarm is told, and what is told twice has the same Message-ID.
 */
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { ChannelSender } from '../../src/notify/channels/channel.ts';
import { eventually, temporaryFolder } from '../support/process.ts';
import { tellingSite } from './telling-site.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

interface Told {
  readonly id: string;
  readonly alarms: readonly string[];
}

function remembering(told: Told[], around: () => void = () => {}): ReadonlyMap<string, ChannelSender> {
  const email: ChannelSender = {
    async send({ messageId, content }) {
      around();
      told.push({ id: messageId, alarms: content.news.items.map(({ alarm }) => alarm) });
      around();
      return { kind: 'sent', answer: 'taken' };
    },
  };
  return new Map([['email', email]]);
}

test('a power cut at each step loses nothing, and what comes twice is the same message', async () => {
  const told: Told[] = [];
  const cuts: { dir: string; told: readonly Told[]; raised: readonly string[] }[] = [];
  const raised: string[] = [];
  let copy = (_: string): void => {};
  const cut = (): void => {
    const dir = join(folder.path, `cut-${cuts.length}`);
    copy(dir);
    cuts.push({ dir, told: [...told], raised: [...raised] });
  };
  const site = await tellingSite({ senders: remembering(told, cut), beforeCommit: cut });
  copy = site.copyTo;
  for (const alarm of ['Tank 1', 'Tank 2', 'Tank 3']) {
    await site.raise(alarm);
    raised.push(alarm);
    site.pass(120_000);
    await eventually('it was told', () => told.some(({ alarms }) => alarms.includes(alarm)));
  }
  await eventually('all proofs are kept', () => site.notify.proofs(1e9, 10).length === told.length);
  cut();
  await site.stop();
  expect(cuts.length).toBeGreaterThan(12);
  for (const { dir, told: before, raised: known } of cuts.filter((one) => one.raised.length > 0)) {
    const after: Told[] = [];
    const again = await tellingSite({ dir, senders: remembering(after) });
    const all = () => [...before, ...after];
    await eventually('all that was raised is told', () =>
      known.every((alarm) => all().some(({ alarms }) => alarms.includes(alarm))),
    );
    await eventually('nothing waits', () => again.notify.waiting().length === 0);
    for (const alarm of known) {
      const ids = all().filter(({ alarms }) => alarms.includes(alarm));
      expect(new Set(ids.map(({ id }) => id)).size, `${dir}: ${alarm}`).toBe(1);
      expect(ids.length).toBeLessThanOrEqual(2);
    }
    await again.stop();
  }
}, 120_000);

test('what the disk refuses is said and tried again: everything is told once it is taken', async () => {
  const told: Told[] = [];
  let refused = 0;
  let isFull = false;
  const site = await tellingSite({
    senders: remembering(told),
    beforeCommit: () => {
      if (!isFull) return;
      refused += 1;
      throw new Error('database or disk is full');
    },
  });
  await site.raise('Tank 1');
  await eventually('it was told', () => told.length === 1);
  isFull = true;
  await site.raise('Tank 2');
  site.pass(120_000);
  await eventually('it was tried again', () => refused > 2);
  expect(site.notify.status()).toMatchObject({
    state: 'degraded',
    detail: expect.stringContaining('database or disk is full'),
  });
  isFull = false;
  await eventually('it is told', () => told.some(({ alarms }) => alarms.includes('Tank 2')));
  await eventually('all is well again', () => site.notify.status().state === 'ok');
  const ids = told.filter(({ alarms }) => alarms.includes('Tank 2')).map(({ id }) => id);
  expect(new Set(ids).size).toBe(1);
  await site.stop();
}, 60_000);
