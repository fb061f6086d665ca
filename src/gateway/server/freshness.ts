/**
 * How late a frame reaches us, so that nothing is sent into a window that has closed long ago: after an outage a broker or
 * a bridge hands over minutes of frames at once, and most gateways say no time of day.
 *
 * What every packet forwarder says is the counter of its concentrator (32 bits of microseconds, in `context`). Its distance
 * from our monotonic clock is constant but for the way the frame took; so the smallest distance seen is the base, and what
 * is above it is lateness. A counter that starts anew is believed once two frames a second apart agree about the distance.
 */
import type { BridgeUplink } from '../bridge/message.ts';

export interface Freshness {
  /**
   * Milliseconds that the frame was under way longer than usual; Infinity where that cannot be told and the message may be
   * old (`suspect`: the broker may have kept it). `nowMs` is monotonic.
   */
  lateMs(uplink: BridgeUplink, nowMs: number, suspect: boolean): number;
}

const COUNTER_MS = 2 ** 32 / 1000;
const MAX_GATEWAYS = 1_000;
/** How much two frames may differ in their way and still agree. */
const AGREE_MS = 250;
const IN_STEP_MS = 1_000;
/** A frame may be so much quicker than all before it; more is a counter that jumped. */
const QUICKER_MS = 5_000;
/** Clocks drift apart by some millionths; the base follows. */
const FOLLOW = 0.02;

interface Pace {
  base: number | undefined;
  /** The first of the frames that agree with each other and not with the base. */
  rival: { readonly distance: number; readonly atMs: number };
}

/** Nothing known yet. */
export function createFreshness(): Freshness {
  const paces = new Map<string, Pace>();

  function remember(key: string, pace: Pace): void {
    if (paces.size >= MAX_GATEWAYS) paces.delete(paces.keys().next().value ?? '');
    paces.set(key, pace);
  }

  return {
    lateMs(uplink, nowMs, suspect) {
      const said = gatewayClock(uplink);
      if (!said) return suspect ? Number.POSITIVE_INFINITY : 0;
      const { wrapMs } = said;
      const distance = nowMs - said.ms;
      const key = uplink.board === 0 ? uplink.gatewayId : `${uplink.gatewayId}/${uplink.board}`;
      const pace = paces.get(key);
      if (!pace) {
        remember(key, { base: suspect ? undefined : distance, rival: { distance, atMs: nowMs } });
        return suspect ? Number.POSITIVE_INFINITY : 0;
      }
      if (pace.base !== undefined) {
        const late = signed(distance - pace.base, wrapMs);
        if (late <= 0 && late > -QUICKER_MS) {
          pace.base = distance;
          return 0;
        }
        if (late > 0 && late <= AGREE_MS) {
          pace.base += late * FOLLOW;
          return late;
        }
        return judgeRival(pace, distance, nowMs, wrapMs) ? 0 : late > 0 ? late : Number.POSITIVE_INFINITY;
      }
      return judgeRival(pace, distance, nowMs, wrapMs) ? 0 : Number.POSITIVE_INFINITY;
    },
  };
}

/** Whether the frames that disagree with the base have agreed with each other for long enough; then they are the base. */
function judgeRival(pace: Pace, distance: number, nowMs: number, wrapMs: number): boolean {
  if (Math.abs(signed(distance - pace.rival.distance, wrapMs)) > AGREE_MS) {
    pace.rival = { distance, atMs: nowMs };
    return false;
  }
  if (nowMs - pace.rival.atMs < IN_STEP_MS) return false;
  pace.base = distance;
  return true;
}

/** The gateway's own clock when it received the frame. */
function gatewayClock(uplink: BridgeUplink): { readonly ms: number; readonly wrapMs: number } | undefined {
  const context = Buffer.from(uplink.context, 'base64');
  if (context.length === 4) return { ms: context.readUInt32BE(0) / 1000, wrapMs: COUNTER_MS };
  const ms = uplink.gpsTimeMs ?? uplink.timeMs;
  return ms === undefined ? undefined : { ms, wrapMs: Number.POSITIVE_INFINITY };
}

/** The shorter way round. */
function signed(difference: number, wrapMs: number): number {
  if (wrapMs === Number.POSITIVE_INFINITY) return difference;
  const rest = ((difference % wrapMs) + wrapMs) % wrapMs;
  return rest > wrapMs / 2 ? rest - wrapMs : rest;
}
