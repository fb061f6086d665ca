/**
 * How late a frame reaches us, so that nothing is sent into a window that has closed long ago: after an outage a broker or
 * a bridge hands over minutes of frames at once, and most gateways say no time of day.
 *
 * What every packet forwarder says is the counter of its concentrator (32 bits of microseconds, in `context`). Its distance
 * from our monotonic clock is constant but for the way the frame took; so the smallest distance seen is the base, and what
 * is above it is lateness. A counter that starts anew is believed once two frames a second apart agree about the distance.
 */
import type { BridgeUplink } from '../bridge/message.ts';

export interface UplinkDelay {
  /**
   * Milliseconds that the frame was under way longer than usual; Infinity where that cannot be told and the message may be
   * old (`suspect`: the broker may have kept it). `nowMs` is monotonic.
   */
  delayMs(uplink: BridgeUplink, nowMs: number, suspect: boolean): number;
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

interface ClockEstimate {
  base: number | undefined;
  /** The first of the frames that agree with each other and not with the base. */
  candidate: { readonly distance: number; readonly atMs: number };
}

/** Nothing known yet. */
export function createUplinkDelay(): UplinkDelay {
  const estimates = new Map<string, ClockEstimate>();

  function remember(key: string, estimate: ClockEstimate): void {
    if (estimates.size >= MAX_GATEWAYS) estimates.delete(estimates.keys().next().value ?? '');
    estimates.set(key, estimate);
  }

  return {
    delayMs(uplink, nowMs, suspect) {
      const said = gatewayClock(uplink);
      if (!said) return suspect ? Number.POSITIVE_INFINITY : 0;
      const { wrapMs } = said;
      const distance = nowMs - said.ms;
      const key = uplink.board === 0 ? uplink.gatewayId : `${uplink.gatewayId}/${uplink.board}`;
      const estimate = estimates.get(key);
      if (!estimate) {
        remember(key, { base: suspect ? undefined : distance, candidate: { distance, atMs: nowMs } });
        return suspect ? Number.POSITIVE_INFINITY : 0;
      }
      if (estimate.base !== undefined) {
        const late = signed(distance - estimate.base, wrapMs);
        if (late <= 0 && late > -QUICKER_MS) {
          estimate.base = distance;
          return 0;
        }
        if (late > 0 && late <= AGREE_MS) {
          estimate.base += late * FOLLOW;
          return late;
        }
        return judgeCandidate(estimate, distance, nowMs, wrapMs)
          ? 0
          : late > 0
            ? late
            : Number.POSITIVE_INFINITY;
      }
      return judgeCandidate(estimate, distance, nowMs, wrapMs) ? 0 : Number.POSITIVE_INFINITY;
    },
  };
}

/** Whether the frames that disagree with the base have agreed with each other for long enough; then they are the base. */
function judgeCandidate(estimate: ClockEstimate, distance: number, nowMs: number, wrapMs: number): boolean {
  if (Math.abs(signed(distance - estimate.candidate.distance, wrapMs)) > AGREE_MS) {
    estimate.candidate = { distance, atMs: nowMs };
    return false;
  }
  if (nowMs - estimate.candidate.atMs < IN_STEP_MS) return false;
  estimate.base = distance;
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
