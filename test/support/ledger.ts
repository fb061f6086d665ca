/**
 * The account of a test that must lose and double nothing: a publisher at QoS 1 that knows what it sent, and what the log
 * and the Redis Stream hold. Each counter of each device must be in each of them exactly once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { MqttClient } from 'mqtt';
import { uplinkBody } from '../../src/model/record.ts';
import type { World } from '../../src/model/world.ts';
import { openStore } from '../../src/store/store.ts';
import { type FleetDevice, frameOf, GATEWAY_A, GATEWAY_B, upEvent } from './fleet.ts';
import { createTestWorld } from './world.ts';

export interface LoadPlan {
  readonly client: MqttClient;
  readonly fleet: readonly FleetDevice[];
  /** Frames a second. */
  readonly rate: number;
  readonly random: World['random'];
}

export interface Load {
  /** Frames published so far, by DevEUI: counters 0 … n - 1. */
  readonly published: ReadonlyMap<string, number>;
  total(): number;
  /** Publishes no more; resolves when the broker has confirmed everything. */
  stop(): Promise<void>;
}

/** Publishes `rate` frames a second until told to stop; one in five is heard by a second gateway too. */
export function startLoad({ client, fleet, rate, random }: LoadPlan): Load {
  const published = new Map(fleet.map((device) => [device.devEui, 0]));
  const lastMs = new Map<string, number>();
  const unconfirmed = new Set<Promise<unknown>>();
  const startedMs = performance.now();
  let stopped = false;
  let sent = 0;
  const publish = (event: { topic: string; payload: Buffer }): void => {
    const confirmed = client.publishAsync(event.topic, event.payload, { qos: 1 });
    unconfirmed.add(confirmed);
    void confirmed.then(() => unconfirmed.delete(confirmed));
  };
  const send = (device: FleetDevice): void => {
    const fCnt = published.get(device.devEui) ?? 0;
    const frame = frameOf(device, fCnt);
    // A stalled publisher catches up in one go, and VictoriaMetrics takes two points of one millisecond for one.
    const timeMs = Math.max(Date.now(), (lastMs.get(device.devEui) ?? 0) + 1);
    lastMs.set(device.devEui, timeMs);
    publish(upEvent(frame, { gatewayId: GATEWAY_A, timeMs }));
    if (random() < 0.2) publish(upEvent(frame, { gatewayId: GATEWAY_B, marshaler: 'json', timeMs, snr: 3 }));
    published.set(device.devEui, fCnt + 1);
  };
  const loop = async (): Promise<void> => {
    while (!stopped) {
      const due = Math.floor(((performance.now() - startedMs) / 1_000) * rate);
      for (; sent < due; sent++) {
        const device = fleet[sent % fleet.length];
        if (device) send(device);
      }
      await sleep(4);
    }
  };
  const running = loop();
  return {
    published,
    total: () => sent,
    async stop() {
      stopped = true;
      await running;
      await Promise.all(unconfirmed);
    },
  };
}

/** The counters a place holds, by device. */
export type Holding = Map<string, number[]>;

export function addCounter(holding: Holding, device: string, fCnt: number): void {
  const list = holding.get(device);
  if (list) list.push(fCnt);
  else holding.set(device, [fCnt]);
}

/** Names every counter that is missing or there twice. */
export function ledgerFaults(
  place: string,
  published: ReadonlyMap<string, number>,
  holding: Holding,
): string[] {
  const found: string[] = [];
  for (const [device, count] of published) {
    const times = new Map<number, number>();
    for (const fCnt of holding.get(device) ?? []) times.set(fCnt, (times.get(fCnt) ?? 0) + 1);
    for (let fCnt = 0; fCnt < count; fCnt++) {
      const seen = times.get(fCnt) ?? 0;
      if (seen !== 1) found.push(`${place}: ${device} frame ${fCnt} is there ${seen} times`);
    }
    if (times.size > count) found.push(`${place}: ${device} has frames that were never sent`);
  }
  return found;
}

export interface Place {
  readonly holding: Holding;
  readonly lastSeq: number;
  /** Sequence numbers that do not follow one another. */
  readonly gaps: readonly string[];
}

/** The log in `dir`, which nobody else may have open. */
export async function inLog(dir: string): Promise<Place> {
  const store = openStore({ dir, world: createTestWorld() });
  const holding: Holding = new Map();
  const gaps: string[] = [];
  let lastSeq = 0;
  for (;;) {
    const records = store.log.readAfter(lastSeq, 5_000);
    if (records.length === 0) break;
    for (const record of records) {
      if (record.seq !== lastSeq + 1) gaps.push(`log: a gap between ${lastSeq} and ${record.seq}`);
      lastSeq = record.seq;
      if (record.kind === 'uplink' && record.device)
        addCounter(holding, record.device, uplinkBody(record).fCnt);
    }
  }
  await store.close();
  return { holding, lastSeq, gaps };
}

/** The Redis Stream `key`. */
export async function inStream(client: Redis, key: string): Promise<Place> {
  const holding: Holding = new Map();
  const gaps: string[] = [];
  let lastSeq = 0;
  let from = '-';
  for (;;) {
    const entries = await client.xrange(key, from, '+', 'COUNT', 5_000);
    if (entries.length === 0) break;
    for (const [id, fields] of entries) {
      const seq = Number(id.split('-')[1]);
      if (seq !== lastSeq + 1) gaps.push(`stream: a gap between ${lastSeq} and ${seq}`);
      lastSeq = seq;
      const value = (name: string) => fields[fields.indexOf(name) + 1] ?? '';
      if (value('kind') === 'uplink')
        addCounter(holding, value('device'), (JSON.parse(value('body')) as { fCnt: number }).fCnt);
      from = `(${id}`;
    }
  }
  return { holding, lastSeq, gaps };
}

/** Everything that is wrong with log and stream together. */
export function accountFaults(published: ReadonlyMap<string, number>, log: Place, stream: Place): string[] {
  return [
    ...log.gaps,
    ...stream.gaps,
    ...ledgerFaults('log', published, log.holding),
    ...ledgerFaults('stream', published, stream.holding),
    ...(log.lastSeq === stream.lastSeq
      ? []
      : [`the log ends at ${log.lastSeq}, the stream at ${stream.lastSeq}`]),
  ];
}
