/**
 * The composition root: makes every part from its section of the settings, starts them in order, stops them in reverse.
 * The only file that knows all rooms. The store must open and the pages must listen; everything else may be absent.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClockProbe } from './clock/clock-probe.ts';
import { createTimekeeper } from './clock/timekeeper.ts';
import type { Config, DeviceConfig } from './config/schema.ts';
import { createDeviceImportService } from './devices/device-import-service.ts';
import { parseTopic, SUBSCRIPTIONS } from './gateway/bridge/topics.ts';
import { createGateway, type Gateway, type GatewayOptions } from './gateway/gateway.ts';
import { createMqttClient } from './gateway/mqtt/client.ts';
import { createEmbeddedBroker, type EmbeddedBroker } from './gateway/mqtt/embedded.ts';
import type { InboundHandler, MqttTransport } from './gateway/mqtt/transport.ts';
import { createCodecService } from './ingest/codec/codec-service.ts';
import { createCodecs } from './ingest/codec/codecs.ts';
import { openStoppedScripts } from './ingest/codec/stopped-file.ts';
import { createInfluxWriter } from './ingest/influx/writer.ts';
import { createQuarantineService } from './ingest/quarantine-service.ts';
import { toRecord } from './ingest/reading.ts';
import type { Device, LinkSettings } from './model/device.ts';
import { createReasonCounters } from './model/reason-counters.ts';
import type { ApplianceStatus } from './model/status.ts';
import type { Part, World } from './model/world.ts';
import { createLiveness, type Liveness } from './ops/liveness.ts';
import { createLogThrottle } from './ops/log-throttle.ts';
import { createMetrics } from './ops/metrics.ts';
import { release, webFolder } from './ops/release.ts';
import { createCertificateSource, ownNames } from './ops/tls-source.ts';
import type { Simulator } from './simulator/simulator.ts';
import type { Store } from './store/contract.ts';
import { openStore } from './store/store.ts';
import { openUsers } from './store/tables/users.ts';
import { createCentralSync, isConfigured } from './sync/central-sync.ts';
import { type AccessControl, createAccessControl, openAccess } from './ui/access/access-control.ts';
import { isLoopback } from './ui/access/client.ts';
import { folderAssets } from './ui/http/assets.ts';
import { createHttpServer } from './ui/http/server.ts';
import type { TlsSource } from './ui/http/tls.ts';
import { createApp } from './ui/routes/app.ts';

export interface Appliance extends Part {
  /** Where the pages are, once started. */
  url(): string;
  status(): ApplianceStatus;
  /** Why it does not do its work, undefined when it does; other servers being away does not count. */
  check(): Promise<string | undefined>;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** How long a stop waits for what came in to be stored and acknowledged; the rest stays with its sender. */
const DRAIN_MS = 2_000;

/** Makes the appliance and opens its store. Throws StoreError when the store cannot be opened. */
export async function createAppliance(
  config: Config,
  world: World,
  fatal: (error: Error) => void = (error) => {
    throw error;
  },
): Promise<Appliance> {
  const startedMs = world.clock.nowMs();
  const { dir, commitMaxDelayMs } = config.store;
  const timekeeper = createTimekeeper({
    world,
    probe: createClockProbe(world),
    policy: config.time.trust,
    holdMs: config.time.holdDays * DAY_MS,
  });
  const timeKnown = () => timekeeper.status().state === 'ok';
  const store = openStore({
    dir,
    world,
    commitMaxDelayMs,
    stamp: timekeeper.stamp,
    keyFile: config.store.keyFile,
    maxBytes: config.store.maxBytes,
    maxAgeDays: config.store.maxAgeDays,
    reserveBytes: config.store.reserveBytes,
    dailyBudgetBytes: config.store.dailyWriteBudgetBytes,
    enduranceBytes: config.store.cardEnduranceBytes,
    readers: configuredSinks(config),
    timeKnown,
    onDamaged: fatal,
  });
  timekeeper.attach(store);
  const { version } = release();
  const refused = createReasonCounters();
  const tell = createTell(world);
  const stopped = openStoppedScripts(join(dir, 'stopped-codecs.json'));
  const codecs = createCodecs({
    clock: world.clock,
    onHeld(codec, source) {
      world.logger.error('codec.held', { codec, hint: 'it did not come back and was ended: replace it' });
      stopped.add(codec, source);
    },
  });
  const scripts = createCodecService({ codecs, store, folder: config.codecs.dir, stopped, world });
  const gateway = createGateway({
    store,
    toRecord: (uplink, device) =>
      toRecord(uplink, device, codecs.decode, store.profiles.get(device?.profile ?? '')),
    profileOf: store.profiles.get,
    noteGatewayTime: timekeeper.noteGatewayTime,
    config: config.gateway,
    publish: (topic, payload) => transport.publish(topic, payload),
    topicPrefixes: config.mqtt.topicPrefixes,
    ownTime: timekeeper.ownTime,
    refused,
    logEvent: tell,
    world,
  });
  const liveness = createLiveness({
    barrier: () => store.commit({}),
    storeState: store.status,
    clock: world.clock,
  });
  const transport = createTransport(config, watched(gateway.receive, liveness), tell, world);
  const simulator = await simulatedSite(config, transport, store, world);
  const influx = createInfluxWriter({
    store,
    config: config.influx,
    site: config.site.id,
    world,
    dating: timekeeper,
    deviceName: (devEui) => store.devices.get(devEui)?.name ?? '',
  });
  const centre = createCentralSync({ store, config: config.centre, site: config.site.id, world });

  function status(): ApplianceStatus {
    return {
      site: config.site.name ?? config.site.id,
      version,
      startedMs,
      nowMs: timekeeper.nowMs(),
      broker: { ...transport.status(), kind: config.mqtt.mode, messages: gateway.messages() },
      influx: influx.status(),
      centre: centre.status(),
      store: store.status(),
      time: timekeeper.status(),
      simulator: config.simulator.enabled,
      refused: refused.counts(),
    };
  }

  const { gateways, unknownDevices: strangers } = gateway;
  const quarantine = createQuarantineService({ store, world, sinks: { influx: influx.replay } });
  const access = createAccess(config, world);
  const tls = certificateSource(config, world);
  const { host, port, trustedProxies, names, hstsDays } = config.http;
  const site = createApp({
    trustedProxies,
    // Browsers heed it only where it comes by TLS.
    ...(tls ? { hstsDays } : {}),
    names: [...names, ...ownNames()],
    access,
    ...(tls ? { tls } : {}),
    store,
    quarantine,
    status,
    timeOf: timekeeper.timeOf,
    nowMs: timekeeper.nowMs,
    gateways,
    unknownDevices: strangers,
    downlinks: gateway.downlinks,
    metrics: createMetrics({ world, status, gateways, unknownDevices: strangers }),
    codecs: codecs.names,
    scripts,
    onboarding: createDeviceImportService({ store, codecs: codecs.names }),
    asset: folderAssets(webFolder()),
    world,
  });
  const http = createHttpServer({ world, host, port, ...(tls ? { tls } : {}), ...site });
  // The time comes first, so that readings need no second date where the clock is right. Intake opens last and closes first;
  // the store outlives everything.
  const parts: readonly Part[] = [
    timekeeper,
    scripts,
    access,
    http,
    influx,
    centre,
    intake(transport, gateway, store, world),
    ...simulator,
  ];

  return {
    url: http.url,
    status,
    check: liveness.check,
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

/** `handle`, counting what comes in and what of it gets through. */
function watched(handle: InboundHandler, { took }: Liveness): InboundHandler {
  return (message) => {
    const passed = took();
    const ack = (): void => {
      passed();
      message.ack();
    };
    handle({ ...message, ack });
  };
}

/** Who is let in. The users are opened only where there is somebody to tell apart. */
function createAccess({ http, access, store: { dir } }: Config, world: World): AccessControl & Part {
  const local = isLoopback(http.host);
  const auto = local && http.trustedProxies.length === 0 ? 'open' : 'required';
  if ((access.mode === 'auto' ? auto : access.mode) === 'open') {
    const exposed = auto !== 'open';
    if (exposed) world.logger.warn('access.open', { hint: 'everybody who reaches this box may change it' });
    return { ...openAccess(exposed), start: async () => {}, stop: async () => {} };
  }
  const { users, close } = openUsers(dir, {
    onDamaged: (setAside) =>
      world.logger.error('access.users_damaged', { setAside, hint: 'the box is unclaimed now' }),
  });
  const times = { idleMs: access.sessionIdleH * HOUR_MS, maxMs: access.sessionMaxDays * DAY_MS };
  const control = createAccessControl({ users, times, world });
  return {
    ...control,
    async stop() {
      await control.stop();
      close();
    },
  };
}

/** The certificate to serve with, undefined for plain HTTP. */
function certificateSource({ http, store: { dir } }: Config, world: World): TlsSource | undefined {
  const { tls, certFile, keyFile, names } = http;
  const files =
    certFile !== undefined && keyFile !== undefined ? { cert: certFile, key: keyFile } : undefined;
  const local = isLoopback(http.host);
  const auto = files ? 'files' : local ? 'off' : 'self';
  switch (tls === 'auto' ? auto : tls) {
    case 'off':
      if (!local && http.trustedProxies.length === 0) {
        const hint = 'passwords cross the network in the clear: set http.tls, or http.trusted_proxies';
        world.logger.warn('http.plain', { hint });
      }
      return undefined;
    case 'self':
      return createCertificateSource({ dir, names, world });
    default:
      return createCertificateSource({ dir, names, world, ...(files ? { files } : {}) });
  }
}

/** Says of each kind of trouble once in a while how often it came. */
function createTell(world: World): GatewayOptions['logEvent'] {
  const fold = createLogThrottle(world);
  return (event, fields) =>
    fold(`${event} ${String(fields.reason)} ${String(fields.gateway ?? '')}`, (count) =>
      world.logger[event === 'gateway.online' ? 'info' : 'warn'](
        event,
        count > 1 ? { ...fields, count } : fields,
      ),
    );
}

function createTransport(
  { mqtt, site }: Config,
  handle: InboundHandler,
  tell: GatewayOptions['logEvent'],
  world: World,
): MqttTransport & Partial<EmbeddedBroker> {
  if (mqtt.mode === 'embedded') {
    return createEmbeddedBroker({
      host: mqtt.embeddedHost,
      port: mqtt.embeddedPort,
      wanted: (topic) => parseTopic(topic) !== undefined,
      handle,
      tell,
      world,
    });
  }
  const { url = '', protocol, keepaliveS, username, password, caFile, certFile, keyFile } = mqtt;
  const read = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file, 'utf8'));
  return createMqttClient({
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
function intake(transport: MqttTransport, gateway: Gateway, store: Store, world: World): Part {
  return {
    start: transport.start,
    async stop() {
      const drained = gateway.drain();
      store.flush();
      await Promise.race([
        drained,
        new Promise<void>((resolve) => void world.clock.after(DRAIN_MS, resolve)),
      ]);
      await transport.stop();
    },
  };
}

/** The simulated site, none unless it is to play; its code is loaded only then. */
async function simulatedSite(
  { mqtt, simulator }: Config,
  transport: Partial<EmbeddedBroker>,
  store: Store,
  world: World,
): Promise<readonly Simulator[]> {
  if (!simulator.enabled) return [];
  const { createSimulator } = await import('./simulator/simulator.ts');
  const site = createSimulator({
    url: () => transport.url?.() ?? mqtt.url ?? '',
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

/** The readers of the log that somebody has asked for: what they have not taken is undelivered. */
function configuredSinks({ influx, centre }: Config): string[] {
  return [...(influx.url ? ['influx'] : []), ...(isConfigured(centre) ? ['centre'] : [])];
}

function declaredDevices({ devices }: Config): Device[] {
  return devices.map(({ devEui, name, codec, devAddr, nwkSKey, appSKey, joinEui, appKey, ...radio }) => ({
    devEui,
    name: name ?? devEui,
    codec,
    origin: 'config',
    ...(devAddr && nwkSKey && appSKey ? { abp: { devAddr, nwkSKey, appSKey } } : {}),
    ...(joinEui && appKey ? { otaa: { joinEui, appKey } } : {}),
    ...linkOf(radio),
  }));
}

/** What a device of the settings says of its radio; nothing when it says nothing. */
function linkOf(
  radio: Pick<DeviceConfig, 'macVersion' | 'class' | 'adr' | 'rx1DelayS' | 'allowCounterReset'>,
): { link?: LinkSettings } {
  const { class: deviceClass, ...rest } = radio;
  const link = { ...rest, ...(deviceClass === undefined ? {} : { deviceClass }) };
  return Object.keys(link).length === 0 ? {} : { link };
}

/** Writes the devices of the settings into the store; those that have gone from the settings go from the store. */
function declareDevices(store: Store, declared: readonly Device[]): void {
  const names = new Set(declared.map(({ devEui }) => devEui));
  for (const { devEui, origin } of store.devices.list()) {
    if (origin === 'config' && !names.has(devEui)) store.devices.remove(devEui);
  }
  for (const device of declared) store.devices.put(device);
}
