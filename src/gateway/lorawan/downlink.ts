/**
 * Plans a downlink: which gateway sends it, in which windows, how much fits, and the items for the gateway. Pure: the
 * caller brings chance and time, builds the frame after it knows how much fits, and keeps the airtime ledger.
 *
 *     classAWindows / joinWindows / classCWindow -> maxPayloadOf -> (frame) -> downlinkItems
 */
import type { BridgeUplink, DownlinkItem, DownlinkTiming, Modulation } from '../bridge/message.ts';
import { knownChannels, type LinkState } from '../mac/link.ts';
import { channelOn } from '../region/channels.ts';
import { downlinkPower } from '../region/power.ts';
import { dataRateAt, maxPayloadBytes } from '../region/rates.ts';
import { DWELL_LIMIT_MS, JOIN_RX1_DELAY_S, type Region, type RegionModulation } from '../region/region.ts';
import { rx1DataRate, rx1Frequency } from '../region/window.ts';
import { airtimeMs } from './airtime.ts';

/** A gateway that can send: how it heard the uplink, and its limits. */
export interface DownlinkGateway {
  readonly copy: Pick<BridgeUplink, 'gatewayId' | 'snr' | 'rssi' | 'board' | 'antenna' | 'context'>;
  /** dBm EIRP; absent: as the region allows. */
  readonly maxEirp?: number;
  /** How likely it is picked beside others that are good enough; 1 by default. */
  readonly weight?: number;
}

/** A time, a frequency and a data rate at which the device listens. */
export interface DownlinkWindow {
  readonly name: 'rx1' | 'rx2' | 'class_c';
  /** Hertz. */
  readonly frequency: number;
  readonly dataRate: number;
  readonly modulation: RegionModulation;
  readonly timing: DownlinkTiming;
  /** N: bytes of FOpts and FRMPayload that fit. */
  readonly maxPayload: number;
  /** Bytes of PHYPayload that fit. */
  readonly maxFrame: number;
}

/** What a class A window hangs on. */
export interface AnsweredUplink {
  /** Hertz. */
  readonly frequency: number;
  /** Index in the region. */
  readonly dataRate: number;
}

/** dB above the least SNR from which a gateway counts as good enough. */
export const MIN_MARGIN_DB = 10;
/** MHDR, FHDR without FOpts, FPort and MIC. */
const OVERHEAD_BYTES = 13;
const JOIN_ACCEPT_BYTES = 33;
const SHORT_JOIN_ACCEPT_BYTES = 17;

/**
 * Among the gateways that heard the device well enough one by chance, so that not one of them sends everything; else
 * the one that heard it best. `requiredSnrDb` is that of the uplink's data rate, `chance` in [0, 1). undefined when
 * there is none.
 */
export function chooseGateway<Gateway extends DownlinkGateway>(
  gateways: readonly Gateway[],
  requiredSnrDb: number,
  chance: number,
  minMarginDb = MIN_MARGIN_DB,
): Gateway | undefined {
  const sorted = [...gateways].sort((a, b) => b.copy.snr - a.copy.snr || b.copy.rssi - a.copy.rssi);
  const good = sorted.filter(({ copy }) => copy.snr - requiredSnrDb >= minMarginDb);
  const total = good.reduce((sum, { weight = 1 }) => sum + weight, 0);
  let place = chance * total;
  for (const gateway of good) {
    place -= gateway.weight ?? 1;
    if (place < 0) return gateway;
  }
  return sorted[0];
}

/** RX1 and RX2 after an uplink of a device with these link settings; RX1 is missing where the region has none for it. */
export function classAWindows(region: Region, link: LinkState, uplink: AnsweredUplink): DownlinkWindow[] {
  return windowsAfter(region, link, uplink, link.rx1DelayS * 1000);
}

/**
 * RX1 and RX2 after a join request; `initial` is what a device of the region starts with (`initialLink`). Under a dwell
 * time limit a join accept with a CFList can be too long for a window: see `maxFrame`.
 */
export function joinWindows(region: Region, initial: LinkState, uplink: AnsweredUplink): DownlinkWindow[] {
  return windowsAfter(region, initial, uplink, JOIN_RX1_DELAY_S * 1000).map((window) => {
    const long = initial.dwell.downlink && windowAirtimeMs(window, JOIN_ACCEPT_BYTES) > DWELL_LIMIT_MS;
    return { ...window, maxFrame: long ? SHORT_JOIN_ACCEPT_BYTES : JOIN_ACCEPT_BYTES };
  });
}

/** The window that a class C device holds open all the time; undefined where its data rate does not exist. */
export function classCWindow(region: Region, link: LinkState): DownlinkWindow | undefined {
  return windowAt(region, link, 'class_c', link.rx2, { kind: 'immediately' });
}

/** N that fits into all of these windows: what a frame must keep to go out in any of them. 0 without a window. */
export function maxPayloadOf(windows: readonly DownlinkWindow[]): number {
  return windows.length === 0 ? 0 : Math.min(...windows.map((window) => window.maxPayload));
}

/**
 * The items of a DownlinkFrame, in the order to try. A window that the frame is too long for is left out; so the result
 * may be empty.
 */
export function downlinkItems(
  region: Region,
  windows: readonly DownlinkWindow[],
  gateway: DownlinkGateway,
  phyPayload: Uint8Array,
): DownlinkItem[] {
  const { board, antenna, context } = gateway.copy;
  return windows
    .filter((window) => phyPayload.length <= window.maxFrame)
    .map((window) => ({
      phyPayload,
      frequency: window.frequency,
      power: downlinkPower(region, window.frequency, gateway.maxEirp),
      modulation: onAir(window.modulation),
      board,
      antenna,
      timing: window.timing,
      context: window.timing.kind === 'delay' ? context : '',
    }));
}

/** Milliseconds on the air of a frame of so many bytes of PHYPayload in this window. */
export function windowAirtimeMs(window: Pick<DownlinkWindow, 'modulation'>, length: number): number {
  const { modulation } = window;
  if (modulation.kind === 'lora') return airtimeMs({ ...modulation, length, crc: false });
  return ((length + FSK_OVERHEAD_BYTES) * 8000) / modulation.bitrate;
}

/** Preamble 5, sync word 3, length 1, CRC 2. */
const FSK_OVERHEAD_BYTES = 11;

function windowsAfter(
  region: Region,
  link: LinkState,
  uplink: AnsweredUplink,
  rx1DelayMs: number,
): DownlinkWindow[] {
  const first = rx1Settings(region, link, uplink);
  const rx1 = first && windowAt(region, link, 'rx1', first, { kind: 'delay', delayMs: rx1DelayMs });
  const rx2 = windowAt(region, link, 'rx2', link.rx2, { kind: 'delay', delayMs: rx1DelayMs + 1000 });
  return [rx1, rx2].filter((window) => window !== undefined);
}

function rx1Settings(
  region: Region,
  link: LinkState,
  uplink: AnsweredUplink,
): { frequency: number; dataRate: number } | undefined {
  const dataRate = rx1DataRate(region, uplink.dataRate, link.rx1Offset, link.dwell.downlink);
  const frequency = ownFrequency(region, link, uplink) ?? rx1Frequency(region, uplink.frequency);
  return dataRate === undefined || frequency === undefined ? undefined : { frequency, dataRate };
}

/** Where DlChannelReq has moved RX1 of the uplink's channel. */
function ownFrequency(region: Region, link: LinkState, uplink: AnsweredUplink): number | undefined {
  if (Object.keys(link.downlinkFrequencies).length === 0) return undefined;
  const channel = channelOn(knownChannels(region, link), uplink.frequency, uplink.dataRate);
  return channel === undefined ? undefined : link.downlinkFrequencies[channel];
}

function windowAt(
  region: Region,
  link: LinkState,
  name: DownlinkWindow['name'],
  { frequency, dataRate }: { readonly frequency: number; readonly dataRate: number },
  timing: DownlinkTiming,
): DownlinkWindow | undefined {
  const modulation = dataRateAt(region, dataRate, 'down')?.modulation;
  if (!modulation) return undefined;
  const maxPayload = maxPayloadBytes(region, dataRate, link.dwell.downlink);
  const maxFrame = maxPayload > 0 ? maxPayload + OVERHEAD_BYTES : 0;
  return { name, frequency, dataRate, modulation, timing, maxPayload, maxFrame };
}

/** Downlinks have their chirps the other way round, so that devices do not hear each other. */
function onAir(modulation: RegionModulation): Modulation {
  if (modulation.kind === 'lora') return { ...modulation, codeRate: '4/5', polarizationInversion: true };
  return { kind: 'fsk', datarate: modulation.bitrate, frequencyDeviation: modulation.bitrate / 2 };
}
