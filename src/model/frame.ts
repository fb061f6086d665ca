/** Frames as they were on the air: what is told of each, and each of its bits. The newest few are kept in memory, no more. */

/** 'other' is what is none of LoRaWAN 1.0.x, or broken. */
export const FRAME_KINDS = ['uplink', 'join-request', 'join-accept', 'downlink', 'other'] as const;
export type FrameKind = (typeof FRAME_KINDS)[number];

/** How one gateway heard a frame. */
export interface FrameReception {
  readonly gatewayId: string;
  /** dBm. */
  readonly rssi: number;
  /** dB. */
  readonly snr: number;
  readonly channel: number;
}

/** One window a gateway may send in. */
export interface FrameWindow {
  /** Hertz. */
  readonly frequency: number;
  readonly dataRate: string;
  /** dBm EIRP. */
  readonly power: number;
  /** After the end of the uplink it answers, milliseconds; absent for one that goes at once. */
  readonly delayMs?: number;
}

/** A frame that was handed to a gateway, and what became of it. */
export interface FrameSending {
  readonly gatewayId: string;
  /** In the order to try. */
  readonly windows: readonly FrameWindow[];
  /** Of `windows`, once the gateway says that it has sent it. */
  readonly sentIn?: number;
  /** The gateway's words, or 'NOT_HANDED_OVER': it has not sent it. Neither this nor `sentIn`: it has not answered. */
  readonly refusedBy?: string;
}

export interface FrameSummary {
  /** Counts the frames of this run of the program, from 1. */
  readonly number: number;
  /** Counts what was noted, a frame or the fate of one: that of the newest word about this one. */
  readonly revision: number;
  /** When it was taken in or handed out, epoch milliseconds. */
  readonly timeMs: number;
  readonly kind: FrameKind;
  /** Whether this box handed it to a gateway; else a gateway heard it. */
  readonly isOurs: boolean;
  /** Why it was not let in, as in `refused` of the status. */
  readonly refused?: string;
  /** Of a declared device, or of the join request. */
  readonly devEui?: string;
  readonly joinEui?: string;
  readonly devAddr?: string;
  /** Where only the address is known: the declared devices that have it. */
  readonly maybeOf?: readonly string[];
  /** All 32 bits where they are known, else the 16 of the frame. */
  readonly fCnt?: number;
  readonly fPort?: number;
  readonly confirmed?: boolean;
  readonly phyPayload: Uint8Array;
  /** Hertz. */
  readonly frequency: number;
  readonly dataRate: string;
  /** Best first, of a heard one. */
  readonly receptions: readonly FrameReception[];
  /** Of one that was handed out. */
  readonly sending?: FrameSending;
}

/** A few bits of a part. */
export interface FrameField {
  readonly name: string;
  /** '010', the most significant first; absent for a number of whole bytes. */
  readonly bits?: string;
  /** In the terms of the specification. */
  readonly value: string;
  readonly clause?: string;
}

export interface FramePart {
  /** As the specification calls it: 'MHDR', 'LinkADRReq'. */
  readonly name: string;
  /** The field it stands in, of a MAC command. */
  readonly inside?: string;
  /** Of its first byte in the PHYPayload. */
  readonly offset: number;
  /** Hex, as on the air. */
  readonly bytes: string;
  /** Hex; absent where nothing is encrypted, or nobody here has the key. */
  readonly clear?: string;
  readonly encrypted?: boolean;
  readonly value?: string;
  /** Of SPECIFICATION, or of the document it names. */
  readonly clause: string;
  readonly fields: readonly FrameField[];
}

/** What clauses are of, unless they say otherwise. */
export const SPECIFICATION = 'LoRaWAN 1.0.3';

export interface FrameDetail {
  readonly summary: FrameSummary;
  readonly parts: readonly FramePart[];
  /** Whether something in it stays encrypted, because nobody here has the key. */
  readonly isEncrypted: boolean;
}

/** What the API may ask about the newest frames. */
export interface FrameService {
  /** Names this run of the program: the numbers of another one are others. */
  readonly run: number;
  /** Of the newest word about any frame, 0 before the first. */
  revision(): number;
  /** Those kept that there was a word about after `revision`, in the order of these, at most `limit`. */
  after(revision: number, limit: number): readonly FrameSummary[];
  /** undefined for one that is not kept any more, or was never heard. */
  get(number: number): FrameDetail | undefined;
  /** Calls back at each frame, and at each word about the fate of one; returns the unsubscriber. */
  onFrame(listener: () => void): () => void;
}
