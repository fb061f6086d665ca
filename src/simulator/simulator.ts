/**
 * Plays a small LoRaWAN site against an MQTT broker: devices that measure, send and are heard, gateways that publish
 * what a Gateway Bridge publishes. The same seed plays the same devices with the same keys. One timer, set to the next
 * thing due.
 */
import type { SimulatorConfig } from '../config/schema.ts';
import { loraModulation, plausibleDataRate } from '../gateway/bridge/modulation.ts';
import type { Device } from '../model/device.ts';
import type { Part, World } from '../model/world.ts';
import { type Agenda, createAgenda } from './agenda.ts';
import { type Air, createAir, type Transmission } from './air.ts';
import { createSimulatedGateway, type FrameOnAir, type SimulatedGateway } from './gateway.ts';
import { planSite, type SitePlan } from './plan.ts';
import { BANDWIDTH, CHANNELS } from './radio.ts';

export interface SimulatorOptions {
  /** The broker, mqtt:// or mqtts://; a function where it is known only when the broker runs. */
  readonly url: string | (() => string);
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly config: SimulatorConfig;
  /**
   * A device's next frame counter, where frames were taken before; asked when the simulator starts. Without it, and
   * for a new device, counting starts at 0.
   */
  readonly startFCnt?: ((devEui: string) => number) | undefined;
  readonly world: World;
}

export interface Simulator extends Part {
  /** The devices that play, with their sessions, to be declared before the simulator starts. */
  devices(): readonly Device[];
  counts(): SimulatorCounts;
}

/** Since the start. */
export interface SimulatorCounts {
  /** Good frames of our devices, each counted once. */
  readonly sent: number;
  /** Of those, the ones that at least one gateway published. */
  readonly published: number;
  readonly repeated: number;
  readonly spoiled: number;
  readonly strangers: number;
}

type Happening =
  | { readonly kind: 'uplink'; readonly device: number }
  | { readonly kind: 'repeat'; readonly device: number; readonly sent: Transmission }
  | { readonly kind: 'stranger' }
  | { readonly kind: 'report'; readonly gateway: number };

/** The first frames come between these times, so that the pages fill at once; the gateways connect meanwhile. */
const FIRST_FRAMES_MS = { from: 300, to: 4_500 };
const FIRST_REPORT_MS = 1_000;
const REPORT_INTERVAL_MS = 30_000;
const REPEAT_SHARE = 0.02;
const REPEAT_AFTER_MS = 1_500;
const STRANGER_INTERVAL_MS = 90_000;
/** Things due this soon are done together. */
const SHORTEST_WAIT_MS = 10;

interface SiteContext {
  readonly options: SimulatorOptions;
  readonly world: World;
  readonly seed: string;
  readonly plan: SitePlan;
  readonly intervalMs: number;
  readonly agenda: Agenda<Happening>;
  readonly counts: { -readonly [Name in keyof SimulatorCounts]: number };
  gateways: readonly SimulatedGateway[];
  /** From the first connection of a gateway on. */
  air: Air | undefined;
  running: boolean;
  cancelTimer: (() => void) | undefined;
}

/** Nothing happens before `start`, which does not wait for the broker. */
export function createSimulator(options: SimulatorOptions): Simulator {
  const { config, world } = options;
  const seed = String(config.seed);
  const site: SiteContext = {
    options,
    world,
    seed,
    plan: planSite(seed, config.devices, config.gateways),
    intervalMs: config.intervalS * 1_000,
    agenda: createAgenda<Happening>(),
    counts: { sent: 0, published: 0, repeated: 0, spoiled: 0, strangers: 0 },
    gateways: [],
    air: undefined,
    running: false,
    cancelTimer: undefined,
  };
  return {
    devices: () => site.plan.devices.map(({ device }) => device),
    counts: () => ({ ...site.counts }),
    async start() {
      connect(site);
    },
    stop: () => stop(site),
  };
}

function connect(site: SiteContext): void {
  if (site.running) return;
  site.running = true;
  const { options, plan, world } = site;
  const { username, password } = options;
  const url = typeof options.url === 'string' ? options.url : options.url();
  const onConnect = (): void => begin(site);
  site.gateways = plan.gateways.map((planned) =>
    createSimulatedGateway({ planned, url, username, password, onConnect, world }),
  );
  for (const gateway of site.gateways) gateway.start();
}

async function stop(site: SiteContext): Promise<void> {
  site.running = false;
  site.cancelTimer?.();
  site.cancelTimer = undefined;
  site.agenda.clear();
  site.air = undefined;
  const leaving = site.gateways;
  site.gateways = [];
  await Promise.all(leaving.map((gateway) => gateway.stop()));
}

/** The first gateway is connected: the site comes to life. */
function begin(site: SiteContext): void {
  const { agenda, gateways, plan, seed, world } = site;
  if (!site.running || site.air) return;
  const startFCnt = (devEui: string): number => firstCounter(site, devEui);
  site.air = createAir({ plan, seed, random: world.random, startFCnt });
  const nowMs = world.clock.monotonicMs();
  const { from, to } = FIRST_FRAMES_MS;
  const spacing = (to - from) / plan.devices.length;
  for (const device of plan.devices.keys()) {
    agenda.add(nowMs + from + spacing * (device + world.random()), { kind: 'uplink', device });
  }
  for (const gateway of gateways.keys()) agenda.add(nowMs + FIRST_REPORT_MS, { kind: 'report', gateway });
  agenda.add(nowMs + jittered(site, STRANGER_INTERVAL_MS / 3), { kind: 'stranger' });
  setTimer(site);
}

/** A frame may be on its way to the log when the appliance dies: a device never uses a counter twice, so skip some. */
function firstCounter({ options, intervalMs }: SiteContext, devEui: string): number {
  const next = options.startFCnt?.(devEui) ?? 0;
  return next === 0 ? 0 : next + 1 + Math.ceil(1_000 / intervalMs);
}

function setTimer(site: SiteContext): void {
  const { agenda, world } = site;
  site.cancelTimer?.();
  const nextMs = agenda.nextMs();
  if (nextMs === undefined) return;
  const waitMs = Math.max(SHORTEST_WAIT_MS, nextMs - world.clock.monotonicMs());
  site.cancelTimer = world.clock.after(waitMs, () => wake(site));
}

function wake(site: SiteContext): void {
  const { agenda, air, world } = site;
  const nowMs = world.clock.monotonicMs();
  if (air) for (let due = agenda.take(nowMs); due; due = agenda.take(nowMs)) play(site, due, air, nowMs);
  setTimer(site);
}

function play(site: SiteContext, due: Happening, air: Air, nowMs: number): void {
  const { agenda, counts, world } = site;
  switch (due.kind) {
    case 'uplink': {
      const sent = air.uplink(due.device, world.clock.nowMs());
      countUplink(site, sent, publish(site, sent));
      if (world.random() < REPEAT_SHARE)
        agenda.add(nowMs + jittered(site, REPEAT_AFTER_MS), { ...due, kind: 'repeat', sent });
      agenda.add(nowMs + jittered(site, site.intervalMs), due);
      return;
    }
    case 'repeat':
      counts.repeated++;
      publish(site, air.repeat(due.device, due.sent));
      return;
    case 'stranger':
      counts.strangers++;
      publish(site, air.stranger());
      agenda.add(nowMs + jittered(site, STRANGER_INTERVAL_MS), due);
      return;
    case 'report':
      site.gateways[due.gateway]?.report();
      agenda.add(nowMs + REPORT_INTERVAL_MS, due);
  }
}

function countUplink({ counts }: SiteContext, sent: Transmission, published: boolean): void {
  if (sent.kind === 'spoiled') {
    counts.spoiled++;
    return;
  }
  counts.sent++;
  if (published) counts.published++;
}

/** Whether any gateway heard it and could say so. */
function publish({ gateways }: SiteContext, transmission: Transmission): boolean {
  const frame = onAir(transmission);
  let published = false;
  for (const { gateway, signal } of transmission.heard) {
    if (gateways[gateway]?.hear(frame, signal)) published = true;
  }
  return published;
}

function onAir({ phyPayload, channel, spreadingFactor }: Transmission): FrameOnAir {
  const modulation = loraModulation(spreadingFactor, BANDWIDTH, '4/5', false);
  return {
    ...{ phyPayload, channel, modulation },
    frequency: CHANNELS[channel] ?? CHANNELS[0],
    dataRate: plausibleDataRate(modulation) ?? '',
  };
}

/** Around `meanMs`, so that no two devices stay in step. */
function jittered({ world }: SiteContext, meanMs: number): number {
  return meanMs * (0.8 + 0.4 * world.random());
}
