/**
 * What was refused of each declared device since the start: by DevEUI the newest reason, how often, and when. A repeat that is
 * no fault is not counted, and whoever is let in has a clean slate.
 */
import type { RefusedFrames } from '../model/silence.ts';

export interface DeviceRefusals {
  note(devEui: string, reason: string, nowMs: number): void;
  /** The device was let in. */
  forget(devEui: string): void;
  of(devEui: string): RefusedFrames | undefined;
}

/** Only declared devices are noted; there may be very many of them all the same. */
const MAX_DEVICES = 10_000;
/** Heard again while all is well. */
const HARMLESS: ReadonlySet<string> = new Set(['retransmission', 'join_under_way', 'join_accept_sent']);

/** Nobody yet. */
export function createDeviceRefusals(): DeviceRefusals {
  const byDevEui = new Map<string, RefusedFrames>();
  return {
    note(devEui, reason, nowMs) {
      if (HARMLESS.has(reason)) return;
      const known = byDevEui.get(devEui);
      const count = known?.reason === reason ? known.count + 1 : 1;
      byDevEui.delete(devEui);
      byDevEui.set(devEui, { reason, count, lastMs: nowMs });
      if (byDevEui.size > MAX_DEVICES) byDevEui.delete(byDevEui.keys().next().value ?? '');
    },
    forget: (devEui) => void byDevEui.delete(devEui),
    of: (devEui) => byDevEui.get(devEui),
  };
}
