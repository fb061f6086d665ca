/**
 * The way of a frame: copies of one frame come in, are gathered, checked, decrypted, and handed on as an Uplink together
 * with the counter it moves. Nothing here waits for the disk or answers a message: `deliver` does.
 */
import type { Reception, Uplink } from '../model/uplink.ts';
import type { Clock } from '../model/world.ts';
import type { BridgeUplink } from './bridge/message.ts';
import { createDeduplicator } from './deduplicate.ts';
import { decryptPayload } from './lorawan/crypto.ts';
import { type DataFrame, parseFrame } from './lorawan/frame.ts';
import type { Sessions } from './sessions.ts';
import type { Strangers } from './strangers.ts';

/** One gateway's copy of a frame and how to acknowledge the message that brought it. */
export interface Copy {
  readonly uplink: BridgeUplink;
  readonly ack: () => void;
}

/** A verified frame: to be stored together with the counter. */
export interface Verified {
  readonly uplink: Uplink;
  readonly nextFCntUp: number;
}

export interface NetworkServerOptions {
  readonly clock: Clock;
  readonly dedupWindowMs: number;
  /** How many gateways would hear a frame at most, once that is known. */
  readonly gatewayCount: () => number | undefined;
  readonly sessions: Sessions;
  readonly strangers: Strangers;
  /** A frame to store; the copies' messages are to be acknowledged once it is. */
  readonly deliver: (verified: Verified, copies: readonly Copy[]) => void;
  /** A frame that ends here; its messages are to be acknowledged after what was delivered before it is stored. */
  readonly refuse: (reason: string, copies: readonly Copy[]) => void;
}

export interface NetworkServer {
  receive(copy: Copy): void;
  /** Ends all waiting for further copies. */
  flush(): void;
}

/** See the head of the file. */
export function createNetworkServer(options: NetworkServerOptions): NetworkServer {
  const { clock, sessions, strangers, deliver, refuse } = options;

  function release(copies: readonly Copy[]): void {
    const first = copies[0];
    if (!first) return;
    const parsed = parseFrame(first.uplink.phyPayload);
    if (!parsed.ok) return refuse(`frame_${parsed.reason}`, copies);
    const { frame } = parsed;
    if (frame.kind !== 'data') return refuse(frame.kind.replace('-', '_'), copies);
    if (frame.direction === 'down') return refuse('downlink_overheard', copies);
    takeData(frame, copies);
  }

  function takeData(frame: DataFrame, copies: readonly Copy[]): void {
    const receptions = receptionsOf(copies);
    const identified = sessions.identify(frame);
    if (identified.kind !== 'new') {
      const best = receptions[0];
      if (identified.kind === 'unknown_device' && best) strangers.heard(frame.devAddr, best, clock.nowMs());
      return refuse(identified.kind, copies);
    }
    const { session, fCnt } = identified;
    session.nextFCnt = fCnt + 1;
    deliver({ uplink: toUplink(frame, session, fCnt, receptions, copies), nextFCntUp: fCnt + 1 }, copies);
  }

  function toUplink(
    frame: DataFrame,
    session: { readonly devEui: string; readonly keys: Parameters<typeof decryptPayload>[1] },
    fCnt: number,
    receptions: readonly Reception[],
    copies: readonly Copy[],
  ): Uplink {
    const radio = copies[0]?.uplink;
    return {
      device: session.devEui,
      devAddr: frame.devAddr,
      fCnt,
      fPort: frame.fPort,
      confirmed: frame.confirmed,
      adr: frame.fCtrl.adr,
      data: decryptPayload(frame, session.keys, fCnt),
      radio: { frequency: radio?.frequency ?? 0, dataRate: radio?.dataRate ?? '' },
      receptions,
      timeMs: receptionTimeMs(receptions, clock.nowMs()),
      via: 'bridge',
    };
  }

  const gathered = createDeduplicator<Copy>({
    clock,
    windowMs: options.dedupWindowMs,
    complete: options.gatewayCount,
    release,
  });
  return {
    receive: (copy) => gathered.add(keyOf(copy.uplink.phyPayload), copy),
    flush: gathered.flush,
  };
}

/** The frame's bytes as a string of one character each: the cheapest key there is. */
function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** One a gateway, best first: a broker may bring the same copy twice. */
function receptionsOf(copies: readonly Copy[]): Reception[] {
  if (copies.length === 1 && copies[0]) return [toReception(copies[0].uplink)];
  const byGateway = new Map(copies.map(({ uplink }) => [uplink.gatewayId, toReception(uplink)]));
  return [...byGateway.values()].sort(bestFirst);
}

function toReception(uplink: BridgeUplink): Reception {
  const { gatewayId, rssi, snr, channel, context, timeMs } = uplink;
  return { gatewayId, rssi, snr, channel, context, ...(timeMs === undefined ? {} : { timeMs }) };
}

function bestFirst(a: Reception, b: Reception): number {
  return b.snr - a.snr || b.rssi - a.rssi;
}

const AHEAD_MS = 3_600_000;

/**
 * When the frame was received: the best-hearing gateway's word, unless it lies ahead of us by more than an hour. A frame
 * that waited in a queue for days keeps its own time.
 */
function receptionTimeMs(receptions: readonly Reception[], nowMs: number): number {
  for (const { timeMs } of receptions) {
    if (timeMs !== undefined && timeMs <= nowMs + AHEAD_MS) return Math.floor(timeMs);
  }
  return nowMs;
}
