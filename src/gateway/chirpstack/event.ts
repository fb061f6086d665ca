/**
 * Application events of ChirpStack 4 in JSON (`application/{id}/device/{devEui}/event/{type}`): an 'up' becomes an
 * Uplink, already verified and decrypted; the other types are only recognised. ChirpStack leaves out whatever is zero:
 * no `fCnt` is counter 0, no `fPort` a frame without a port.
 */

import { believed, latestBelieved, type OwnTime } from '../../model/foreign-time.ts';
import { cut } from '../../model/text.ts';
import type { RxInfo, Uplink } from '../../model/uplink.ts';
import { boundedRssi, boundedSnr } from '../bridge/draft.ts';
import { base64, modulation4 } from '../bridge/json-decode.ts';
import {
  asBytes,
  asList,
  asNumber,
  asObject,
  asText,
  asTimeMs,
  asUint32,
  isObject,
  type JsonObject,
  parseJsonObject,
} from '../bridge/json-value.ts';
import { plausibleDataRate } from '../bridge/modulation.ts';

/** The decoded `object` may be long; a frame is not. */
export const MAX_EVENT_BYTES = 262_144;
const MAX_DATA_BYTES = 1024;
const MAX_RECEPTIONS = 64;

const OTHER_TYPES: ReadonlySet<string> = new Set([
  'join',
  'ack',
  'txack',
  'status',
  'log',
  'location',
  'integration',
]);

const GATEWAY_ID = /^[0-9a-f]{16}$/;
const DEV_ADDR = /^[0-9a-f]{8}$/;

export interface ApplicationUplink {
  readonly ok: true;
  readonly kind: 'up';
  readonly uplink: Uplink;
  /** ChirpStack's UUID of the frame, the same when it is sent again; '' if absent. */
  readonly deduplicationId: string;
  readonly deviceName: string;
}

export interface OtherApplicationEvent {
  readonly ok: true;
  readonly kind: 'other';
  readonly type: string;
}

export interface ApplicationFault {
  readonly ok: false;
  readonly reason:
    | 'unknown_event'
    | 'chirpstack_3'
    | 'too_large'
    | 'bad_json'
    | 'dev_eui_mismatch'
    | 'bad_data';
  /** For a person; holds no payload. */
  readonly detail: string;
}

/**
 * Decodes an event of `type`. `devEui` is the topic's, 16 lower-case hex digits; the event must name the same.
 * `own`, our own time, dates an uplink whose event has no time that is believed.
 */
export function decodeApplicationEvent(
  type: string,
  devEui: string,
  payload: Uint8Array,
  own: OwnTime,
): ApplicationUplink | OtherApplicationEvent | ApplicationFault {
  if (OTHER_TYPES.has(type)) return { ok: true, kind: 'other', type };
  if (type !== 'up') {
    return fault('unknown_event', `No application event of ChirpStack 4: ${printable(type)}.`);
  }
  if (payload.length > MAX_EVENT_BYTES) {
    return fault('too_large', `${payload.length} bytes; ${MAX_EVENT_BYTES} are read at most.`);
  }
  const json = parseJsonObject(payload);
  if (!json) {
    return fault('bad_json', 'No JSON object. Set `json=true` in the MQTT integration of ChirpStack.');
  }
  if (json.deviceInfo === undefined && json.devEUI !== undefined) {
    return fault('chirpstack_3', 'An event of ChirpStack 3, which is not read: version 4 is.');
  }
  const device = asObject(json.deviceInfo);
  const named = asText(device.devEui);
  if (named.toLowerCase() !== devEui) {
    return fault('dev_eui_mismatch', `The event names device ${printable(named)}, its topic ${devEui}.`);
  }
  const data = asBytes(json.data ?? '', MAX_DATA_BYTES);
  if (!data) return fault('bad_data', `\`data\` is no base64 of at most ${MAX_DATA_BYTES} bytes.`);
  return {
    ok: true,
    kind: 'up',
    uplink: uplinkOf(json, devEui, data, own),
    deduplicationId: asText(json.deduplicationId, 64),
    deviceName: asText(device.deviceName),
  };
}

function uplinkOf(json: JsonObject, device: string, data: Uint8Array, own: OwnTime): Uplink {
  const receptions = receptionsOf(json.rxInfo, own);
  const devAddr = asText(json.devAddr).toLowerCase();
  const uplink: Uplink = {
    device,
    devAddr: DEV_ADDR.test(devAddr) ? devAddr : '00000000',
    fCnt: asUint32(json.fCnt),
    fPort: asUint32(json.fPort) || null,
    confirmed: json.confirmed === true,
    adr: json.adr === true,
    data,
    radio: radioOf(json),
    receptions,
    timeMs: timeOf(json, receptions, own),
    via: 'chirpstack',
  };
  return isObject(json.object) ? { ...uplink, decoded: json.object } : uplink;
}

function radioOf(json: JsonObject): Uplink['radio'] {
  const txInfo = asObject(json.txInfo);
  const modulation = modulation4(txInfo.modulation);
  const dataRate = modulation && plausibleDataRate(modulation);
  return { frequency: asUint32(txInfo.frequency), dataRate: dataRate ?? `DR${asUint32(json.dr)}` };
}

function timeOf(json: JsonObject, receptions: readonly RxInfo[], own: OwnTime): number {
  return latestBelieved([asTimeMs(json.time), ...receptions.map(({ timeMs }) => timeMs)], own) ?? own.nowMs;
}

/** Best first. A stranger's network may keep to itself who heard the frame: then one of gateway 0, at the worst signal. */
function receptionsOf(value: unknown, own: OwnTime): readonly RxInfo[] {
  const receptions = asList(value)
    .slice(0, MAX_RECEPTIONS)
    .map(asObject)
    .flatMap((rxInfo) => receptionOf(rxInfo, own));
  if (receptions.length === 0) {
    return [{ gatewayId: '0000000000000000', rssi: boundedRssi(Number.NaN), snr: boundedSnr(Number.NaN) }];
  }
  receptions.sort((a, b) => b.snr - a.snr || b.rssi - a.rssi);
  // A gateway with several boards or antennas is there once for each.
  const heard = new Set<string>();
  return receptions.filter(({ gatewayId }) => !heard.has(gatewayId) && heard.add(gatewayId));
}

function receptionOf(rxInfo: JsonObject, own: OwnTime): RxInfo[] {
  const gatewayId = asText(rxInfo.gatewayId).toLowerCase();
  if (!GATEWAY_ID.test(gatewayId)) return [];
  const reception: RxInfo = {
    gatewayId,
    rssi: boundedRssi(Math.round(asNumber(rxInfo.rssi))),
    snr: boundedSnr(asNumber(rxInfo.snr)),
    channel: asUint32(rxInfo.channel),
    context: base64(rxInfo.context),
  };
  const timeMs = believed(asTimeMs(rxInfo.gwTime), own);
  return [timeMs === undefined ? reception : { ...reception, timeMs }];
}

function fault(reason: ApplicationFault['reason'], detail: string): ApplicationFault {
  return { ok: false, reason, detail };
}

function printable(text: string): string {
  return JSON.stringify(cut(text, 64));
}
