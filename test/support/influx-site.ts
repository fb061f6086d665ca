/** A writer, a store and an InfluxDB that is played, made anew for each test of the file that asks for them. */

import { afterEach, beforeEach, expect } from 'vitest';
import type { InfluxConfig } from '../../src/config/schema.ts';
import { createInfluxWriter, type InfluxWriter } from '../../src/ingest/influx/writer.ts';
import type { InfluxStatus } from '../../src/model/status.ts';
import { DEFAULTS } from './config.ts';
import { createInfluxAdmin, type InfluxAdmin } from './influx-admin.ts';
import {
  createInfluxFake,
  type InfluxFake,
  type ParsedPoint,
  type ServedFake,
  serveInfluxFake,
} from './influx-fake.ts';
import { createMemoryStore, type MemoryStore, uplinkRecord } from './memory-store.ts';
import { eventually } from './process.ts';
import { createTestWorld, type TestWorld } from './world.ts';

export const START_MS = Date.UTC(2026, 0, 1);

export interface InfluxSite {
  readonly fake: InfluxFake;
  readonly served: ServedFake;
  readonly admin: InfluxAdmin;
  readonly store: MemoryStore;
  readonly world: TestWorld;
  readonly writers: InfluxWriter[];
}

/** Sees to it that each test has a site of its own, which `take` is given; its writers are stopped afterwards. */
export function useInfluxSite(take: (site: InfluxSite) => void): void {
  let site: InfluxSite;
  beforeEach(async () => {
    const fake = createInfluxFake();
    const admin = createInfluxAdmin();
    // The token may write, no more: a missing bucket stays missing.
    admin.rights.buckets = false;
    const served = await serveInfluxFake(fake, 0, admin);
    site = { fake, served, admin, store: createMemoryStore(), world: createTestWorld(START_MS), writers: [] };
    take(site);
  });
  afterEach(async () => {
    await Promise.all(site.writers.map((writer) => writer.stop()));
    await site.served.close();
  });
}

/** A started writer of the site; `changes` to its settings. */
export async function startWriter(
  { served, store, world, writers }: InfluxSite,
  changes: Partial<InfluxConfig> = {},
): Promise<InfluxWriter> {
  const config = { ...DEFAULTS.influx, url: served.url, org: 'org', bucket: 'bucket', token: 'secret-token' };
  const writer = createInfluxWriter({
    store,
    world,
    config: { ...config, ...changes },
    site: 'hill',
    deviceName: (devEui) => `Sensor ${devEui}`,
  });
  writers.push(writer);
  await writer.start();
  return writer;
}

/** Appends `count` readings, of two devices in turn. */
export function appendReadings({ store }: InfluxSite, count: number): void {
  store.append(
    Array.from({ length: count }, (_, index) => uplinkRecord(`a${index % 2}`, START_MS + index, { index })),
  );
}

/** Lets time pass until nothing is left to deliver. */
export function untilDrained(site: InfluxSite, writer: InfluxWriter): Promise<InfluxStatus> {
  return untilStatus(site, writer, 'nothing pending', ({ pending }) => pending === 0);
}

/** The readings that InfluxDB has. */
export function writtenReadings({ fake }: InfluxSite): ParsedPoint[] {
  return [...fake.points.values()].filter(({ measurement }) => measurement === 'reading');
}

/** Lets time pass, `stepMs` at a step, until `check` holds. The sums of the status hold all the time. */
export function untilStatus(
  { world }: InfluxSite,
  writer: InfluxWriter,
  what: string,
  check: (status: InfluxStatus) => boolean,
  stepMs = 20,
): Promise<InfluxStatus> {
  return eventually(what, () => {
    world.advance(stepMs);
    const status = writer.status();
    expect(status.accepted).toBe(status.delivered + status.pending + status.quarantined + status.expired);
    return check(status) && status;
  });
}
