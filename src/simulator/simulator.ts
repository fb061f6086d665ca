/**
 * Plays a small LoRaWAN site against an MQTT broker: devices that measure, send and are heard, gateways that publish
 * what a Gateway Bridge publishes. The same seed plays the same devices with the same keys. One timer, set to the next
 * thing due.
 */
import type { Device } from '../model/device.ts';
import type { Part, World } from '../model/world.ts';
import { createAgenda } from './agenda.ts';
import { type Air, createAir, type Transmission } from './air.ts';
import { createSimulatedGateway, type SimulatedGateway } from './gateway.ts';
import { planSite } from './plan.ts';

export interface SimulatorOptions {
  /** The broker, mqtt:// or mqtts://; a function where it is known only when the broker runs. */
  readonly url: string | (() => string);
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** 1..5000, 12 by default. */
  readonly devices?: number | undefined;
  /** 1..50, 3 by default. */
  readonly gateways?: number | undefined;
  /** Mean time between two frames of a device; 10 s by default, at least 100 ms. */
  readonly intervalMs?: number | undefined;
  readonly seed: number | string;
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

const DEFAULT_INTERVAL_MS = 10_000;
const SHORTEST_INTERVAL_MS = 100;
/** The first frames come between these times, so that the pages fill at once; the gateways connect meanwhile. */
const FIRST_FRAMES_MS = { from: 300, to: 4_500 };
const FIRST_REPORT_MS = 1_000;
const REPORT_INTERVAL_MS = 30_000;
const REPEAT_SHARE = 0.02;
const REPEAT_AFTER_MS = 1_500;
const STRANGER_INTERVAL_MS = 90_000;
/** Things due this soon are done together. */
const SHORTEST_WAIT_MS = 10;

/** Nothing happens before `start`, which does not wait for the broker. */
export function createSimulator(options: SimulatorOptions): Simulator {
  const { world } = options;
  const seed = String(options.seed);
  const plan = planSite(seed, options.devices ?? 12, options.gateways ?? 3);
  const intervalMs = Math.max(SHORTEST_INTERVAL_MS, options.intervalMs ?? DEFAULT_INTERVAL_MS);
  const agenda = createAgenda<Happening>();
  const counts = { sent: 0, published: 0, repeated: 0, spoiled: 0, strangers: 0 };
  let gateways: readonly SimulatedGateway[] = [];
  let air: Air | undefined;
  let running = false;
  let cancelTimer: (() => void) | undefined;

  /** The first gateway is connected: the site comes to life. */
  function begin(): void {
    if (!running || air) return;
    air = createAir({ plan, seed, random: world.random, startFCnt: firstCounter });
    const nowMs = world.clock.monotonicMs();
    const { from, to } = FIRST_FRAMES_MS;
    const spacing = (to - from) / plan.devices.length;
    for (const device of plan.devices.keys()) {
      agenda.add(nowMs + from + spacing * (device + world.random()), { kind: 'uplink', device });
    }
    for (const gateway of gateways.keys()) agenda.add(nowMs + FIRST_REPORT_MS, { kind: 'report', gateway });
    agenda.add(nowMs + jittered(STRANGER_INTERVAL_MS / 3), { kind: 'stranger' });
    setTimer();
  }

  /** A frame may be on its way to the log when the appliance dies: a device never uses a counter twice, so skip some. */
  function firstCounter(devEui: string): number {
    const next = options.startFCnt?.(devEui) ?? 0;
    return next === 0 ? 0 : next + 1 + Math.ceil(1_000 / intervalMs);
  }

  function setTimer(): void {
    cancelTimer?.();
    const nextMs = agenda.nextMs();
    if (nextMs === undefined) return;
    cancelTimer = world.clock.after(Math.max(SHORTEST_WAIT_MS, nextMs - world.clock.monotonicMs()), wake);
  }

  function wake(): void {
    const nowMs = world.clock.monotonicMs();
    if (air) for (let due = agenda.take(nowMs); due; due = agenda.take(nowMs)) play(due, air, nowMs);
    setTimer();
  }

  function play(due: Happening, onAir: Air, nowMs: number): void {
    switch (due.kind) {
      case 'uplink': {
        const sent = onAir.uplink(due.device, world.clock.nowMs());
        countUplink(sent, publish(sent));
        if (world.random() < REPEAT_SHARE)
          agenda.add(nowMs + jittered(REPEAT_AFTER_MS), { ...due, kind: 'repeat', sent });
        agenda.add(nowMs + jittered(intervalMs), due);
        return;
      }
      case 'repeat':
        counts.repeated++;
        publish(onAir.repeat(due.device, due.sent));
        return;
      case 'stranger':
        counts.strangers++;
        publish(onAir.stranger());
        agenda.add(nowMs + jittered(STRANGER_INTERVAL_MS), due);
        return;
      case 'report':
        gateways[due.gateway]?.report();
        agenda.add(nowMs + REPORT_INTERVAL_MS, due);
    }
  }

  function countUplink(sent: Transmission, published: boolean): void {
    if (sent.kind === 'spoiled') {
      counts.spoiled++;
      return;
    }
    counts.sent++;
    if (published) counts.published++;
  }

  /** Whether any gateway heard it and could say so. */
  function publish(transmission: Transmission): boolean {
    let published = false;
    for (const { gateway, signal } of transmission.heard) {
      if (gateways[gateway]?.hear(transmission, signal)) published = true;
    }
    return published;
  }

  /** Around `meanMs`, so that no two devices stay in step. */
  function jittered(meanMs: number): number {
    return meanMs * (0.8 + 0.4 * world.random());
  }

  return {
    devices: () => plan.devices.map(({ device }) => device),
    counts: () => ({ ...counts }),
    async start() {
      if (running) return;
      running = true;
      const url = typeof options.url === 'string' ? options.url : options.url();
      const { username, password } = options;
      gateways = plan.gateways.map((planned) =>
        createSimulatedGateway({ planned, url, username, password, onConnect: begin, world }),
      );
      for (const gateway of gateways) gateway.start();
    },
    async stop() {
      running = false;
      cancelTimer?.();
      cancelTimer = undefined;
      agenda.clear();
      air = undefined;
      const leaving = gateways;
      gateways = [];
      await Promise.all(leaving.map((gateway) => gateway.stop()));
    },
  };
}
