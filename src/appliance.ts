/**
 * The composition root: makes every part from its section of the settings, starts them in order, stops them in reverse.
 * The only file that knows all rooms. The store must open and the pages must listen; everything else may be absent.
 */
import { readFileSync } from 'node:fs';
import type { Config } from './config/schema.ts';
import { parseTopic, SUBSCRIPTIONS } from './gateway/bridge/topics.ts';
import { createGateway, type Gateway } from './gateway/gateway.ts';
import { createMqttClientDoor } from './gateway/mqtt/client.ts';
import type { Door, InboundHandler } from './gateway/mqtt/door.ts';
import { createEmbeddedBroker, type EmbeddedBroker } from './gateway/mqtt/embedded.ts';
import { CODECS } from './ingest/codec/codec.ts';
import { type InfluxSettings, influxDefaults } from './ingest/influx/settings.ts';
import { createInfluxWriter } from './ingest/influx/writer.ts';
import { toRecord } from './ingest/reading.ts';
import type { Device } from './model/device.ts';
import type { ApplianceStatus } from './model/status.ts';
import { createTally } from './model/tally.ts';
import type { Part, World } from './model/world.ts';
import { createFold } from './ops/fold.ts';
import { createMetrics } from './ops/metrics.ts';
import { release, webFolder } from './ops/release.ts';
import type { Simulator } from './simulator/simulator.ts';
import type { Store } from './store/contract.ts';
import { openStore } from './store/store.ts';
import { createCentralSync } from './sync/central-sync.ts';
import type { CentralSyncSettings } from './sync/settings.ts';
import { folderAssets } from './ui/api/assets.ts';
import { createHttpServer } from './ui/api/server.ts';

export interface Appliance extends Part {
  /** Where the pages are, once started. */
  url(): string;
  status(): ApplianceStatus;
}

/** How long a stop waits for what came in to be stored and acknowledged; the rest stays with its sender. */
const DRAIN_MS = 2_000;

/** Makes the appliance and opens its store. Throws StoreError when the store cannot be opened. */
export async function createAppliance(config: Config, world: World): Promise<Appliance> {
  const startedMs = world.clock.nowMs();
  const { dir, commitMaxDelayMs } = config.store;
  const store = openStore({ dir, world, commitMaxDelayMs });
  const { version } = release();
  const refused = createTally();
  const fold = createFold(world);
  const gateway = createGateway({
    store,
    toRecord,
    dedupWindowMs: config.gateway.dedupWindowMs,
    refused,
    tell: (event, fields) =>
      fold(`${event} ${String(fields.reason)} ${String(fields.gateway ?? '')}`, (count) =>
        world.logger.warn(event, count > 1 ? { ...fields, count } : fields),
      ),
    world,
  });
  const door = createDoor(config, gateway.receive, world);
  const simulator = await simulatedSite(config, door, store, world);
  const influx = createInfluxWriter({
    store,
    settings: influxSettings(config),
    world,
    deviceName: (devEui) => store.devices.get(devEui)?.name ?? '',
  });
  const centre = createCentralSync({ store, settings: centreSettings(config), site: config.site.id, world });

  function status(): ApplianceStatus {
    return {
      site: config.site.name ?? config.site.id,
      version,
      startedMs,
      nowMs: world.clock.nowMs(),
      broker: { ...door.status(), kind: config.mqtt.mode, messages: gateway.messages() },
      influx: influx.status(),
      centre: centre.status(),
      store: store.status(),
      simulator: config.simulator.enabled,
      refused: refused.counts(),
    };
  }

  const { gateways, strangers } = gateway;
  const http = createHttpServer({
    ...config.http,
    store,
    status,
    gateways,
    strangers,
    metrics: createMetrics({ world, status, gateways, strangers }),
    codecs: CODECS,
    asset: folderAssets(webFolder()),
    world,
  });
  // Intake opens last and closes first; the store outlives everything.
  const parts: readonly Part[] = [http, influx, centre, intake(door, gateway, store, world), ...simulator];

  return {
    url: http.url,
    status,
    async start() {
      declareDevices(store, [...declaredDevices(config), ...simulator.flatMap((site) => site.devices())]);
      for (const part of parts) await part.start();
    },
    async stop() {
      for (const part of [...parts].reverse()) await part.stop();
      await store.close();
    },
  };
}

function createDoor(
  { mqtt, site }: Config,
  handle: InboundHandler,
  world: World,
): Door & Partial<EmbeddedBroker> {
  if (mqtt.mode === 'embedded') {
    return createEmbeddedBroker({
      host: mqtt.embeddedHost,
      port: mqtt.embeddedPort,
      wanted: (topic) => parseTopic(topic) !== undefined,
      handle,
      world,
    });
  }
  const { url = '', protocol, keepaliveS, username, password, caFile, certFile, keyFile } = mqtt;
  const read = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file, 'utf8'));
  return createMqttClientDoor({
    settings: {
      url,
      clientId: mqtt.clientId.replace('<site.id>', site.id),
      protocol,
      keepaliveS,
      username,
      password,
      tls: { ca: read(caFile), cert: read(certFile), key: read(keyFile) },
    },
    subscriptions: SUBSCRIPTIONS,
    handle,
    world,
  });
}

/** The door and what is behind it: nothing more comes in, then everything that did is stored and acknowledged. */
function intake(door: Door, gateway: Gateway, store: Store, world: World): Part {
  return {
    start: door.start,
    async stop() {
      const drained = gateway.drain();
      store.flush();
      await Promise.race([
        drained,
        new Promise<void>((resolve) => void world.clock.after(DRAIN_MS, resolve)),
      ]);
      await door.stop();
    },
  };
}

/** The simulated site, none unless it is to play; its code is loaded only then. */
async function simulatedSite(
  { mqtt, simulator }: Config,
  door: Partial<EmbeddedBroker>,
  store: Store,
  world: World,
): Promise<readonly Simulator[]> {
  if (!simulator.enabled) return [];
  const { createSimulator } = await import('./simulator/simulator.ts');
  const site = createSimulator({
    url: () => door.url?.() ?? mqtt.url ?? '',
    username: mqtt.username,
    password: mqtt.password,
    devices: simulator.devices,
    gateways: simulator.gateways,
    intervalMs: simulator.intervalS * 1_000,
    seed: simulator.seed,
    startFCnt: (devEui) => store.devices.get(devEui)?.nextFCntUp ?? 0,
    world,
  });
  return [site];
}

function influxSettings({ influx, site }: Config): InfluxSettings {
  return {
    url: influx.url ?? '',
    org: influx.org,
    bucket: influx.bucket,
    measurement: influx.measurement,
    token: influx.token ?? '',
    site: site.id,
    timeoutMs: influx.timeoutMs,
    batchRecords: influx.batchMaxRecords,
    batchBytes: influx.batchMaxBytes,
    flushMs: influx.batchMaxAgeMs,
    gzipFromBytes: influx.gzip ? influxDefaults.gzipFromBytes : 0,
    backlogShare: influxDefaults.backlogShare,
  };
}

function centreSettings({ centre }: Config): CentralSyncSettings {
  return {
    url: centre.url,
    sentinels: centre.sentinels?.map(hostAndPort),
    master: centre.masterName,
    username: centre.username,
    password: centre.password,
    sentinelPassword: centre.sentinelPassword,
    tls: centre.tls,
    caFile: centre.caFile,
    batchRecords: centre.batchMaxRecords,
    prefix: centre.streamPrefix,
  };
}

/** 'host:port', an IPv6 address in brackets: checked by the settings. */
function hostAndPort(text: string): { readonly host: string; readonly port: number } {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}

function declaredDevices({ devices }: Config): Device[] {
  return devices.map(({ devEui, name, codec, devAddr, nwkSKey, appSKey }) => ({
    devEui,
    name: name ?? devEui,
    codec,
    origin: 'config',
    ...(devAddr && nwkSKey && appSKey ? { abp: { devAddr, nwkSKey, appSKey } } : {}),
  }));
}

/** Writes the devices of the settings into the store; those that have gone from the settings go from the store. */
function declareDevices(store: Store, declared: readonly Device[]): void {
  const names = new Set(declared.map(({ devEui }) => devEui));
  for (const { devEui, origin } of store.devices.list()) {
    if (origin === 'config' && !names.has(devEui)) store.devices.remove(devEui);
  }
  for (const device of declared) store.devices.put(device);
}
