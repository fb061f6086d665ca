/**
 * A box whose clocks can be played with: the real store, gateway room, InfluxDB writer and timekeeper on one folder, over
 * any number of boots. The box may be wrong about the time; the test knows the true one.
 */

import type { MachineTime } from '../../src/clock/clock-verdict.ts';
import { createTimekeeper } from '../../src/clock/timekeeper.ts';
import type { TimeConfig } from '../../src/config/schema.ts';
import { createGateway, type Gateway } from '../../src/gateway/gateway.ts';
import { createInfluxWriter } from '../../src/ingest/influx/writer.ts';
import { toRecord } from '../../src/ingest/reading.ts';
import { createReasonCounters } from '../../src/model/reason-counters.ts';
import { openStore } from '../../src/store/store.ts';
import { DEFAULTS } from './config.ts';
import { createFleet, type FleetDevice, frameOf, type Hearing, upEvent } from './fleet.ts';
import { createInfluxFake, type ParsedPoint, serveInfluxFake } from './influx-fake.ts';
import { eventually, temporaryFolder } from './process.ts';
import { createTestWorld, type TestWorld } from './world.ts';

export interface BootOptions {
  /** What the wall clock shows, epoch milliseconds. */
  readonly wallMs: number;
  readonly machine?: MachineTime;
  /** Settings other than the defaults. */
  readonly time?: Partial<TimeConfig>;
}

/** Lets promises and sockets go on. */
export async function breathe(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** What outlives a boot. */
interface Box {
  readonly dir: string;
  readonly influxUrl: string;
  readonly device: FleetDevice;
  /** The true time of each frame, by counter. */
  readonly sent: number[];
  /** The true time. */
  nowMs: number;
  boots: number;
  events: number;
}

/** A box without power; it is `trueMs`. */
export async function createClockBox(trueMs: number) {
  const folder = temporaryFolder();
  const fake = createInfluxFake();
  const served = await serveInfluxFake(fake);
  const [device] = createFleet(1);
  if (!device) throw new Error('a fleet of one');
  const kept = { dir: folder.path, influxUrl: served.url, device, sent: [] };
  const box: Box = { ...kept, nowMs: trueMs, boots: 0, events: 0 };
  return {
    boot: (options: BootOptions) => boot(box, options),
    sent: box.sent,
    trueMs: () => box.nowMs,
    /** Time passes without power. */
    wait(ms: number) {
      box.nowMs += ms;
    },
    /** The point of each frame in InfluxDB, by counter; fails if a frame is there twice. */
    points(): Map<number, ParsedPoint> {
      const radio = [...fake.points.values()].filter(({ measurement }) => measurement === 'radio');
      const byCounter = new Map(radio.map((point) => [Number(point.fields.f_cnt), point]));
      if (byCounter.size !== radio.length)
        throw new Error(`${radio.length} points of ${byCounter.size} frames`);
      return byCounter;
    },
    allPoints: () => [...fake.points.values()],
    async remove() {
      await served.close();
      folder.remove();
    },
  };
}

function boot(box: Box, { wallMs, machine, time }: BootOptions) {
  const world = createTestWorld(wallMs, ++box.boots);
  const seen = { machine: machine ?? { daemon: 'unsynchronized' } } as { machine: MachineTime };
  const parts = assemble(box, world, () => seen.machine, { ...DEFAULTS.time, ...time });
  const { store, keeper, writer } = parts;

  async function advance(ms: number): Promise<void> {
    box.nowMs += ms;
    world.advance(ms);
    await breathe();
  }
  /** Advances by `ms` at a time until `check` holds. */
  const until = (what: string, check: () => boolean, ms = 1_000) =>
    eventually(what, async () => {
      await advance(ms);
      return check();
    });

  return {
    ...{ world, store, keeper, writer, advance, until },
    ...createArrivals(box, parts.gateway, (isAcked) => until('stored', isAcked, 60)),
    async start() {
      await keeper.start();
      await writer.start();
      await breathe();
    },
    lastUplink() {
      const records = store.log.readAfter(0, 10_000).filter(({ kind }) => kind === 'uplink');
      const last = records[records.length - 1];
      if (!last) throw new Error('no uplink');
      return last;
    },
    /** A time server is reached: the wall clock is right. */
    async synchronize(): Promise<void> {
      world.setNow(box.nowMs);
      seen.machine = { daemon: 'synchronized', syncedAtMs: box.nowMs };
      await advance(10_000);
    },
    jump: (byMs: number) => world.setNow(world.clock.nowMs() + byMs),
    delivered: () => until('everything delivered', () => writer.status().pending === 0),
    async off(): Promise<void> {
      await writer.stop();
      await keeper.stop();
      await store.close();
    },
  };
}

/** The rooms of one boot, on the box's folder; nothing is started yet. */
function assemble(box: Box, world: TestWorld, machine: () => MachineTime, config: TimeConfig) {
  const probe = {
    boot: box.boots.toString(16).padStart(16, '0'),
    look: () => Promise.resolve(machine()),
    sleptMs: () => 0,
  };
  const keeper = createTimekeeper({ world, probe, config });
  const store = openStore({ dir: box.dir, world, stamp: keeper.stamp });
  keeper.attach(store);
  const { devEui, name, devAddr, nwkSKey, appSKey } = box.device;
  if (!store.devices.get(devEui)) {
    const abp = { devAddr, nwkSKey, appSKey };
    store.devices.put({ devEui, name, codec: 'cayenne', origin: 'api', abp });
  }
  const gateway = createGateway({
    store,
    toRecord,
    noteGatewayTime: keeper.noteGatewayTime,
    ownTime: keeper.ownTime,
    config: { ...DEFAULTS.gateway, dedupWindowMs: 0 },
    refused: createReasonCounters(),
    logEvent: () => undefined,
    world,
  });
  const influx = { url: box.influxUrl, org: 'org', bucket: 'bucket', token: 'secret-token' };
  const writer = createInfluxWriter({
    store,
    site: 's',
    config: { ...DEFAULTS.influx, ...influx },
    world,
    deviceName: () => '',
    dating: keeper,
  });
  return { keeper, store, gateway, writer };
}

/** What comes in by radio and from a ChirpStack; `stored` lets time pass until a message is acknowledged. */
function createArrivals(box: Box, gateway: Gateway, stored: (isAcked: () => boolean) => Promise<unknown>) {
  async function receive(message: { readonly topic: string; readonly payload: Uint8Array }): Promise<void> {
    let acked = false;
    const ack = () => {
      acked = true;
    };
    gateway.receive({ ...message, qos: 1, retained: false, ack });
    await stored(() => acked);
  }
  return {
    /** A frame arrives; resolves once it is acknowledged. */
    async frame(hearing: Hearing = {}): Promise<void> {
      const fCnt = box.sent.push(box.nowMs) - 1;
      await receive(upEvent(frameOf(box.device, fCnt), hearing));
    },
    /** An event of ChirpStack on site, dated `timeMs`; resolves once it is acknowledged. */
    async application(timeMs: number | undefined): Promise<void> {
      const devEui = '0101010101010101';
      const time = timeMs === undefined ? undefined : new Date(timeMs).toISOString();
      const event = { deviceInfo: { devEui }, fCnt: 1, fPort: 1, data: 'qg==', time };
      const payload = Buffer.from(JSON.stringify({ ...event, deduplicationId: String(++box.events) }));
      await receive({ topic: `application/1/device/${devEui}/event/up`, payload });
    },
  };
}

/** Epoch milliseconds of a point. */
export function pointMs({ time }: ParsedPoint): number {
  return Number(time / 1_000_000n);
}
