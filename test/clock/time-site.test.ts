/** Wrong clocks, from the frame to InfluxDB: every reading lands once, at its right time, whatever the wall clock showed. */
import { afterEach, describe, expect, test } from 'vitest';
import { breathe, createClockBox, pointMs } from '../support/clock-box.ts';
import { GATEWAY_A, GATEWAY_B } from '../support/fleet.ts';

const TRUE_MS = Date.UTC(2026, 5, 1, 12);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const YEARS_MS = 50 * 365 * DAY_MS;

type Box = Awaited<ReturnType<typeof createClockBox>>;
type Boot = ReturnType<Box['boot']>;
let box: Box;
let running: Boot | undefined;

afterEach(async () => {
  await running?.off();
  await box.remove();
});

async function boot(...[options]: Parameters<Box['boot']>): Promise<Boot> {
  await running?.off();
  running = box.boot(options);
  await running.start();
  return running;
}

/** Every frame is in InfluxDB once, in order, none farther than `withinMs` from its true time; gives the qualities. */
function expectTimes(withinMs: (fCnt: number) => number): unknown[] {
  const points = box.points();
  expect([...points.keys()].sort((a, b) => a - b)).toEqual(box.sent.map((_, fCnt) => fCnt));
  const inOrder = [...points.entries()].sort(([a], [b]) => a - b).map(([, point]) => point);
  for (const [fCnt, point] of inOrder.entries()) {
    const offMs = Math.abs(pointMs(point) - (box.sent[fCnt] ?? 0));
    expect(offMs, `frame ${fCnt}`).toBeLessThanOrEqual(withinMs(fCnt));
  }
  expect(inOrder.map(pointMs)).toEqual(inOrder.map(pointMs).sort((a, b) => a - b));
  for (const point of box.allPoints()) expect(pointMs(point)).toBeGreaterThan(Date.UTC(2025, 0, 1));
  return inOrder.map(({ fields }) => fields.time_quality ?? 'measured');
}

/** A frame with this was received just now. */
function counterNow(): string {
  const counter = Buffer.alloc(4);
  counter.writeUInt32BE((box.trueMs() * 1000) % 2 ** 32);
  return counter.toString('base64');
}

describe('a box without a clock of its own', () => {
  test('holds its readings over two reboots and dates them when a time server is reached', async () => {
    box = await createClockBox(TRUE_MS);
    let site = await boot({ wallMs: TRUE_MS, machine: { daemon: 'synchronized', syncedAtMs: TRUE_MS } });
    await site.frame();
    await site.delivered();

    for (const offMs of [60_000, 30_000]) {
      box.wait(offMs);
      site = await boot({ wallMs: 0 });
      for (let count = 0; count < 3; count++) {
        await site.advance(5 * 60_000);
        await site.frame();
      }
      await site.advance(HOUR_MS);
      expect(site.writer.status().pending).toBeGreaterThanOrEqual(3);
      expect(box.points().size).toBe(1);
      expect(site.keeper.status().state).toBe('degraded');
    }
    box.wait(45_000);
    site = await boot({ wallMs: 0 });
    await site.frame();
    await site.advance(60_000);
    expect(box.points().size).toBe(1);
    await site.synchronize();
    await site.frame();
    await site.delivered();

    // An hour ran after the last frame of a boot: nothing says how long the box was off or silent.
    const qualities = expectTimes((fCnt) => (fCnt >= 1 && fCnt <= 6 ? 3 * HOUR_MS : 200));
    expect(qualities).toEqual([
      'measured',
      ...Array.from({ length: 6 }, () => 'estimated'),
      'corrected',
      'measured',
    ]);
    expect(site.keeper.status().state).toBe('ok');
  });

  test('keeps the record as it was and the spacing within a boot', async () => {
    box = await createClockBox(TRUE_MS);
    const site = await boot({ wallMs: 0 });
    await site.frame();
    await site.advance(17 * 60_000);
    await site.frame();
    const uplinks = () => site.store.log.readAfter(0, 20).filter(({ kind }) => kind === 'uplink');
    const before = uplinks();
    expect(before.map((record) => site.keeper.timeOf(record).final)).toEqual([false, false]);
    expect(site.keeper.holdFrom()).toBe(1);
    await site.synchronize();
    await site.delivered();
    expect(uplinks()).toEqual(before);
    expectTimes(() => 200);
    expect(site.keeper.holdFrom()).toBe(Number.POSITIVE_INFINITY);
    expect(uplinks().map((record) => site.keeper.timeOf(record))).toMatchObject(
      before.map(({ timeMs }) => ({ quality: 'corrected', originalMs: timeMs, final: true })),
    );
  });

  test('gives up waiting after the time set, and later boots do not wait again', async () => {
    box = await createClockBox(TRUE_MS);
    let site = await boot({ wallMs: TRUE_MS, machine: { daemon: 'synchronized', syncedAtMs: TRUE_MS } });
    await site.frame();
    await site.delivered();
    site = await boot({ wallMs: 0, time: { holdDays: 1 } });
    await site.frame();
    await site.advance(20 * HOUR_MS);
    expect(box.points().size).toBe(1);
    site = await boot({ wallMs: 0, time: { holdDays: 1 } });
    await site.frame();
    await site.advance(3 * HOUR_MS);
    await site.frame();
    expect(box.points().size).toBe(1);
    await site.advance(HOUR_MS);
    await site.until('given up', () => site.keeper.holdFrom() === Number.POSITIVE_INFINITY, HOUR_MS);
    await site.frame();
    await site.delivered();
    site = await boot({ wallMs: 0, time: { holdDays: 1 } });
    await site.frame();
    await site.delivered();
    expect([...box.points().keys()]).toEqual([0, 1, 2, 3, 4, 5]);
    const points = [...box.points().values()];
    expect(points.map(({ fields }) => fields.time_quality)).toEqual([
      undefined,
      ...Array.from({ length: 5 }, () => 'estimated'),
    ]);
    const times = points.map(pointMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test('takes the time from gateways that agree, also where the frame waited in a queue', async () => {
    box = await createClockBox(TRUE_MS);
    const site = await boot({ wallMs: 0 });
    await site.frame();
    for (const gatewayId of [GATEWAY_A, GATEWAY_B, GATEWAY_A]) {
      await site.advance(30_000);
      await site.frame({ gatewayId, timeMs: box.trueMs() });
    }
    await site.until('known', () => site.keeper.status().state === 'ok');
    expect(Math.abs(site.keeper.nowMs() - box.trueMs())).toBeLessThan(3_000);
    await site.advance(600_000);
    await site.frame({ timeMs: box.trueMs() - 5 * 60_000 });
    box.sent[4] = (box.sent[4] ?? 0) - 5 * 60_000;
    await site.frame();
    await site.delivered();
    const qualities = expectTimes(() => 3_000);
    expect(qualities).toEqual(Array.from({ length: 6 }, () => 'gateway'));

    await site.synchronize();
    await site.frame();
    await site.frame();
    await site.delivered();
    expect(expectTimes(() => 3_000).slice(6)).toEqual(['gateway', 'measured']);
  });

  test('takes GPS time, against a gateway that shows 2016 beside it', async () => {
    box = await createClockBox(TRUE_MS);
    const site = await boot({ wallMs: 0 });
    for (let count = 0; count < 3; count++) {
      await site.advance(20_000);
      const gpsTimeMs = box.trueMs() - Date.UTC(1980, 0, 6) + 18_000;
      await site.frame({ gpsTimeMs, timeMs: Date.UTC(2016, 0, 1) });
    }
    await site.until('known', () => site.keeper.status().state === 'ok');
    await site.frame();
    await site.delivered();
    expect(expectTimes(() => 200)).toEqual(Array.from({ length: 4 }, () => 'gateway'));
  });

  test('believes gateways against a clock that nothing but itself speaks for', async () => {
    box = await createClockBox(TRUE_MS);
    const site = await boot({ wallMs: TRUE_MS + 5 * DAY_MS, machine: { daemon: 'none' } });
    for (const gatewayId of [GATEWAY_A, GATEWAY_B, GATEWAY_A, GATEWAY_B]) {
      await site.advance(20_000);
      await site.frame({ gatewayId, timeMs: box.trueMs() });
    }
    await site.frame();
    await site.delivered();
    const point = box.points().get(4);
    expect(point?.fields.time_quality).toBe('gateway');
    expect(Math.abs((point ? pointMs(point) : 0) - (box.sent[4] ?? 0))).toBeLessThan(3_000);
  });

  test('A05: keeps its own steady clock against one gateway that is three hours slow', async () => {
    box = await createClockBox(TRUE_MS);
    const site = await boot({ wallMs: TRUE_MS, machine: { daemon: 'none' } });
    for (let count = 0; count < 5; count++) {
      await site.advance(10_000);
      await site.frame({ context: counterNow(), timeMs: box.trueMs() - 3 * 3_600_000 });
    }
    await site.delivered();
    expect(site.keeper.status().detail).toContain('steady');
    expect(expectTimes(() => 200)).toEqual(Array.from({ length: 5 }, () => 'measured'));
  });

  const gatewayNamed = (n: number) => `0016c001f153a1${n.toString(16).padStart(2, '0')}`;

  test('A06: of five gateways the four that are right win, not the one a month behind', async () => {
    box = await createClockBox(TRUE_MS);
    const site = await boot({ wallMs: TRUE_MS, machine: { daemon: 'none' } });
    for (let count = 0; count < 15; count++) {
      await site.advance(5_000);
      const late = count % 5 === 0 ? 30 * DAY_MS : 0;
      const gatewayId = gatewayNamed(count % 5);
      await site.frame({ gatewayId, context: counterNow(), timeMs: box.trueMs() - late });
    }
    await site.delivered();
    expect(Math.abs(site.keeper.nowMs() - box.trueMs())).toBeLessThan(1_000);
    expect(expectTimes(() => 200)).toHaveLength(15);
  });

  test('A06: a wrong gateway that was heard first is outvoted by those that come later', async () => {
    box = await createClockBox(TRUE_MS);
    const site = await boot({ wallMs: 0 });
    for (let count = 0; count < 3; count++) {
      await site.advance(30_000);
      await site.frame({ gatewayId: gatewayNamed(0), timeMs: box.trueMs() - 30 * DAY_MS });
    }
    await site.until('wrong', () => site.keeper.status().state === 'ok');
    for (let count = 0; count < 6; count++) {
      await site.advance(10_000);
      await site.frame({ gatewayId: gatewayNamed(1 + (count % 2)), timeMs: box.trueMs() });
    }
    expect(Math.abs(site.keeper.nowMs() - box.trueMs())).toBeLessThan(3_000);
  });

  test.each([
    ['slow', 360],
    ['fast', -360],
  ])(
    'A06: its crystal is %s by 100 millionths for two months, and its one gateway corrects it',
    async (_, byMs) => {
      box = await createClockBox(TRUE_MS);
      const site = await boot({ wallMs: 0 });
      const gatewayId = gatewayNamed(0);
      for (let count = 0; count < 3; count++) {
        await site.advance(30_000);
        await site.frame({ gatewayId, timeMs: box.trueMs() });
      }
      await site.until('the time is known', () => site.keeper.status().state === 'ok');
      for (let hour = 0; hour < 60 * 24; hour++) {
        await site.advance(HOUR_MS);
        box.wait(byMs);
        site.keeper.noteGatewayTime({ gatewayId, timeMs: box.trueMs() });
        expect(Math.abs(site.keeper.nowMs() - box.trueMs())).toBeLessThan(3_000);
      }
      await site.frame({ gatewayId, timeMs: box.trueMs() });
      const { timeMs } = site.lastUplink();
      // Not the time by now: while a busy machine stores it, the box's time goes on.
      expect(Math.abs(timeMs - (box.sent.at(-1) ?? 0))).toBeLessThan(3_000);
    },
  );

  test('A06: gateways that were taken away have no voice any more', async () => {
    box = await createClockBox(TRUE_MS);
    const site = await boot({ wallMs: 0 });
    const say = (n: number, lateMs: number) =>
      site.keeper.noteGatewayTime({ gatewayId: gatewayNamed(n), timeMs: box.trueMs() - lateMs });
    for (let count = 0; count < 4; count++) {
      await site.advance(10_000);
      say(0, 30 * DAY_MS);
      say(1, 60 * DAY_MS);
    }
    expect(site.keeper.status().state).toBe('degraded');
    for (let hour = 0; hour < 49; hour++) {
      await site.advance(HOUR_MS);
      say(2, 0);
      say(3, 0);
    }
    await site.until('the time is known', () => site.keeper.status().state === 'ok');
    expect(Math.abs(site.keeper.nowMs() - box.trueMs())).toBeLessThan(3_000);
  });

  test('does not take its own wrong clock back from a gateway on the same machine', async () => {
    box = await createClockBox(TRUE_MS);
    const stale = TRUE_MS - 3 * DAY_MS;
    const site = await boot({ wallMs: stale });
    for (let count = 0; count < 4; count++) {
      await site.advance(30_000);
      await site.frame({ timeMs: site.world.clock.nowMs() });
    }
    expect(site.keeper.status().state).toBe('degraded');
    expect(box.points().size).toBe(0);
    await site.synchronize();
    await site.delivered();
    expect(expectTimes(() => 200)).toEqual(Array.from({ length: 4 }, () => 'corrected'));
  });
});

describe('a jump of the wall clock', () => {
  test.each([1_000, -1_000])('of %d ms stops nothing and doubles nothing', async (byMs) => {
    box = await createClockBox(TRUE_MS);
    const site = await boot({ wallMs: TRUE_MS, machine: { daemon: 'synchronized', syncedAtMs: TRUE_MS } });
    await site.frame();
    await site.delivered();
    await site.advance(60_000);
    site.jump(byMs);
    await site.frame();
    await site.advance(60_000);
    await site.frame();
    await site.delivered();
    expect(expectTimes(() => 1_200)).toEqual(['measured', 'measured', 'measured']);
    const events = site.store.log.readAfter(0, 10).map(({ body }) => JSON.parse(body).event);
    expect(events.filter(Boolean)).toEqual(['clock_jumped']);
  });

  test.each([YEARS_MS, -YEARS_MS])(
    'of %d ms is not believed until a time server has been heard',
    async (byMs) => {
      box = await createClockBox(TRUE_MS);
      const site = await boot({ wallMs: TRUE_MS, machine: { daemon: 'synchronized', syncedAtMs: TRUE_MS } });
      await site.frame();
      await site.delivered();
      site.jump(byMs);
      for (let count = 0; count < 3; count++) {
        await site.frame();
        await site.advance(60_000);
      }
      expect(site.keeper.status().state).toBe('degraded');
      expect(box.points().size).toBe(1);
      await site.synchronize();
      await site.frame();
      await site.delivered();
      expect(expectTimes(() => 200)).toEqual(['measured', 'corrected', 'corrected', 'corrected', 'measured']);
    },
  );

  test('does not move what was dated before: written again, it is the same point', async () => {
    box = await createClockBox(TRUE_MS);
    const site = await boot({ wallMs: 0 });
    await site.frame();
    await site.synchronize();
    await site.delivered();
    for (const wrongMs of [YEARS_MS, -YEARS_MS]) {
      site.jump(wrongMs);
      await site.frame();
      await site.advance(60_000);
      box.wait(400);
      await site.synchronize();
      await site.delivered();
    }
    const before = box.allPoints();
    site.store.cursor('influx').rewind(0);
    site.writer.wake();
    await site.delivered();
    expect(box.allPoints()).toEqual(before);
    expectTimes(() => 1_000);
  });

  test('there and back again, and a power cut while it is wrong', async () => {
    box = await createClockBox(TRUE_MS);
    let site = await boot({ wallMs: TRUE_MS, machine: { daemon: 'none' } });
    await site.frame();
    site.jump(YEARS_MS);
    await site.frame();
    site.jump(-YEARS_MS);
    await site.until('trusted again', () => site.keeper.status().state === 'ok');
    await site.frame();
    await site.delivered();
    site.jump(YEARS_MS);
    await site.frame();
    box.wait(DAY_MS);
    site = await boot({ wallMs: box.trueMs(), machine: { daemon: 'none' } });
    await site.frame();
    await site.delivered();
    expect(expectTimes(() => 400)).toEqual(['measured', 'corrected', 'measured', 'corrected', 'measured']);
    await breathe();
  });
});
