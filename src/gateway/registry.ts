/**
 * The gateways heard of: when they last gave a sign of life, how well they hear, what they report. A gateway is offline
 * when it says so or has been silent for `SILENT_MS`: a crashed bridge leaves a retained "online" behind, so silence, not
 * the retained word, is what counts.
 */
import type { OwnTime } from '../model/foreign-time.ts';
import type { GatewayStatus } from '../model/status.ts';
import type { Clock } from '../model/world.ts';
import type { BridgeUplink, GatewayStats, Marshaler } from './bridge/message.ts';
import { createNoiseFloor, type NoiseFloor } from './noise-floor.ts';

/** Three missed reports: bridges report every 30 s. */
const SILENT_MS = 95_000;
/** How long the set of gateways must be unchanged before its size is taken for known. */
const SETTLED_MS = 60_000;
const MAX_GATEWAYS = 1_000;

export interface MessageMeta {
  readonly qos: 0 | 1 | 2;
  readonly marshaler: Marshaler;
  /** What stands before 'gateway/' in its topics. */
  readonly prefix: string;
}

export interface GatewayRegistry {
  uplink(gatewayId: string, heard: MessageMeta, reception: Reception): void;
  stats(stats: GatewayStats, heard: MessageMeta, own: OwnTime): void;
  conn(gatewayId: string, online: boolean, heard: MessageMeta & { readonly retained: boolean }): void;
  list(): GatewayStatus[];
  /** How many gateways are online, once that number can be relied on. */
  settledCount(): number | undefined;
  /** How to reach a gateway; undefined while nobody knows. */
  route(gatewayId: string): GatewayRoute | undefined;
  /** A frame that was found good came by `routes`, in this order: the way to the gateway is one of them from now on. */
  proven(gatewayId: string, routes: readonly GatewayRoute[]): void;
  stop(): void;
}

/** What is kept of how a frame was heard. */
type Reception = Pick<BridgeUplink, 'rssi' | 'snr' | 'modulation' | 'timeMs' | 'gpsTimeMs'>;

/** How a gateway is written to. */
export interface GatewayRoute {
  /** What stands before 'gateway/' in its topics. */
  readonly prefix: string;
  readonly marshaler: Marshaler;
}

/**
 * Anybody who may publish can name a gateway, under any prefix; only a frame of a device of ours proves where it is. Until
 * then a way is taken that nobody disputes.
 */
type Way = { readonly route: GatewayRoute; readonly state: 'proven' | 'assumed' | 'disputed' };

type Transition = (gatewayId: string, state: 'online' | 'offline', reason: string) => void;
type Entry = { -readonly [K in keyof GatewayStatus]: GatewayStatus[K] };

interface RegistryContext {
  readonly clock: Clock;
  readonly onTransition: Transition;
  readonly gateways: Map<string, Entry>;
  /** Monotonic. */
  readonly lastSeenMono: Map<string, number>;
  readonly ways: Map<string, Way>;
  readonly noise: Map<string, NoiseFloor>;
  /** Monotonic: the set of those online is the same since. */
  changedMs: number;
  online: number;
  cancelTimer: (() => void) | undefined;
}

/** An empty registry; `onTransition` hears of every gateway that comes or goes. */
export function createGatewayRegistry(clock: Clock, onTransition: Transition): GatewayRegistry {
  const context: RegistryContext = {
    clock,
    onTransition,
    gateways: new Map(),
    lastSeenMono: new Map(),
    ways: new Map(),
    noise: new Map(),
    changedMs: clock.monotonicMs(),
    online: 0,
    cancelTimer: undefined,
  };
  return {
    uplink(gatewayId, heard, reception) {
      const gateway = entry(context, gatewayId, heard);
      gateway.uplinks++;
      gateway.lastRssi = reception.rssi;
      gateway.lastSnr = reception.snr;
      if (reception.gpsTimeMs !== undefined) gateway.clock = 'gps';
      else gateway.clock ??= reception.timeMs === undefined ? 'none' : 'own';
      context.noise.get(gatewayId)?.note(reception);
      alive(context, gateway, 'heard a frame');
    },
    stats(stats, heard, own) {
      const gateway = entry(context, stats.gatewayId, heard);
      addStats(gateway, stats);
      noteClock(gateway, stats, own);
      alive(context, gateway, 'reported');
    },
    conn(gatewayId, isOnline, { retained, ...heard }) {
      const gateway = entry(context, gatewayId, heard);
      if (!isOnline) become(context, gateway, 'offline', 'said goodbye');
      else if (!retained) alive(context, gateway, 'connected');
    },
    list: () => [...context.gateways.values()].map((gateway) => told(context, gateway)),
    settledCount() {
      const { online, changedMs } = context;
      return online > 0 && clock.monotonicMs() - changedMs >= SETTLED_MS ? online : undefined;
    },
    route(gatewayId) {
      const way = context.ways.get(gatewayId);
      return way?.state === 'disputed' ? undefined : way?.route;
    },
    proven: (gatewayId, routes) => proven(context, gatewayId, routes),
    stop() {
      context.cancelTimer?.();
    },
  };
}

function entry(context: RegistryContext, gatewayId: string, heard: MessageMeta): Entry {
  const { gateways } = context;
  let found = gateways.get(gatewayId);
  if (!found) {
    if (gateways.size >= MAX_GATEWAYS) forgetOne(context);
    const { qos, marshaler } = heard;
    found = { gatewayId, state: 'offline', lastSeenMs: 0, uplinks: 0, qos, marshaler };
    gateways.set(gatewayId, found);
    context.noise.set(gatewayId, createNoiseFloor());
  }
  found.qos = heard.qos;
  found.marshaler = heard.marshaler;
  assume(context, gatewayId, heard);
  return found;
}

function addStats(gateway: Entry, { rxReceived, rxOk, txEmitted, location }: GatewayStats): void {
  gateway.rxReceived = (gateway.rxReceived ?? 0) + rxReceived;
  gateway.rxOk = (gateway.rxOk ?? 0) + rxOk;
  gateway.txEmitted = (gateway.txEmitted ?? 0) + txEmitted;
  if (location) gateway.location = { latitude: location.latitude, longitude: location.longitude };
}

function noteClock(gateway: Entry, { timeMs }: GatewayStats, own: OwnTime): void {
  if (timeMs === undefined) return;
  if (gateway.clock !== 'gps') gateway.clock = 'own';
  if (own.trusted) gateway.clockAheadMs = Math.round(timeMs - own.nowMs);
}

function told({ noise }: RegistryContext, gateway: Entry): GatewayStatus {
  const noiseDbm = noise.get(gateway.gatewayId)?.dbm();
  return { ...gateway, ...(noiseDbm === undefined ? {} : { noiseDbm }) };
}

function assume({ ways }: RegistryContext, gatewayId: string, { prefix, marshaler }: MessageMeta): void {
  const way = ways.get(gatewayId);
  const isKnown = way?.route.prefix === prefix && way.route.marshaler === marshaler;
  if (isKnown || (way && way.state !== 'assumed')) return;
  const isDisputed = way !== undefined && way.route.prefix !== prefix;
  ways.set(gatewayId, { route: { prefix, marshaler }, state: isDisputed ? 'disputed' : 'assumed' });
}

function proven(
  { ways, gateways }: RegistryContext,
  gatewayId: string,
  routes: readonly GatewayRoute[],
): void {
  const before = ways.get(gatewayId);
  const [first] = routes;
  // Nearly every frame: nothing new.
  if (first && before?.state === 'proven' && isSame(before.route, first)) return;
  // A copy by another way, made of what was overheard, takes nothing away from the one in use.
  const inUse = before?.state === 'proven' ? before.route : undefined;
  const route = routes.find(({ prefix }) => prefix === inUse?.prefix) ?? routes[0];
  if (!route || !gateways.has(gatewayId)) return;
  if (inUse && isSame(inUse, route)) return;
  ways.set(gatewayId, { route, state: 'proven' });
}

function forgetOne(context: RegistryContext): void {
  const { gateways, lastSeenMono, ways } = context;
  const victim =
    [...gateways.values()].find((gateway) => gateway.state === 'offline') ?? gateways.values().next().value;
  if (!victim) return;
  if (victim.state === 'online') context.online--;
  gateways.delete(victim.gatewayId);
  lastSeenMono.delete(victim.gatewayId);
  ways.delete(victim.gatewayId);
  context.noise.delete(victim.gatewayId);
}

function become(context: RegistryContext, gateway: Entry, state: 'online' | 'offline', reason: string): void {
  if (gateway.state === state) return;
  gateway.state = state;
  context.online += state === 'online' ? 1 : -1;
  context.changedMs = context.clock.monotonicMs();
  context.onTransition(gateway.gatewayId, state, reason);
}

function alive(context: RegistryContext, gateway: Entry, reason: string): void {
  const { clock, lastSeenMono } = context;
  gateway.lastSeenMs = clock.nowMs();
  lastSeenMono.set(gateway.gatewayId, clock.monotonicMs());
  become(context, gateway, 'online', reason);
  context.cancelTimer ??= clock.after(SILENT_MS, () => checkSilence(context));
}

/** One timer for all, only while somebody is online. */
function checkSilence(context: RegistryContext): void {
  const { clock, gateways, lastSeenMono } = context;
  context.cancelTimer = undefined;
  const nowMs = clock.monotonicMs();
  let oldest = Number.POSITIVE_INFINITY;
  for (const gateway of gateways.values()) {
    if (gateway.state === 'offline') continue;
    const seen = lastSeenMono.get(gateway.gatewayId) ?? 0;
    if (nowMs - seen >= SILENT_MS)
      become(context, gateway, 'offline', `silent for ${Math.round((nowMs - seen) / 1000)} s`);
    else oldest = Math.min(oldest, seen);
  }
  if (oldest < Number.POSITIVE_INFINITY) {
    const delayMs = Math.max(1_000, oldest + SILENT_MS - nowMs);
    context.cancelTimer = clock.after(delayMs, () => checkSilence(context));
  }
}

function isSame(a: GatewayRoute, b: GatewayRoute): boolean {
  return a.prefix === b.prefix && a.marshaler === b.marshaler;
}
