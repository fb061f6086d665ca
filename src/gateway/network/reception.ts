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

/** One a gateway, the newest: the same frame may have been sent several times, and its last end is what windows count from. */
export function newestReceptions(copies: readonly Reception[]): Reception[] {
  if (copies.length === 1) return [...copies];
  return [...new Map(copies.map((copy) => [copy.uplink.gatewayId, copy])).values()];
}

/** Milliseconds since the frame's end as far as can be told. */
export function ageMs({ arrivedMs, delayMs: lateMs }: Reception, nowMs: number): number {
  return nowMs - arrivedMs + lateMs;
}
