/**
 * The newest frames, as they were heard and handed out: their bytes and what became of them, overwritten in turn. Noting one
 * is all that happens on the way of a frame; whatever it means is found out when somebody asks.
 *
 * Invariants: memory is bounded by `CAPACITY` frames of 255 bytes and `MAX_RECEPTIONS` receptions each; bytes are copied, and
 * nothing else of a message is kept, since it would keep all of it.
 */
import type { FrameReception, FrameSending } from '../../model/frame.ts';
import type { DownlinkFrame, DownlinkItem, DownlinkTxAck } from '../bridge/message.ts';
import { plausibleDataRate } from '../bridge/modulation.ts';
import { MAX_FRAME_BYTES } from '../lorawan/frame.ts';
import type { FrameOutcome, Refused } from '../network/outcome.ts';
import type { Reception } from '../network/reception.ts';

/** Frames kept. */
export const CAPACITY = 500;
/** A frame that more gateways heard is shown with these. */
const MAX_RECEPTIONS = 16;

interface Noted {
  readonly number: number;
  /** See FrameSummary. */
  readonly revision: number;
  readonly timeMs: number;
  readonly length: number;
}

/** What the network server made of it. */
export type FrameVerdict =
  | Refused
  | {
      /** DevEUI. */
      readonly device: string;
      /** Of a reading: its payload in clear under the full counter. */
      readonly reading: { readonly fCnt: number; readonly payload: Uint8Array } | undefined;
    };

export interface HeardFrame extends Noted {
  /** Hertz. */
  readonly frequency: number;
  readonly dataRate: string;
  readonly receptions: readonly FrameReception[];
  readonly verdict: FrameVerdict;
}

export interface SentFrame extends Noted {
  readonly downlinkId: number;
  readonly sending: FrameSending;
}

export type NotedFrame = HeardFrame | SentFrame;

export interface RecentFrames {
  heard(receptions: readonly Reception[], outcome: FrameOutcome, timeMs: number): void;
  sent(command: DownlinkFrame, timeMs: number): void;
  /** A gateway's word about one. */
  answered(ack: DownlinkTxAck): void;
  /** It did not reach the gateway. */
  notHandedOver(command: Pick<DownlinkFrame, 'gatewayId' | 'downlinkId'>): void;
  revision(): number;
  /** In no order. */
  list(): readonly NotedFrame[];
  get(number: number): NotedFrame | undefined;
  /** Good until the next frame is noted. */
  bytesOf(frame: NotedFrame): Uint8Array;
  onFrame(listener: () => void): () => void;
}

/** None yet. */
export function createRecentFrames(): RecentFrames {
  const memory = new Uint8Array(CAPACITY * MAX_FRAME_BYTES);
  const frames = new Array<NotedFrame | undefined>(CAPACITY).fill(undefined);
  const listeners = new Set<() => void>();
  let newest = 0;
  let revision = 0;

  /** Keeps the bytes as those of the next frame; how many they are. */
  function take(bytes: Uint8Array): number {
    newest++;
    const taken = bytes.length > MAX_FRAME_BYTES ? bytes.subarray(0, MAX_FRAME_BYTES) : bytes;
    memory.set(taken, (newest % CAPACITY) * MAX_FRAME_BYTES);
    return taken.length;
  }

  function keep(frame: NotedFrame): void {
    frames[frame.number % CAPACITY] = frame;
    for (const listener of listeners) listener();
  }

  /** A gateway's protocol carries 16 bits of the number. */
  function settle(gatewayId: string, downlinkId: number, fate: Partial<FrameSending>): void {
    const frame = frames.find(
      (one): one is SentFrame =>
        one !== undefined &&
        'sending' in one &&
        one.sending.gatewayId === gatewayId &&
        (one.downlinkId & 0xffff) === (downlinkId & 0xffff) &&
        one.sending.sentIn === undefined &&
        one.sending.refusedBy === undefined,
    );
    if (frame) keep({ ...frame, revision: ++revision, sending: { ...frame.sending, ...fate } });
  }

  return {
    heard(copies, outcome, timeMs) {
      const [first] = copies;
      if (!first) return;
      const { phyPayload, frequency, dataRate } = first.uplink;
      const length = take(phyPayload);
      const receptions = receptionsOf(copies);
      const verdict = verdictOf(outcome);
      // No spread: this is on the way of every frame.
      keep({
        number: newest,
        revision: ++revision,
        timeMs,
        length,
        frequency,
        dataRate,
        receptions,
        verdict,
      });
    },
    sent({ gatewayId, downlinkId, items }, timeMs) {
      const [first] = items;
      if (!first) return;
      const length = take(first.phyPayload);
      const sending = { gatewayId, windows: items.map(toWindow) };
      keep({ number: newest, revision: ++revision, timeMs, length, downlinkId, sending });
    },
    answered({ gatewayId, downlinkId, items }) {
      const sentIn = items.indexOf('OK');
      const refusedBy = items.filter((status) => status !== 'IGNORED').join(', ') || 'IGNORED';
      settle(gatewayId, downlinkId, sentIn < 0 ? { refusedBy } : { sentIn });
    },
    notHandedOver: ({ gatewayId, downlinkId }) =>
      settle(gatewayId, downlinkId, { refusedBy: 'NOT_HANDED_OVER' }),
    revision: () => revision,
    list: () => frames.filter((frame) => frame !== undefined),
    get(number) {
      const frame = frames[number % CAPACITY];
      return frame?.number === number ? frame : undefined;
    },
    bytesOf({ number, length }) {
      const start = (number % CAPACITY) * MAX_FRAME_BYTES;
      return memory.subarray(start, start + length);
    },
    onFrame(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function verdictOf(outcome: FrameOutcome): FrameVerdict {
  if ('refused' in outcome) return outcome;
  const { device, uplink } = outcome;
  return { device, reading: uplink && { fCnt: uplink.fCnt, payload: uplink.data } };
}

function receptionsOf(copies: readonly Reception[]): FrameReception[] {
  const receptions: FrameReception[] = [];
  for (const { uplink } of copies) {
    const { gatewayId, rssi, snr, channel } = uplink;
    receptions.push({ gatewayId, rssi, snr, channel });
  }
  if (receptions.length === 1) return receptions;
  return receptions.sort((a, b) => b.snr - a.snr || b.rssi - a.rssi).slice(0, MAX_RECEPTIONS);
}

function toWindow({ frequency, power, modulation, timing }: DownlinkItem): FrameSending['windows'][number] {
  const delay = timing.kind === 'delay' ? { delayMs: timing.delayMs } : {};
  return { frequency, power, dataRate: plausibleDataRate(modulation) ?? '', ...delay };
}
