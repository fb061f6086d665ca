/**
 * The composition root: makes every part from its section of the settings, starts them in order, stops them in reverse.
 * The only file that knows all rooms. The store must open and the pages must listen; everything else may be absent.
 */
import { join } from 'node:path';
import { createClockProbe } from './clock/clock-probe.ts';
import { createTimekeeper, type Timekeeper } from './clock/timekeeper.ts';
import type { Config } from './config/schema.ts';
import { declareDevices, declaredDevices } from './devices/declared-devices.ts';
import { createDeviceImportService } from './devices/device-import-service.ts';
import { parseTopic, SUBSCRIPTIONS } from './gateway/bridge/topics.ts';
import { createGateway, type Gateway, type GatewayOptions } from './gateway/gateway.ts';
import { createMqttClient } from './gateway/mqtt/client.ts';
import { createEmbeddedBroker, type EmbeddedBroker } from './gateway/mqtt/embedded.ts';
import type { InboundHandler, MqttTransport } from './gateway/mqtt/transport.ts';
import { type CodecService, createCodecService } from './ingest/codec/codec-service.ts';
import { type Codecs, createCodecs } from './ingest/codec/codecs.ts';
import { openStoppedScripts } from './ingest/codec/stopped-file.ts';
import { createDeviceNames } from './ingest/influx/device-names.ts';
import { createInfluxWriter, type InfluxWriter } from './ingest/influx/writer.ts';
import { createQuarantineService } from './ingest/quarantine-service.ts';
import { toRecord } from './ingest/reading.ts';
import { createReasonCounters, type ReasonCounters } from './model/reason-counters.ts';
import type { ApplianceStatus } from './model/status.ts';
import type { Part, World } from './model/world.ts';
import { type BackupService, createBackupService } from './ops/backups/service.ts';
import { createLiveness, type Liveness } from './ops/liveness.ts';
import { createEventLog } from './ops/log-throttle.ts';
import { createMetrics } from './ops/metrics.ts';
import { release, webFolder } from './ops/release.ts';
import { tlsOfSettings } from './ops/tls-of-settings.ts';
import { type CertificateSource, ownNames } from './ops/tls-source.ts';
import type { Simulator } from './simulator/simulator.ts';
import { brokerUsersFile } from './store/broker-users.ts';
import type { Store } from './store/contract.ts';
import { openStoreInTurns } from './store/store.ts';
import { type CentralSync, createCentralSync, isConfigured } from './sync/site/central-sync.ts';
import type { AccessControl } from './ui/access/access-control.ts';
import { accessOfSettings } from './ui/access/access-of-settings.ts';
import { folderAssets } from './ui/http/assets.ts';
import { createRequestTimes } from './ui/http/request-times.ts';
import { createHttpServer } from './ui/http/server.ts';
import { createStartingPages } from './ui/http/starting.ts';
import { createApp } from './ui/routes/app.ts';
import { createDeviceFreshness } from './ui/routes/device-freshness.ts';

export interface Appliance extends Part {
  /** Where the pages are, once started. */
  url(): string;
  status(): ApplianceStatus;
  /** Why it does not do its work, undefined when it does; other servers being away does not count. */
  check(): Promise<string | undefined>;
}

/** The broker of others, or ours, which has an address of its own. */
type Transport = MqttTransport & Partial<EmbeddedBroker>;

/** How long a stop waits for what came in to be stored and acknowledged; the rest stays with its sender. */
const DRAIN_MS = 2_000;

/** What the process around the appliance wants to hear or may decide. */
export interface Supervision {
  /** The store was found damaged in use. */
  readonly fatal?: (error: Error) => void;
  /** The store is being repaired, by so many percent; what it throws ends the start, and the next one goes on there. */
  readonly repairing?: (percent: number) => void;
  /** The files the settings are from, for backups. */
  readonly settings?: readonly string[];
}

/** The time zone of this machine. */
const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Makes the appliance and opens its store. Throws StoreError when the store cannot be opened. */
export async function createAppliance(
  config: Config,
  world: World,
  supervision: Supervision = {},
): Promise<Appliance> {
  const startedMs = world.clock.nowMs();
  const timekeeper = createTimekeeper({
    world,
    probe: createClockProbe(world),
    config: config.time,
  });
  const store = await openLog(config, timekeeper, supervision, world);
  const core: Core = { config, world, store, timekeeper, refused: createReasonCounters() };
  const codecs = openCodecs(core);
  const intake = createIntake(core, codecs);
  const simulator = await simulatedSite(core, intake.transport);
  const influx = createInfluxWriter({
    store,
    config: config.influx,
    site: config.site.id,
    world,
    dating: timekeeper,
    deviceName: createDeviceNames(store, world.logger),
  });
  const centre = createCentralSync({ store, config: config.centre, site: config.site.id, world });
  const backup = createBackupService({
    config: config.backup,
    store: config.store,
    site: config.site.id,
    settings: supervision.settings ?? [],
    version: release().version,
    world,
  });
  const status = (): ApplianceStatus => statusOf(core, startedMs, { intake, influx, centre, backup });
  const access = accessOfSettings({ ...config, dir: config.store.dir, world });
  const source = tlsOfSettings(config.http, config.store.dir, world);
  const tls = source ? [source] : [];
  const http = createPages(core, { codecs, gateway: intake.gateway, influx, access, status, source });
  // The time comes first, so that readings need no second date where the clock is right. Intake opens last and closes first;
  // the store outlives everything.
  const parts = [
    timekeeper,
    codecs.scripts,
    access,
    ...tls,
    http,
    influx,
    centre,
    backup,
    intake,
    ...simulator,
  ];
  let isStopping = false;

  return {
    url: http.url,
    status,
    check: intake.liveness.check,
    async start() {
      const played = simulator.flatMap((site) => site.devices());
      declareDevices(store, [...declaredDevices(config.devices), ...played]);
      for (const part of parts) if (!isStopping) await part.start();
    },
    async stop() {
      isStopping = true;
      for (const part of [...parts].reverse()) await part.stop();
      await store.close();
    },
  };
}

/** What everything is made from. */
interface Core {
  readonly config: Config;
  readonly world: World;
  readonly store: Store;
  readonly timekeeper: Timekeeper;
  /** What was refused at the gate, by reason. */
  readonly refused: ReasonCounters;
}

/** Opens the store; while it is being repaired, the port answers that, so that nobody takes the box for dead. */
async function openLog(
  config: Config,
  timekeeper: Timekeeper,
  { fatal = throwOn, repairing }: Supervision,
  world: World,
): Promise<Store> {
  const { host, port, names } = config.http;
  const starting = createStartingPages({
    ...{ world, host, port, names: [...names, ...ownNames()], version: release().version },
    tls: () => tlsOfSettings(config.http, config.store.dir, world),
  });
  try {
    const options = {
      ...config.store,
      world,
      stamp: timekeeper.stamp,
      readers: configuredSinks(config),
      timeKnown: () => timekeeper.status().state === 'ok',
      onDamaged: fatal,
      onLost: fatal,
    };
    const store = await openStoreInTurns(options, async ({ percent }) => {
      await starting.show(percent);
      repairing?.(percent);
    });
    timekeeper.attach(store);
    return store;
  } finally {
    await starting.stop();
  }
}

function throwOn(error: Error): never {
  throw error;
}

/** The readers of the log that somebody has asked for: what they have not taken is undelivered. */
function configuredSinks({ influx, centre }: Config): string[] {
  return [...(influx.url ? ['influx'] : []), ...(isConfigured(centre) ? ['centre'] : [])];
}

interface OpenCodecs {
  readonly codecs: Codecs;
  readonly scripts: CodecService;
}

function openCodecs({ config, store, world }: Core): OpenCodecs {
  const stopped = openStoppedScripts(join(config.store.dir, 'stopped-codecs.json'));
  const codecs = createCodecs({
    clock: world.clock,
    onHeld(codec, source) {
      world.logger.error('codec.held', { codec, hint: 'it did not come back and was ended: replace it' });
      stopped.add(codec, source);
    },
  });
  const scripts = createCodecService({ codecs, store, folder: config.codecs.dir, stopped, world });
  return { codecs, scripts };
}

interface Intake extends Part {
  readonly gateway: Gateway;
  readonly transport: Transport;
  readonly liveness: Liveness;
}

/** The transport and what is behind it. A stop: nothing more comes in, then everything that did is stored and acknowledged. */
function createIntake(
  { config, store, timekeeper, refused, world }: Core,
  { codecs: { decode } }: OpenCodecs,
): Intake {
  const logEvent = createEventLog(world);
  const gateway = createGateway({
    store,
    config: config.gateway,
    toRecord: (uplink, device) => toRecord(uplink, device, decode, store.profiles.get(device?.profile ?? '')),
    profileOf: store.profiles.get,
    noteGatewayTime: timekeeper.noteGatewayTime,
    ownTime: timekeeper.ownTime,
    publish: (topic, payload) => transport.publish(topic, payload),
    topicPrefixes: config.mqtt.topicPrefixes,
    refused,
    logEvent,
    world,
  });
  const liveness = createLiveness({
    barrier: () => store.commit({}),
    storeState: store.status,
    clock: world.clock,
  });
  const transport = createTransport(config, watched(gateway.receive, liveness), logEvent, world);
  return {
    gateway,
    transport,
    liveness,
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

interface Reporting {
  readonly intake: Intake;
  readonly influx: InfluxWriter;
  readonly centre: CentralSync;
  readonly backup: BackupService;
}

function statusOf(
  { config, store, timekeeper, refused }: Core,
  startedMs: number,
  { intake: { transport, gateway }, influx, centre, backup }: Reporting,
): ApplianceStatus {
  return {
    site: config.site.name ?? config.site.id,
    version: release().version,
    startedMs,
    nowMs: timekeeper.nowMs(),
    timeZone: config.site.timeZone ?? OWN_ZONE,
    broker: {
      ...transport.status(),
      kind: config.mqtt.mode,
      messages: gateway.messages(),
      ...(transport.reach ? { reach: transport.reach() } : {}),
    },
    influx: influx.status(),
    centre: centre.status(),
    store: store.status(),
    time: timekeeper.status(),
    backup: backup.status(),
    simulator: config.simulator.enabled,
    refused: refused.counts(),
  };
}

interface Shown {
  readonly codecs: OpenCodecs;
  readonly gateway: Gateway;
  readonly influx: InfluxWriter;
  readonly access: AccessControl;
  readonly source: CertificateSource | undefined;
  readonly status: () => ApplianceStatus;
}

/** The web server with the pages and the API. */
function createPages(
  { config, store, timekeeper, world }: Core,
  { codecs: { codecs, scripts }, gateway, influx, access, status, source }: Shown,
) {
  const { host, port, trustedProxies, names, hstsDays } = config.http;
  const tls = source ? { tls: source } : {};
  const { gateways, unknownDevices, downlinks } = gateway;
  const { timeOf, nowMs } = timekeeper;
  const requests = createRequestTimes();
  const app = createApp({
    ...tls,
    trustedProxies,
    // Browsers heed it only where it comes by TLS.
    ...(source ? { hstsDays } : {}),
    names: [...names, ...ownNames()],
    access,
    store,
    quarantine: createQuarantineService({ store, world, sinks: { influx: influx.replay } }),
    influx: influx.upkeep,
    status,
    timeOf,
    nowMs,
    requests,
    gateways,
    unknownDevices,
    downlinks,
    metrics: createMetrics({
      ...{ world, status, gateways, unknownDevices, requests },
      freshness: createDeviceFreshness({ store, world, timeOf, nowMs }),
      devices: store.devices.list,
      certificate: () => source?.current().cert,
    }),
    codecs: codecs.names,
    scripts,
    onboarding: createDeviceImportService({ store, codecs: codecs.names }),
    asset: folderAssets(webFolder()),
    world,
  });
  return createHttpServer({ world, host, port, ...tls, ...app });
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

function createTransport(
  { mqtt, site, store }: Config,
  handle: InboundHandler,
  logEvent: GatewayOptions['logEvent'],
  world: World,
): Transport {
  if (mqtt.mode === 'external') {
    const sessionFile = join(store.dir, 'broker-session.json');
    const own = { config: mqtt, site: site.id, sessionFile };
    return createMqttClient({ ...own, subscriptions: SUBSCRIPTIONS, handle, world });
  }
  const wanted = (topic: string) => parseTopic(topic) !== undefined;
  const usersFile = brokerUsersFile(store.dir);
  return createEmbeddedBroker({ config: mqtt, usersFile, wanted, handle, tell: logEvent, world });
}

/** The simulated site, none unless it is to play; its code is loaded only then. */
async function simulatedSite(
  { config: { mqtt, simulator }, store, world }: Core,
  transport: Transport,
): Promise<readonly Simulator[]> {
  if (!simulator.enabled) return [];
  const { createSimulator } = await import('./simulator/simulator.ts');
  const site = createSimulator({
    url: () => transport.url?.() ?? mqtt.url ?? '',
    ...(transport.login ?? { username: mqtt.username, password: mqtt.password }),
    config: simulator,
    startFCnt: (devEui) => store.devices.get(devEui)?.nextFCntUp ?? 0,
    world,
  });
  return [site];
}
