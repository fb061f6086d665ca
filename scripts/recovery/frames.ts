/**
 * The account of frames in a recovery: which there are in all, whether they were in the log from the start or published since,
 * and which of them a place holds. A frame is its device and its counter.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync, type MqttClient } from 'mqtt';
import type { NewRecord } from '../../src/model/record.ts';
import { createWorld } from '../../src/ops/world.ts';
import { openStore } from '../../src/store/store.ts';
import { type FleetDevice, frameOf, upEvent } from '../../test/support/fleet.ts';
import { createTestWorld } from '../../test/support/world.ts';

const OLD_DEVICES = 100;
const TICK_MS = 20;

/** DevEUI to how many frames it has: the counters 0 to n - 1. */
export type Counts = ReadonlyMap<string, number>;
/** What a place holds: `<DevEUI> <counter>`. */
export type Frames = ReadonlySet<string>;

export function frameKey(device: string, fCnt: number): string {
  return `${device} ${fCnt}`;
}

export function totalOf(counts: Counts): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

/** The frames of `counts` that the place does not hold. */
export function missingOf(counts: Counts, frames: Frames): string[] {
  return [...counts].flatMap(([device, count]) =>
    Array.from({ length: count }, (_, fCnt) => frameKey(device, fCnt)).filter((key) => !frames.has(key)),
  );
}

/** Puts `records` readings of 100 devices into the store in `dir`, ten a second, the last one a minute ago. */
export async function fillStore(dir: string, records: number): Promise<Counts> {
  const store = openStore({ dir, world: createWorld(createTestWorld().logger) });
  const firstMs = Date.now() - 60_000 - records * 100;
  const counts = new Map<string, number>();
  for (let at = 0; at < records; at += 2_000) {
    const length = Math.min(2_000, records - at);
    const made = Array.from({ length }, (_, index) => oldRecord(at + index, firstMs));
    for (const { device } of made) if (device) counts.set(device, (counts.get(device) ?? 0) + 1);
    await store.commit({ records: made, urgent: true });
  }
  await store.close();
  return counts;
}

function oldRecord(index: number, firstMs: number): NewRecord {
  const timeMs = firstMs + index * 100;
  return {
    kind: 'uplink',
    device: `70b3d57ed0${String(index % OLD_DEVICES).padStart(6, '0')}`,
    timeMs,
    body: {
      fields: { temperature_1: 20 + (index % 100) / 10, relative_humidity_2: 45, digital_input_3: index % 2 },
      data: '016700d202685a030001',
      fPort: 2,
      fCnt: Math.floor(index / OLD_DEVICES),
      devAddr: '260b1f02',
      confirmed: false,
      freq: 868_100_000,
      dr: 'SF7BW125',
      rx: [{ gw: '0016c001f153a14c', rssi: -80 - (index % 40), snr: 7, t: timeMs }],
      codec: 'cayenne',
      via: 'bridge',
    },
  };
}

export interface LiveFrames {
  /** Sent and confirmed by the broker so far, as they were at this moment. */
  published(): Counts;
  /** Begins, or goes on with the next counters, at this broker. */
  begin(url: string): Promise<void>;
  /** Publishes no more; resolves when the broker has confirmed everything. */
  rest(): Promise<void>;
}

/** `rate` frames a second of the devices in turn, at QoS 1. */
export function createLiveFrames(fleet: readonly FleetDevice[], rate: number): LiveFrames {
  const counts = new Map(fleet.map(({ devEui }) => [devEui, 0]));
  let turn = 0;
  let running: { isOver: boolean; readonly done: Promise<void> } | undefined;
  async function publish(client: MqttClient, isOver: () => boolean): Promise<void> {
    const startedMs = performance.now();
    for (let sent = 0; !isOver(); await sleep(TICK_MS)) {
      for (; sent < ((performance.now() - startedMs) * rate) / 1_000 && !isOver(); sent++) {
        const device = fleet[turn % fleet.length];
        if (!device) return;
        turn += 1;
        const fCnt = counts.get(device.devEui) ?? 0;
        const { topic, payload } = upEvent(frameOf(device, fCnt), { timeMs: Date.now() });
        await client.publishAsync(topic, payload, { qos: 1 });
        counts.set(device.devEui, fCnt + 1);
      }
    }
    await client.endAsync();
  }
  return {
    published: () => new Map(counts),
    async begin(url) {
      const client = await connectAsync(url, { clientId: 'gateways' });
      const state = { isOver: false };
      running = Object.assign(state, { done: publish(client, () => state.isOver) });
    },
    async rest() {
      if (running) running.isOver = true;
      await running?.done;
      running = undefined;
    },
  };
}
