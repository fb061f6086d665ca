/**
 * The gateways heard of: when they last gave a sign of life, how well they hear, what they report. A gateway is offline
 * when it says so or has been silent for `SILENT_MS`: a crashed bridge leaves a retained "online" behind, so silence, not
 * the retained word, is what counts.
 */
import type { GatewayStatus } from '../model/status.ts';
import type { Clock } from '../model/world.ts';
import type { GatewayStats, Marshaler } from './bridge/message.ts';

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
  uplink(gatewayId: string, heard: MessageMeta, radio: { readonly rssi: number; readonly snr: number }): void;
  stats(stats: GatewayStats, heard: MessageMeta): void;
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

/** An empty registry; `onTransition` hears of every gateway that comes or goes. */
export function createGatewayRegistry(clock: Clock, onTransition: Transition): GatewayRegistry {
  const gateways = new Map<string, Entry>();
  const lastSeenMono = new Map<string, number>();
  const ways = new Map<string, Way>();
  let changedMs = clock.monotonicMs();
  let online = 0;
  let cancelTimer: (() => void) | undefined;

  function entry(gatewayId: string, heard: MessageMeta): Entry {
    let found = gateways.get(gatewayId);
    if (!found) {
      if (gateways.size >= MAX_GATEWAYS) forgetOne();
      const { qos, marshaler } = heard;
      found = { gatewayId, state: 'offline', lastSeenMs: 0, uplinks: 0, qos, marshaler };
      gateways.set(gatewayId, found);
    }
    found.qos = heard.qos;
    found.marshaler = heard.marshaler;
    assume(gatewayId, heard);
    return found;
  }

  function assume(gatewayId: string, { prefix, marshaler }: MessageMeta): void {
    const way = ways.get(gatewayId);
    const isKnown = way?.route.prefix === prefix && way.route.marshaler === marshaler;
    if (isKnown || (way && way.state !== 'assumed')) return;
    const isDisputed = way !== undefined && way.route.prefix !== prefix;
    ways.set(gatewayId, { route: { prefix, marshaler }, state: isDisputed ? 'disputed' : 'assumed' });
  }

  function forgetOne(): void {
    const victim =
      [...gateways.values()].find((gateway) => gateway.state === 'offline') ?? gateways.values().next().value;
    if (!victim) return;
    if (victim.state === 'online') online--;
    gateways.delete(victim.gatewayId);
    lastSeenMono.delete(victim.gatewayId);
    ways.delete(victim.gatewayId);
  }

  function become(gateway: Entry, state: 'online' | 'offline', reason: string): void {
    if (gateway.state === state) return;
    gateway.state = state;
    online += state === 'online' ? 1 : -1;
    changedMs = clock.monotonicMs();
    onTransition(gateway.gatewayId, state, reason);
  }

  function alive(gateway: Entry, reason: string): void {
    gateway.lastSeenMs = clock.nowMs();
    lastSeenMono.set(gateway.gatewayId, clock.monotonicMs());
    become(gateway, 'online', reason);
    cancelTimer ??= clock.after(SILENT_MS, checkSilence);
  }

  /** One timer for all, only while somebody is online. */
  function checkSilence(): void {
    cancelTimer = undefined;
    const nowMs = clock.monotonicMs();
    let oldest = Number.POSITIVE_INFINITY;
    for (const gateway of gateways.values()) {
      if (gateway.state === 'offline') continue;
      const seen = lastSeenMono.get(gateway.gatewayId) ?? 0;
      if (nowMs - seen >= SILENT_MS)
        become(gateway, 'offline', `silent for ${Math.round((nowMs - seen) / 1000)} s`);
      else oldest = Math.min(oldest, seen);
    }
    if (oldest < Number.POSITIVE_INFINITY) {
      cancelTimer = clock.after(Math.max(1_000, oldest + SILENT_MS - nowMs), checkSilence);
    }
  }

  return {
    uplink(gatewayId, heard, { rssi, snr }) {
      const gateway = entry(gatewayId, heard);
      gateway.uplinks++;
      gateway.lastRssi = rssi;
      gateway.lastSnr = snr;
      alive(gateway, 'heard a frame');
    },
    stats(stats, heard) {
      const gateway = entry(stats.gatewayId, heard);
      gateway.rxReceived = (gateway.rxReceived ?? 0) + stats.rxReceived;
      gateway.rxOk = (gateway.rxOk ?? 0) + stats.rxOk;
      gateway.txEmitted = (gateway.txEmitted ?? 0) + stats.txEmitted;
      if (stats.location) {
        gateway.location = { latitude: stats.location.latitude, longitude: stats.location.longitude };
      }
      alive(gateway, 'reported');
    },
    conn(gatewayId, isOnline, { retained, ...heard }) {
      const gateway = entry(gatewayId, heard);
      if (!isOnline) become(gateway, 'offline', 'said goodbye');
      else if (!retained) alive(gateway, 'connected');
    },
    list: () => [...gateways.values()].map((gateway) => ({ ...gateway })),
    settledCount: () => (online > 0 && clock.monotonicMs() - changedMs >= SETTLED_MS ? online : undefined),
    route(gatewayId) {
      const way = ways.get(gatewayId);
      return way?.state === 'disputed' ? undefined : way?.route;
    },
    proven(gatewayId, routes) {
      const before = ways.get(gatewayId);
      // A copy by another way, made of what was overheard, takes nothing away from the one in use.
      const inUse = before?.state === 'proven' ? before.route : undefined;
      const route = routes.find(({ prefix }) => prefix === inUse?.prefix) ?? routes[0];
      if (!route || !gateways.has(gatewayId)) return;
      if (inUse && isSame(inUse, route)) return;
      ways.set(gatewayId, { route, state: 'proven' });
    },
    stop() {
      cancelTimer?.();
    },
  };
}

function isSame(a: GatewayRoute, b: GatewayRoute): boolean {
  return a.prefix === b.prefix && a.marshaler === b.marshaler;
}
