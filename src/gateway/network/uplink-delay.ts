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
/** Of what a frame is later than the base, so much is taken for drift at least. */
const FOLLOW = 0.02;
/** Two crystals may drift apart by 50 millionths, so the longer nothing was heard, the less the base says. */
const DRIFT = 50e-6;

interface ClockEstimate {
  base: number | undefined;
  /** When a frame last agreed with the base, monotonic milliseconds. */
  agreedMs: number;
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
        const candidate = { distance, atMs: nowMs };
        remember(key, { base: suspect ? undefined : distance, agreedMs: nowMs, candidate });
        return suspect ? Number.POSITIVE_INFINITY : 0;
      }
      if (estimate.base === undefined)
        return judgeCandidate(estimate, distance, nowMs, wrapMs) ? 0 : Number.POSITIVE_INFINITY;
      const late = signed(distance - estimate.base, wrapMs);
      const delay = followBase(estimate, estimate.base, late, nowMs, suspect);
      if (delay !== undefined) return delay;
      if (judgeCandidate(estimate, distance, nowMs, wrapMs)) return 0;
      return late > 0 ? late : Number.POSITIVE_INFINITY;
    },
  };
}

/** Moves the base as far as the clocks may have drifted; the rest is the delay. Undefined for a frame too far from the base. */
function followBase(
  estimate: ClockEstimate,
  base: number,
  late: number,
  nowMs: number,
  suspect: boolean,
): number | undefined {
  const drift = suspect ? 0 : Math.min(driftMs(nowMs - estimate.agreedMs), QUICKER_MS);
  if (late <= -QUICKER_MS || late > AGREE_MS + drift) return undefined;
  const followed = late <= 0 ? late : Math.max(late * FOLLOW, Math.min(late, drift));
  estimate.base = base + followed;
  estimate.agreedMs = nowMs;
  return late - followed;
}

function driftMs(elapsedMs: number): number {
  return elapsedMs * DRIFT;
}

/** Whether the frames that disagree with the base have agreed with each other for long enough; then they are the base. */
function judgeCandidate(estimate: ClockEstimate, distance: number, nowMs: number, wrapMs: number): boolean {
  const { candidate } = estimate;
  const agreeMs = AGREE_MS + driftMs(nowMs - candidate.atMs);
  if (Math.abs(signed(distance - candidate.distance, wrapMs)) > agreeMs) {
    estimate.candidate = { distance, atMs: nowMs };
    return false;
  }
  if (nowMs - candidate.atMs < IN_STEP_MS) return false;
  estimate.base = distance;
  estimate.agreedMs = nowMs;
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
