/**
 * The bridge's messages out of JSON. Version 3 is told by its own spelling of the gateway's id (`gatewayID`, base64);
 * it also names bandwidths in kHz, code rates '4/5', and leaves nothing out. Version 4 leaves out whatever is zero.
 */
import { cut } from '../../model/text.ts';
import {
  type AckDraft,
  type ConnDraft,
  type DownlinkDraft,
  emptyItem,
  emptyStats,
  emptyUplink,
  firstWord,
  type ItemDraft,
  MAX_CONTEXT_BYTES,
  MAX_ENTRIES,
  MAX_METADATA_VALUE,
  type StatsDraft,
  type UplinkDraft,
} from './draft.ts';
import {
  asBytes,
  asDurationMs,
  asList,
  asNumber,
  asObject,
  asText,
  asTimeMs,
  asUint32,
  isObject,
  type JsonObject,
} from './json-value.ts';
import { type DownlinkTiming, type Location, type Modulation, TX_ACK_STATUSES } from './message.ts';
import { codeRateOfName, fskModulation, loraModulation, lrFhssModulation } from './modulation.ts';

/** Longer than any frame, so that an over-long one is told from a missing one. */
const MAX_PHY_BYTES = 4096;
const CRC_STATUSES = ['NO_CRC', 'BAD_CRC', 'CRC_OK'];
const CONN_STATES = ['OFFLINE', 'ONLINE'];

/** Is this object, the one that names the gateway, of version 3? */
export function isVersion3(holder: unknown): boolean {
  return isObject(holder) && 'gatewayID' in holder;
}

export function uplinkFromJson(json: JsonObject): UplinkDraft {
  const draft = emptyUplink();
  draft.phyPayload = asBytes(json.phyPayload, MAX_PHY_BYTES);
  const txInfo = asObject(json.txInfo);
  draft.frequency = asUint32(txInfo.frequency);
  const rxInfo = asObject(json.rxInfo);
  draft.rssi = Math.round(asNumber(rxInfo.rssi));
  draft.channel = asUint32(rxInfo.channel);
  draft.rfChain = asUint32(rxInfo.rfChain);
  draft.board = asUint32(rxInfo.board);
  draft.antenna = asUint32(rxInfo.antenna);
  draft.context = base64(rxInfo.context);
  draft.crc = enumNumber(CRC_STATUSES, rxInfo.crcStatus);
  draft.location = location(rxInfo.location);
  draft.metadata = textMap(rxInfo.metadata);
  if (isVersion3(rxInfo)) {
    draft.modulation = modulation3(txInfo);
    draft.gatewayId = gatewayId3(rxInfo);
    draft.uplinkId = firstWord(asBytes(rxInfo.uplinkID, 16) ?? Buffer.alloc(0));
    draft.timeMs = asTimeMs(rxInfo.time);
    draft.gpsTimeMs = asDurationMs(rxInfo.timeSinceGPSEpoch);
    draft.snr = asNumber(rxInfo.loRaSNR);
  } else {
    draft.modulation = modulation4(txInfo.modulation);
    draft.gatewayId = asText(rxInfo.gatewayId);
    draft.uplinkId = asUint32(rxInfo.uplinkId);
    draft.timeMs = asTimeMs(rxInfo.gwTime);
    draft.gpsTimeMs = asDurationMs(rxInfo.timeSinceGpsEpoch);
    draft.snr = asNumber(rxInfo.snr);
  }
  return draft;
}

export function statsFromJson(json: JsonObject): StatsDraft {
  const draft = emptyStats();
  const version3 = isVersion3(json);
  draft.gatewayId = version3 ? gatewayId3(json) : asText(json.gatewayId);
  draft.timeMs = asTimeMs(json.time);
  draft.location = location(json.location);
  draft.configVersion = asText(json.configVersion);
  draft.rxReceived = asUint32(json.rxPacketsReceived);
  draft.rxOk = asUint32(version3 ? json.rxPacketsReceivedOK : json.rxPacketsReceivedOk);
  draft.txReceived = asUint32(json.txPacketsReceived);
  draft.txEmitted = asUint32(json.txPacketsEmitted);
  draft.rxPerFrequency = countMap(json.rxPacketsPerFrequency);
  draft.txPerFrequency = countMap(json.txPacketsPerFrequency);
  draft.txPerStatus = countMap(json.txPacketsPerStatus);
  draft.metadata = textMap(version3 ? json.metaData : json.metadata);
  return draft;
}

export function ackFromJson(json: JsonObject): AckDraft {
  const items = asList(json.items)
    .slice(0, MAX_ENTRIES)
    .map((item) => statusNumber(asObject(item).status));
  if (!isVersion3(json)) {
    return { gatewayId: asText(json.gatewayId), downlinkId: asUint32(json.downlinkId), items };
  }
  // Before 3.9 there were no items, but one error for the whole.
  if (items.length === 0 && typeof json.error === 'string') {
    items.push(statusNumber(json.error === '' ? 'OK' : json.error));
  }
  const downlinkId = firstWord(asBytes(json.downlinkID, 16) ?? Buffer.alloc(0));
  return { gatewayId: gatewayId3(json), downlinkId, items };
}

export function connFromJson(json: JsonObject): ConnDraft {
  const gatewayId = isVersion3(json) ? gatewayId3(json) : asText(json.gatewayId);
  return { gatewayId, state: enumNumber(CONN_STATES, json.state) };
}

export function downlinkFromJson(json: JsonObject): DownlinkDraft {
  const version3 = isVersion3(json);
  return {
    gatewayId: version3 ? gatewayId3(json) : asText(json.gatewayId),
    downlinkId: version3
      ? firstWord(asBytes(json.downlinkID, 16) ?? Buffer.alloc(0))
      : asUint32(json.downlinkId),
    items: asList(json.items)
      .slice(0, MAX_ENTRIES)
      .map((item) => itemFromJson(asObject(item), version3)),
  };
}

function itemFromJson(json: JsonObject, version3: boolean): ItemDraft {
  const txInfo = asObject(json.txInfo);
  const power = Math.round(asNumber(txInfo.power));
  return {
    ...emptyItem(),
    phyPayload: asBytes(json.phyPayload, MAX_PHY_BYTES),
    frequency: asUint32(txInfo.frequency),
    power: Number.isNaN(power) ? 0 : power,
    modulation: version3 ? modulation3(txInfo) : modulation4(txInfo.modulation),
    board: asUint32(txInfo.board),
    antenna: asUint32(txInfo.antenna),
    timing: version3 ? timing3(txInfo) : timing4(asObject(txInfo.timing)),
    context: base64(txInfo.context),
  };
}

function timing4(json: JsonObject): DownlinkTiming {
  if (isObject(json.delay)) return { kind: 'delay', delayMs: asDurationMs(json.delay.delay) || 0 };
  if (isObject(json.gpsEpoch)) {
    return { kind: 'gps', gpsTimeMs: asDurationMs(json.gpsEpoch.timeSinceGpsEpoch) || 0 };
  }
  return { kind: 'immediately' };
}

function timing3(txInfo: JsonObject): DownlinkTiming {
  const { delayTimingInfo: delay, gpsEpochTimingInfo: gps } = txInfo;
  if (isObject(delay)) return { kind: 'delay', delayMs: asDurationMs(delay.delay) || 0 };
  if (isObject(gps)) return { kind: 'gps', gpsTimeMs: asDurationMs(gps.timeSinceGPSEpoch) || 0 };
  return { kind: 'immediately' };
}

/** Of `txInfo.modulation`. */
export function modulation4(value: unknown): Modulation | undefined {
  const { lora, fsk, lrFhss } = asObject(value);
  if (isObject(lora)) return loraOf(lora, 1);
  if (isObject(fsk)) return fskOf(fsk);
  if (!isObject(lrFhss)) return undefined;
  return lrFhssModulation(
    asUint32(lrFhss.operatingChannelWidth),
    codeRateOf(lrFhss),
    asUint32(lrFhss.gridSteps),
  );
}

function modulation3(txInfo: JsonObject): Modulation | undefined {
  const { loRaModulationInfo: lora, fskModulationInfo: fsk, lrFHSSModulationInfo: lrFhss } = txInfo;
  if (isObject(lora)) return loraOf(lora, 1000);
  if (isObject(fsk)) return fskOf(fsk);
  if (!isObject(lrFhss)) return undefined;
  return lrFhssModulation(
    asUint32(lrFhss.operatingChannelWidth),
    codeRateOf(lrFhss),
    asUint32(lrFhss.gridSteps),
  );
}

function loraOf(json: JsonObject, bandwidthUnit: number): Modulation {
  return loraModulation(
    asUint32(json.spreadingFactor),
    asUint32(json.bandwidth) * bandwidthUnit,
    codeRateOf(json),
    json.polarizationInversion === true,
  );
}

function fskOf(json: JsonObject): Modulation {
  return fskModulation(asUint32(json.datarate), asUint32(json.frequencyDeviation));
}

function codeRateOf(json: JsonObject) {
  return codeRateOfName(asText(json.codeRate)) ?? codeRateOfName(asText(json.codeRateLegacy));
}

function gatewayId3(json: JsonObject): string {
  return asBytes(json.gatewayID, 16)?.toString('hex') ?? '';
}

/** As the other marshaler would have it: padded, not of the URL alphabet. */
export function base64(value: unknown): string {
  return typeof value === 'string' ? (asBytes(value, MAX_CONTEXT_BYTES)?.toString('base64') ?? '') : '';
}

function location(value: unknown): Location | undefined {
  if (!isObject(value)) return undefined;
  return {
    latitude: asNumber(value.latitude),
    longitude: asNumber(value.longitude),
    altitude: asNumber(value.altitude),
  };
}

function textMap(value: unknown): Map<string, string> | undefined {
  const entries = entriesOf(value);
  return entries && new Map(entries.map(([key, item]) => [key, asText(item, MAX_METADATA_VALUE)]));
}

function countMap(value: unknown): Map<string, number> | undefined {
  const entries = entriesOf(value);
  return entries && new Map(entries.map(([key, item]) => [key, asUint32(item)]));
}

function entriesOf(value: unknown): (readonly [string, unknown])[] | undefined {
  if (!isObject(value)) return undefined;
  const entries = Object.entries(value).slice(0, MAX_ENTRIES);
  return entries.length === 0 ? undefined : entries.map(([key, item]) => [cut(key, 64), item] as const);
}

/** An enum may come by name or by number; absent means 0. */
function enumNumber(names: readonly string[], value: unknown): number {
  return typeof value === 'string' ? Math.max(0, names.indexOf(value)) : asUint32(value);
}

/** -1 for a name we do not know. */
function statusNumber(value: unknown): number {
  return typeof value === 'string' ? (TX_ACK_STATUSES as readonly string[]).indexOf(value) : asUint32(value);
}
