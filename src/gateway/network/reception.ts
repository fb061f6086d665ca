/** One gateway's copy of a frame: what it heard, how to acknowledge the message that brought it, how old it is. */
import type { BridgeUplink } from '../bridge/message.ts';
import type { GatewayRoute } from '../registry.ts';

export interface Reception {
  readonly uplink: BridgeUplink;
  readonly ack: () => void;
  /** When the message reached us, monotonic milliseconds. */
  readonly arrivedMs: number;
  /** How much later than usual that was, milliseconds; Infinity if nobody knows: see uplink-delay.ts. */
  readonly delayMs: number;
  /** The way it came by. */
  readonly route: GatewayRoute;
}

/**
 * Close to a gateway a frame is heard on neighbouring channels too. Of what one concentrator received at the same moment the
 * strongest copy is true; its channel is the one the device listens on.
 */
export function withoutGhosts(copies: readonly Reception[]): readonly Reception[] {
  if (copies.length === 1) return copies;
  const kept: Reception[] = [];
  const places = new Map<string, number>();
  for (const copy of copies) {
    const concentrator = `${copy.uplink.gatewayId}/${copy.uplink.board}`;
    const place = places.get(concentrator);
    const before = place === undefined ? undefined : kept[place];
    if (place === undefined || !before || !isSameMoment(before, copy)) {
      places.set(concentrator, kept.push(copy) - 1);
    } else if (isTruer(copy, before)) kept[place] = copy;
  }
  return kept;
}

/** Several sendings of a frame are seconds apart, and so are their counters. */
const SAME_MOMENT_US = 100_000;

function isSameMoment({ uplink: a }: Reception, { uplink: b }: Reception): boolean {
  if (a.context === b.context) return true;
  const [one, two] = [a, b].map(({ context }) => Buffer.from(context, 'base64'));
  if (one?.length !== 4 || two?.length !== 4) return false;
  const apart = (one.readUInt32BE(0) - two.readUInt32BE(0)) >>> 0;
  return apart <= SAME_MOMENT_US || apart >= 2 ** 32 - SAME_MOMENT_US;
}

function isTruer({ uplink: a }: Reception, { uplink: b }: Reception): boolean {
  return a.snr > b.snr || (a.snr === b.snr && a.rssi > b.rssi);
}

/**
 * One a gateway, the newest: the same frame may have been sent several times, and its last end is what windows count from. Of
 * one sending that several of its boards heard, the one heard best.
 */
export function newestReceptions(copies: readonly Reception[]): Reception[] {
  if (copies.length === 1) return [...copies];
  const byGateway = new Map<string, Reception>();
  for (const copy of copies) {
    const before = byGateway.get(copy.uplink.gatewayId);
    if (!before || replaces(copy, before)) byGateway.set(copy.uplink.gatewayId, copy);
  }
  return [...byGateway.values()];
}

/** Boards count each for itself, so when a frame ended is compared by our own clock. */
const SAME_SENDING_MS = 500;

function replaces(copy: Reception, before: Reception): boolean {
  if (copy.uplink.board === before.uplink.board) return true;
  const apartMs = Math.abs(copy.arrivedMs - copy.delayMs - (before.arrivedMs - before.delayMs));
  return apartMs > SAME_SENDING_MS || isTruer(copy, before);
}

/** The one heard best. */
export function bestReception(copies: readonly Reception[]): Reception | undefined {
  return copies.toSorted((a, b) => b.uplink.snr - a.uplink.snr || b.uplink.rssi - a.uplink.rssi)[0];
}

/** Milliseconds since the frame's end as far as can be told. */
export function ageMs({ arrivedMs, delayMs: lateMs }: Reception, nowMs: number): number {
  return nowMs - arrivedMs + lateMs;
}
