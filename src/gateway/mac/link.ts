/**
 * What the network knows of a device's link settings, and what it wants them to be. Plain data, to be stored as JSON
 * with the session; never changed in place. The functions of this folder give new states.
 *
 * Invariant: a setting here is what the device obeys at the latest from its next uplink: it changes when the device
 * accepts a request, never when one is sent.
 */

import type { JoinAcceptFields } from '../lorawan/join.ts';
import {
  type ChannelSet,
  channelNumbers,
  maskBlocks,
  networkChannels,
  standardChannels,
} from '../region/channels.ts';
import { applyMasks } from '../region/mask.ts';
import type { Channel, Dwell, Region } from '../region/region.ts';
import { RX1_DELAY_S } from '../region/region.ts';
import type { Request } from './command.ts';

export interface Rx2Settings {
  /** Hertz. */
  readonly frequency: number;
  readonly dataRate: number;
}

/** How a request has fared; kept until the device accepts it or something else is asked. */
export interface Attempt {
  /** What it is about: the request's kind, for a channel with its number. */
  readonly key: string;
  /** The request's bytes, hex; '' where each try may differ. */
  readonly request: string;
  readonly refused: number;
  readonly unanswered: number;
}

export interface LinkState {
  /** Uplink data rate, as last seen or accepted. */
  readonly dataRate: number;
  readonly txPowerIndex: number;
  readonly nbTrans: number;
  /** What the device has shown it can do; null: as the region says. */
  readonly minTxPowerIndex: number;
  readonly maxTxPowerIndex: number | null;
  /** Channels defined in the device besides the standard ones. */
  readonly extraChannels: ChannelSet;
  /** Numbers of the channels in use, ascending. */
  readonly enabled: readonly number[];
  /** RX1 frequencies that differ from the uplink's, by channel. */
  readonly downlinkFrequencies: Readonly<Record<number, number>>;
  readonly rx1DelayS: number;
  readonly rx1Offset: number;
  readonly rx2: Rx2Settings;
  readonly dwell: Dwell;
  /** null: never told. */
  readonly maxEirpIndex: number | null;
  readonly dutyCycleExponent: number;
  /** Sent with the last downlink that asked for something, and not answered yet. */
  readonly pending: readonly Request[];
  readonly attempts: readonly Attempt[];
}

/** What a network wants of its devices; made by `networkSettings`. */
export interface WantedLink {
  /** All channels the network uses, the standard ones included. */
  readonly channels: ChannelSet;
  readonly enabled: readonly number[];
  readonly downlinkFrequencies: Readonly<Record<number, number>>;
  readonly rx1DelayS: number;
  readonly rx1Offset: number;
  readonly rx2: Rx2Settings;
  readonly dwell: Dwell;
  /** dBm. */
  readonly maxEirp: number;
  readonly dutyCycleExponent: number;
}

export interface LinkOptions extends Partial<Omit<WantedLink, 'channels'>> {
  /** Besides the standard ones, in the order of their numbers; the region's usual ones unless said otherwise. */
  readonly extras?: readonly Channel[];
}

/**
 * A network's settings: the region's defaults where nothing is said. `enabled`: all channels. The dwell time limits stay
 * on unless they are said to be off: whether they may be depends on the country.
 */
export function networkSettings(region: Region, options: LinkOptions = {}): WantedLink {
  const { extras = usualExtras(region), ...rest } = options;
  const channels = networkChannels(region, extras);
  return {
    channels,
    enabled: channelNumbers(channels),
    downlinkFrequencies: {},
    rx1DelayS: RX1_DELAY_S,
    rx1Offset: 0,
    rx2: region.rx2,
    dwell: region.defaultDwell,
    maxEirp: region.maxEirp,
    dutyCycleExponent: 0,
    ...rest,
  };
}

/** The channels most networks of the region add; empty for a fixed plan. */
export function usualExtras(region: Region): readonly Channel[] {
  return region.plan.kind === 'dynamic' ? region.plan.usualExtras : [];
}

/** A device that knows nothing but the region: one that joins, or is personalised without further settings. */
export function initialLink(region: Region): LinkState {
  return {
    dataRate: region.adrDataRates[0],
    txPowerIndex: 0,
    nbTrans: 1,
    minTxPowerIndex: 0,
    maxTxPowerIndex: null,
    extraChannels: {},
    enabled: channelNumbers(standardChannels(region)),
    downlinkFrequencies: {},
    rx1DelayS: RX1_DELAY_S,
    rx1Offset: 0,
    rx2: region.rx2,
    dwell: region.defaultDwell,
    maxEirpIndex: null,
    dutyCycleExponent: 0,
    pending: [],
    attempts: [],
  };
}

/** A device that has taken this join accept. */
export function joinedLink(
  region: Region,
  accept: Pick<JoinAcceptFields, 'rx1DataRateOffset' | 'rx2DataRate' | 'rx1DelayS' | 'cfList'>,
): LinkState {
  const link = initialLink(region);
  return {
    ...link,
    ...listed(region, link, accept.cfList),
    rx1DelayS: accept.rx1DelayS,
    rx1Offset: accept.rx1DataRateOffset,
    rx2: { frequency: region.rx2.frequency, dataRate: accept.rx2DataRate },
  };
}

function listed(
  region: Region,
  link: LinkState,
  cfList: JoinAcceptFields['cfList'],
): Pick<LinkState, 'extraChannels' | 'enabled'> {
  if (cfList?.kind === 'channels' && region.plan.kind === 'dynamic') {
    const [minDataRate, maxDataRate] = region.plan.cfListDataRates;
    const first = region.plan.defaults.length;
    const extraChannels = Object.fromEntries(
      cfList.frequencies.map((frequency, index) => [first + index, { frequency, minDataRate, maxDataRate }]),
    );
    return { extraChannels, enabled: [...link.enabled, ...channelNumbers(extraChannels)] };
  }
  if (cfList?.kind === 'masks' && region.plan.kind === 'fixed') {
    const masks = cfList.masks.slice(0, maskBlocks(region.plan)).map((mask, control) => ({ control, mask }));
    return { extraChannels: {}, enabled: applyMasks(region, [], masks, link.enabled) };
  }
  return { extraChannels: {}, enabled: link.enabled };
}

/** All channels defined in the device. */
export function knownChannels(region: Region, link: Pick<LinkState, 'extraChannels'>): ChannelSet {
  const standard = standardChannels(region);
  return Object.keys(link.extraChannels).length === 0 ? standard : { ...standard, ...link.extraChannels };
}

/**
 * Takes note of the data rate of an uplink. `changed`: the device went to another rate by itself; it may have gone back
 * to full power as well, so its power counts as full, and its ADR history is worth nothing.
 */
export function observeDataRate(link: LinkState, dataRate: number): { link: LinkState; changed: boolean } {
  if (link.dataRate === dataRate) return { link, changed: false };
  return { link: { ...link, dataRate, txPowerIndex: link.minTxPowerIndex }, changed: true };
}
