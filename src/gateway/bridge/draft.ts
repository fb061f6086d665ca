/**
 * What a marshaler has read, before anything was checked, and the one place where it is: both marshalers fill the same
 * drafts, so a message means the same in each. Only what a reading cannot do without may refuse a message; anything
 * else that is absurd becomes "unknown".
 */
import { cut } from '../../model/text.ts';
import {
  type BridgeFault,
  type BridgeUplink,
  type ConnState,
  type DownlinkFrame,
  type DownlinkItem,
  type DownlinkTiming,
  type DownlinkTxAck,
  fault,
  type GatewayStats,
  type Location,
  type Modulation,
  TX_ACK_STATUSES,
} from './message.ts';
import { plausibleDataRate } from './modulation.ts';

/** LoRaWAN 1.0 appeared in January 2015: an earlier time of reception is a clock that was never set. */
const EARLIEST_MS = Date.UTC(2015, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);
/** The gateway's radio has a one-byte length. */
const MAX_PHY_BYTES = 255;
/** The UDP backend makes 4 bytes, Basics Station 8 or more. */
export const MAX_CONTEXT_BYTES = 96;
/** Entries read of a map, items of a list: a bridge sends far fewer. */
export const MAX_ENTRIES = 64;
/** Bytes of a metadata value; a longer one is cut. */
export const MAX_METADATA_VALUE = 256;

/** What every message of a bridge says. */
export interface BridgeDraft {
  gatewayId: string;
  /** In protobuf: the gateway is named as version 4 does. */
  isVersion4?: boolean;
}

/** NaN stands for "no time". */
export interface UplinkDraft extends BridgeDraft {
  phyPayload: Uint8Array | undefined;
  uplinkId: number;
  frequency: number;
  modulation: Modulation | undefined;
  rssi: number;
  snr: number;
  channel: number;
  rfChain: number;
  board: number;
  antenna: number;
  context: string;
  timeMs: number;
  gpsTimeMs: number;
  crc: number;
  location: Location | undefined;
  metadata: Map<string, string> | undefined;
}

export function emptyUplink(): UplinkDraft {
  return {
    phyPayload: undefined,
    gatewayId: '',
    uplinkId: 0,
    frequency: 0,
    modulation: undefined,
    rssi: 0,
    snr: 0,
    channel: 0,
    rfChain: 0,
    board: 0,
    antenna: 0,
    context: '',
    timeMs: Number.NaN,
    gpsTimeMs: Number.NaN,
    crc: 0,
    location: undefined,
    metadata: undefined,
  };
}

export interface StatsDraft extends BridgeDraft {
  timeMs: number;
  location: Location | undefined;
  configVersion: string;
  rxReceived: number;
  rxOk: number;
  txReceived: number;
  txEmitted: number;
  rxPerFrequency: Map<string, number> | undefined;
  txPerFrequency: Map<string, number> | undefined;
  txPerStatus: Map<string, number> | undefined;
  metadata: Map<string, string> | undefined;
}

export function emptyStats(): StatsDraft {
  return {
    gatewayId: '',
    timeMs: Number.NaN,
    location: undefined,
    configVersion: '',
    rxReceived: 0,
    rxOk: 0,
    txReceived: 0,
    txEmitted: 0,
    rxPerFrequency: undefined,
    txPerFrequency: undefined,
    txPerStatus: undefined,
    metadata: undefined,
  };
}

/** Statuses by number. */
export interface AckDraft extends BridgeDraft {
  downlinkId: number;
  items: number[];
}

export interface ConnDraft extends BridgeDraft {
  /** 1: online. */
  state: number;
}

export interface ItemDraft {
  phyPayload: Uint8Array | undefined;
  frequency: number;
  power: number;
  modulation: Modulation | undefined;
  board: number;
  antenna: number;
  timing: DownlinkTiming;
  context: string;
}

export function emptyItem(): ItemDraft {
  return {
    phyPayload: undefined,
    frequency: 0,
    power: 0,
    modulation: undefined,
    board: 0,
    antenna: 0,
    timing: { kind: 'immediately' },
    context: '',
  };
}

export interface DownlinkDraft extends BridgeDraft {
  downlinkId: number;
  items: ItemDraft[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The message's own gateway id must be the topic's: a broker's access rules are written for topics. */
export function checkGatewayId(gatewayId: string, topicGatewayId: string): BridgeFault | undefined {
  if (gatewayId === topicGatewayId || gatewayId.toLowerCase() === topicGatewayId) return undefined;
  const said = gatewayId === '' ? 'no gateway' : `gateway ${printable(gatewayId)}`;
  return fault('gateway_id_mismatch', `The message names ${said}, its topic names ${topicGatewayId}.`);
}

/** Checks and completes an uplink. */
export function finishUplink(draft: UplinkDraft, topicGatewayId: string): BridgeUplink | BridgeFault {
  const mismatch = checkGatewayId(draft.gatewayId, topicGatewayId);
  if (mismatch) return mismatch;
  if (draft.crc === 1) return fault('crc_not_ok', 'The gateway received the frame with a bad CRC.');
  const phyPayload = checkPhyPayload(draft.phyPayload);
  if ('ok' in phyPayload) return phyPayload;
  const radio = checkRadio(draft.frequency, draft.modulation);
  if ('ok' in radio) return radio;
  const uplink: Mutable<BridgeUplink> = {
    phyPayload,
    gatewayId: topicGatewayId,
    uplinkId: draft.uplinkId,
    frequency: draft.frequency,
    dataRate: radio.dataRate,
    modulation: radio.modulation,
    rssi: boundedRssi(draft.rssi),
    snr: boundedSnr(draft.snr),
    channel: draft.channel,
    rfChain: draft.rfChain,
    board: draft.board,
    antenna: draft.antenna,
    context: draft.context,
    crc: draft.crc === 2 ? 'ok' : 'none',
  };
  if (isPlausibleTime(draft.timeMs)) uplink.timeMs = draft.timeMs;
  if (draft.gpsTimeMs > 0) uplink.gpsTimeMs = draft.gpsTimeMs;
  const location = checkLocation(draft.location);
  if (location) uplink.location = location;
  if (draft.metadata) uplink.metadata = Object.fromEntries(draft.metadata);
  return uplink;
}

/** Checks and completes a gateway's statistics. */
export function finishStats(draft: StatsDraft, topicGatewayId: string): GatewayStats | BridgeFault {
  const mismatch = checkGatewayId(draft.gatewayId, topicGatewayId);
  if (mismatch) return mismatch;
  const stats: Mutable<GatewayStats> = {
    gatewayId: topicGatewayId,
    configVersion: draft.configVersion,
    rxReceived: draft.rxReceived,
    rxOk: draft.rxOk,
    txReceived: draft.txReceived,
    txEmitted: draft.txEmitted,
  };
  if (isPlausibleTime(draft.timeMs)) stats.timeMs = draft.timeMs;
  const location = checkLocation(draft.location);
  if (location) stats.location = location;
  if (draft.rxPerFrequency) stats.rxPerFrequency = Object.fromEntries(draft.rxPerFrequency);
  if (draft.txPerFrequency) stats.txPerFrequency = Object.fromEntries(draft.txPerFrequency);
  if (draft.txPerStatus) stats.txPerStatus = Object.fromEntries(draft.txPerStatus);
  if (draft.metadata) stats.metadata = Object.fromEntries(draft.metadata);
  return stats;
}

/** Checks and completes an acknowledgement; a status of a newer bridge counts as INTERNAL_ERROR. */
export function finishAck(draft: AckDraft, topicGatewayId: string): DownlinkTxAck | BridgeFault {
  const mismatch = checkGatewayId(draft.gatewayId, topicGatewayId);
  if (mismatch) return mismatch;
  const items = draft.items.map((status) => TX_ACK_STATUSES[status] ?? 'INTERNAL_ERROR');
  if (items.length === 0) return fault('bad_items', 'The acknowledgement says nothing of any item.');
  return { gatewayId: topicGatewayId, downlinkId: draft.downlinkId, items };
}

export function finishConn(draft: ConnDraft, topicGatewayId: string): ConnState | BridgeFault {
  const mismatch = checkGatewayId(draft.gatewayId, topicGatewayId);
  return mismatch ?? { gatewayId: topicGatewayId, online: draft.state === 1 };
}

/** Checks and completes a downlink command, as a gateway would before it sends one. */
export function finishDownlink(draft: DownlinkDraft, topicGatewayId: string): DownlinkFrame | BridgeFault {
  const mismatch = checkGatewayId(draft.gatewayId, topicGatewayId);
  if (mismatch) return mismatch;
  if (draft.items.length === 0) return fault('bad_items', 'The downlink has no item to send.');
  const items: DownlinkItem[] = [];
  for (const item of draft.items) {
    const phyPayload = checkPhyPayload(item.phyPayload);
    if ('ok' in phyPayload) return phyPayload;
    const radio = checkRadio(item.frequency, item.modulation);
    if ('ok' in radio) return radio;
    items.push({ ...item, phyPayload, modulation: radio.modulation });
  }
  return { gatewayId: topicGatewayId, downlinkId: draft.downlinkId, items };
}

/** Version 3 names up- and downlinks by a UUID; this is its first 32 bits. */
export function firstWord(bytes: Uint8Array): number {
  return (((bytes[0] ?? 0) << 24) | ((bytes[1] ?? 0) << 16) | ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0)) >>> 0;
}

function checkPhyPayload(phyPayload: Uint8Array | undefined): Uint8Array | BridgeFault {
  if (phyPayload === undefined || phyPayload.length === 0) {
    return fault('missing_phy_payload', 'The message holds no frame.');
  }
  if (phyPayload.length > MAX_PHY_BYTES) {
    return fault(
      'bad_phy_payload',
      `A frame of ${phyPayload.length} bytes; the radio carries ${MAX_PHY_BYTES}.`,
    );
  }
  return phyPayload;
}

function checkRadio(
  frequency: number,
  modulation: Modulation | undefined,
): { readonly modulation: Modulation; readonly dataRate: string } | BridgeFault {
  if (!(frequency > 0)) return fault('bad_tx_info', 'The message names no frequency.');
  const dataRate = modulation && plausibleDataRate(modulation);
  if (!modulation || dataRate === undefined)
    return fault('bad_tx_info', 'The message names no modulation that a radio sends.');
  return { modulation, dataRate };
}

/** A gateway without a position sends 0, 0. */
function checkLocation(location: Location | undefined): Location | undefined {
  if (!location || (location.latitude === 0 && location.longitude === 0)) return undefined;
  if (!(Math.abs(location.latitude) <= 90 && Math.abs(location.longitude) <= 180)) return undefined;
  return Number.isFinite(location.altitude) ? location : { ...location, altitude: 0 };
}

/** dBm; the worst for what is no number, so that it never looks like the best reception. */
export function boundedRssi(rssi: number): number {
  return clamp(rssi, -200, 30);
}

/** dB, likewise; in hundredths, since protobuf's 32-bit float makes 5.099999904632568 of JSON's 5.1. */
export function boundedSnr(snr: number): number {
  return Math.round(clamp(snr, -50, 50) * 100) / 100;
}

/** May a frame have been received then? Not by a clock that was never set. */
export function isPlausibleTime(timeMs: number): boolean {
  return timeMs >= EARLIEST_MS && timeMs < LATEST_MS;
}

/** No number counts as the lowest value. */
function clamp(value: number, low: number, high: number): number {
  return value > low ? Math.min(value, high) : low;
}

function printable(text: string): string {
  return JSON.stringify(cut(text, 32));
}
