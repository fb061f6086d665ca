/**
 * The shape of a region: everything LoRaWAN's regional parameters (RP002, LoRaWAN 1.0.x) say of one band, as data. One
 * file a region holds its values; the functions beside it take a region and know none by name.
 *
 * Data rates are indices into `dataRates`, frequencies hertz, powers dBm EIRP, sizes bytes of N: FOpts and FRMPayload.
 */
import type { MacVersion, RegionName } from '../../model/lorawan.ts';

export type RegionModulation =
  | { readonly kind: 'lora'; readonly spreadingFactor: number; readonly bandwidth: number }
  | { readonly kind: 'fsk'; readonly bitrate: number };

export interface RegionDataRate {
  /** 'SF7BW125', 'FSK50000': the spelling of the packet forwarder. */
  readonly name: string;
  readonly modulation: RegionModulation;
  /** Which way frames at this rate go; the same modulation may stand twice, once for each way. */
  readonly use: 'both' | 'up' | 'down';
}

/** An uplink channel: a frequency and the data rates allowed there. */
export interface Channel {
  readonly frequency: number;
  readonly minDataRate: number;
  readonly maxDataRate: number;
}

/** Channels of equal distance: number `first`, `first + 1`, … on `frequency`, `frequency + step`, … */
export interface ChannelRow {
  readonly first: number;
  readonly count: number;
  readonly frequency: number;
  readonly step: number;
  readonly minDataRate: number;
  readonly maxDataRate: number;
}

/** The channels every device knows, with room for more that the network tells it. RX1 is on the uplink's channel. */
export interface DynamicPlan {
  readonly kind: 'dynamic';
  /** Numbered from 0; a network cannot change or remove them. */
  readonly defaults: readonly Channel[];
  /** What most networks add, in the order of their numbers: see `cfListFor`. */
  readonly usualExtras: readonly Channel[];
  readonly maxChannels: number;
  /** The rates of the channels that a join accept adds. */
  readonly cfListDataRates: readonly [min: number, max: number];
}

/** Uplink channels that all devices know, of which a network uses some; RX1 is on one of fewer downlink channels. */
export interface FixedPlan {
  readonly kind: 'fixed';
  /** Eight of them make a sub-band. */
  readonly narrow: ChannelRow;
  /** One a sub-band, after the narrow ones; null where there are none. */
  readonly wide: ChannelRow | null;
  /** The uplink channel's number modulo `count` is the downlink channel's. */
  readonly downlink: { readonly frequency: number; readonly step: number; readonly count: number };
  /** Values of ChMaskCntl that do not stand for 16 channels; null: the region has no such. */
  readonly maskControls: {
    readonly subBands: number | null;
    /** All narrow ones; the bits are the wide ones. */
    readonly allOn: number;
    readonly allOff: number | null;
  };
}

/** A part of the band (`fromHz` included, `toHz` not) with a limit of its own. */
export interface PowerLimit {
  readonly fromHz: number;
  readonly toHz: number;
  readonly eirp: number;
}

export interface DutySubBand {
  /** Unique in the region; the key of the ledger. */
  readonly name: string;
  readonly fromHz: number;
  readonly toHz: number;
  /** Of the time that a sender may be on the air: 0.01 is one percent. */
  readonly share: number;
}

export interface Dwell {
  /** True: no frame longer than 400 ms. */
  readonly uplink: boolean;
  readonly downlink: boolean;
}

/** N by data rate; null where the rate does not exist, 0 where a frame would not fit into the dwell time. */
export type PayloadTable = readonly (number | null)[];
/** The RX1 data rate by uplink data rate, then by RX1DROffset. */
export type Rx1Table = readonly (readonly number[] | null)[];

export interface Region {
  readonly name: RegionName;
  /** What a radio may be told to use, ends included. */
  readonly minFrequency: number;
  readonly maxFrequency: number;
  readonly dataRates: readonly (RegionDataRate | null)[];
  readonly maxPayload: PayloadTable;
  /** Under a dwell time limit; null where there is none or where `maxPayload` has it in already. */
  readonly maxPayloadDwell: PayloadTable | null;
  readonly rx1: Rx1Table;
  /** Under a downlink dwell time limit; null where it changes nothing. */
  readonly rx1Dwell: Rx1Table | null;
  readonly rx2: { readonly frequency: number; readonly dataRate: number };
  readonly plan: ChannelPlan;
  /** What a device may send with at most, and index 0 of LinkADRReq stands for. */
  readonly maxEirp: number;
  /** The lowest power a network can ask for; each index is 2 dB below the one before. */
  readonly maxTxPowerIndex: number;
  /** What a gateway may send with, where no entry of `downlinkLimits` says otherwise. */
  readonly downlinkEirp: number;
  readonly downlinkLimits: readonly PowerLimit[];
  /** Empty where no duty cycle is prescribed; else a frequency outside all of them must not be sent on. */
  readonly dutyCycle: readonly DutySubBand[];
  /** What a device obeys until it is told otherwise. */
  readonly defaultDwell: Dwell;
  /** The first version whose devices know TxParamSetupReq; null: none. */
  readonly txParamSetupFrom: MacVersion | null;
  /** What ADR moves within, unless a profile narrows it. */
  readonly adrDataRates: readonly [min: number, max: number];
  /** Those that devices send join requests with. */
  readonly joinDataRates: readonly number[];
}

export type ChannelPlan = DynamicPlan | FixedPlan;

/** The same in every region: seconds from the end of an uplink to the first window. The second opens one later. */
export const RX1_DELAY_S = 1;
export const JOIN_RX1_DELAY_S = 5;
/** The dwell time limit where there is one. */
export const DWELL_LIMIT_MS = 400;
