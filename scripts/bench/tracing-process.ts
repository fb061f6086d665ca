/**
 * A process that takes frames through the box's code three times in turn, without the hooks of tracing, with tracing off and on, and
 * prints the processor time of each block: one heap and one compiler for all, so that neither is luck. Arguments: the three copies of
 * the sources, the address for spans, the Redis of the centre, rounds, frames a block.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Inbound } from '../../src/gateway/mqtt/transport.ts';
import type { InfluxClient } from '../../src/ingest/influx/client.ts';
import { DEFAULTS } from '../../test/support/config.ts';
import { createFleet, frameOf, upEvent } from '../../test/support/fleet.ts';
import { temporaryFolder } from '../../test/support/process.ts';
import { createTestWorld } from '../../test/support/world.ts';

const [without = '', off = '', on = '', endpoint = '', redis = '', rounds = '', frames = ''] =
  process.argv.slice(2);
const COPIES = { without, off, on };
const KINDS = ['without', 'off', 'on'] as const;
const fleet = createFleet(100, 'tracing');

/** It takes everything at once: what is measured is the box. */
const TAKES_ALL: InfluxClient = {
  write: () => Promise.resolve({ status: 204, body: '' }),
  close: () => undefined,
};

async function roomsOf(copy: string) {
  const from = (path: string) => import(join(copy, 'src', path));
  const [store, gateway, reading, codecs]: [
    typeof import('../../src/store/store.ts'),
    typeof import('../../src/gateway/gateway.ts'),
    typeof import('../../src/ingest/reading.ts'),
    typeof import('../../src/ingest/codec/codecs.ts'),
  ] = await Promise.all(
    ['store/store.ts', 'gateway/gateway.ts', 'ingest/reading.ts', 'ingest/codec/codecs.ts'].map(from),
  ).then(([a, b, c, d]) => [a, b, c, d]);
  const writer: typeof import('../../src/ingest/influx/writer.ts') = await from('ingest/influx/writer.ts');
  const sync: typeof import('../../src/sync/site/central-sync.ts') = await from('sync/site/central-sync.ts');
  const tracing: typeof import('../../src/ops/tracing/tracing.ts') = await from('ops/tracing/tracing.ts');
  const reasons: typeof import('../../src/model/reason-counters.ts') = await from('model/reason-counters.ts');
  const world: typeof import('../../src/ops/world.ts') = await from('ops/world.ts');
  return {
    ...store,
    ...gateway,
    ...reading,
    ...codecs,
    ...writer,
    ...sync,
    ...tracing,
    ...reasons,
    ...world,
  };
}

/** Gives what takes a block of frames through the box until both sinks have them. */
async function startBox(kind: (typeof KINDS)[number], dir: string) {
  const rooms = await roomsOf(COPIES[kind]);
  const world = rooms.createWorld(createTestWorld().logger);
  const store = rooms.openStore({ dir, world });
  for (const { devEui, name, devAddr, nwkSKey, appSKey } of fleet)
    store.devices.put({
      ...{ devEui, name, codec: 'cayenne', origin: 'config' },
      abp: { devAddr, nwkSKey, appSKey },
    });
  const tracing =
    kind === 'on'
      ? rooms.siteTracing({ ...DEFAULTS.tracing, endpoint }, { site: kind, epoch: store.epoch }, world)
      : undefined;
  const tracer = tracing?.tracer;
  const { decode } = rooms.createCodecs(world);
  const gateway = rooms.createGateway({
    ...{ store, world, tracer, config: DEFAULTS.gateway, refused: rooms.createReasonCounters() },
    toRecord: (uplink, device) => rooms.toRecord(uplink, device, decode),
    logEvent: () => {},
  });
  const influx = rooms.createInfluxWriter({
    ...{ store, world, tracer, site: kind, deviceName: () => '' },
    config: {
      ...DEFAULTS.influx,
      batchMaxAgeMs: 10,
      url: 'http://influx',
      org: 'o',
      bucket: 'b',
      token: 't',
    },
    connect: () => Promise.resolve(TAKES_ALL),
  });
  const centre = rooms.createCentralSync({
    ...{ store, world, tracer, site: kind, config: { ...DEFAULTS.centre, url: redis } },
    limits: { maxDelayMs: 10 },
  });
  for (const part of [tracing, influx, centre]) await part?.start();
  let sent = 0;
  return {
    async block(count: number): Promise<void> {
      const acknowledged = Promise.withResolvers<void>();
      let open = count;
      const ack = (): void => {
        open -= 1;
        if (open === 0) acknowledged.resolve();
      };
      for (let n = 0; n < count; n++, sent++) {
        const device = fleet[sent % fleet.length];
        if (!device) return;
        const event = upEvent(frameOf(device, Math.floor(sent / fleet.length)));
        const inbound: Inbound = { ...event, qos: 1, retained: false, ack };
        gateway.receive(inbound);
      }
      await acknowledged.promise;
      while (influx.status().pending > 0 || centre.status().pending > 0) await sleep(5);
    },
    async stop(): Promise<void> {
      await gateway.drain();
      for (const part of [influx, centre, tracing]) await part?.stop();
      await store.close();
    },
  };
}

const folder = temporaryFolder();
const boxes = new Map<string, Awaited<ReturnType<typeof startBox>>>();
for (const kind of KINDS) boxes.set(kind, await startBox(kind, join(folder.path, kind)));
// What is compiled and first seen in the first rounds is not what a box spends for years.
const warmUp = Math.ceil(Number(rounds) / 4);
for (let round = -warmUp; round < Number(rounds); round++) {
  const seconds: Record<string, number> = {};
  // Each comes first as often as the others.
  for (let at = 0; at < KINDS.length; at++) {
    const kind = KINDS[(at + round + warmUp) % KINDS.length] ?? 'off';
    const before = process.cpuUsage();
    await boxes.get(kind)?.block(Number(frames));
    const { user, system } = process.cpuUsage(before);
    seconds[kind] = (user + system) / 1e6;
  }
  if (round >= 0) console.log(JSON.stringify(seconds));
}
for (const box of boxes.values()) await box.stop();
folder.remove();
