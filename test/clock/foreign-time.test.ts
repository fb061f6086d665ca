/** Foreign times on every way they come in, with a box whose own clock is right. */
import { afterEach, expect, test } from 'vitest';
import type { NewRecord } from '../../src/model/record.ts';
import { type BootOptions, createClockBox, pointMs } from '../support/clock-box.ts';

const TRUE_MS = Date.UTC(2026, 5, 1, 12);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const STEADY: BootOptions = { wallMs: TRUE_MS, machine: { daemon: 'none' } };

type TrustCase = readonly ['auto' | 'always', 'none' | 'unsynchronized'];
type Box = Awaited<ReturnType<typeof createClockBox>>;
let box: Box;
let running: ReturnType<Box['boot']> | undefined;

afterEach(async () => {
  await running?.off();
  running = undefined;
  await box.remove();
});

async function boot(options: BootOptions) {
  await running?.off();
  running = box.boot(options);
  await running.start();
  return running;
}

test.each<TrustCase>([
  ['auto', 'none'],
  ['always', 'unsynchronized'],
  ['auto', 'unsynchronized'],
])(
  'I4 a ChirpStack event 400 days ahead is dated by us, and the clock is believed after the restart (%s, %s)',
  async (policy, daemon) => {
    box = await createClockBox(TRUE_MS);
    const first = await boot(STEADY);
    await first.application(TRUE_MS + 400 * DAY_MS);
    expect(first.lastUplink().timeMs - TRUE_MS).toBeLessThan(1_000);
    // As a version before this one stored it.
    const { kind, device, body } = first.lastUplink();
    const old = { kind, device, body: JSON.parse(body), timeMs: TRUE_MS + 400 * DAY_MS } as NewRecord;
    const stored = first.store.commit({ records: [old] });
    await first.advance(1_000);
    await stored;
    box.wait(60_000);
    const machine = daemon === 'none' ? { daemon } : { daemon, rtcMs: box.trueMs() };
    const next = await boot({ wallMs: box.trueMs(), machine, time: { trust: policy } });
    expect(next.keeper.status().state).toBe('ok');
    await next.application(undefined);
    expect(Math.abs(next.lastUplink().timeMs - box.trueMs())).toBeLessThan(1_000);
  },
);

const gps = (timeMs: number) => timeMs - Date.UTC(1980, 0, 6) + 18_000;

test.each([
  ['A07 GPS time 1024 weeks early', () => ({ timeMs: TRUE_MS, gpsTimeMs: gps(TRUE_MS) - 1024 * 7 * DAY_MS })],
  ['A07 GPS time of 1980', () => ({ timeMs: TRUE_MS, gpsTimeMs: 60_000 })],
  ['A07 GPS time of 1980 and nothing beside it', () => ({ gpsTimeMs: 60_000 })],
  ['A08 half an hour ahead', () => ({ timeMs: TRUE_MS + HOUR_MS / 2 })],
  ['A08 three hours slow, live', () => ({ timeMs: TRUE_MS - 3 * HOUR_MS })],
  ['A08 of 2019', () => ({ timeMs: Date.UTC(2019, 0, 1) })],
])('a frame with a gateway time that is wrong is dated by the box: %s', async (_, hearing) => {
  box = await createClockBox(TRUE_MS);
  const site = await boot(STEADY);
  await site.frame(hearing());
  await site.delivered();
  const times = [...box.points().values()].map(pointMs);
  expect(times).toHaveLength(1);
  expect(Math.abs((times[0] ?? 0) - TRUE_MS)).toBeLessThan(1_000);
});
