/**
 * The bridge's messages out of Protocol Buffers (package gw): version 4's fields, and the `_legacy` ones in which
 * version 3 wrote the same things (bandwidths in kHz, EUIs as bytes). The numbers are the field numbers of ChirpStack's
 * gw.proto. Every `read…` of a whole message gives undefined when the bytes are none.
 */
import {
  type AckDraft,
  type BridgeDraft,
  type ConnDraft,
  type DownlinkDraft,
  emptyItem,
  emptyStats,
  emptyUplink,
  firstWord,
  type ItemDraft,
  MAX_CONTEXT_BYTES,
  MAX_ENTRIES,
  type StatsDraft,
  type UplinkDraft,
} from './draft.ts';
import type { DownlinkTiming } from './message.ts';
import {
  readEntry,
  readFsk,
  readLocation,
  readLora,
  readLrFhss,
  readMetadataValue,
  readModulation,
  readTimeMs,
} from './protobuf-parts.ts';
import {
  createReader,
  enter,
  leave,
  readBase64,
  readBytes,
  readDouble,
  readField,
  readFloat,
  readHex,
  readText,
  readUint32,
  skip,
  type WireReader,
} from './wire.ts';

export function readUplinkFrame(payload: Uint8Array): UplinkDraft | undefined {
  const r = createReader(payload);
  const draft = emptyUplink();
  for (let field = readField(r); field !== 0; field = readField(r)) {
    if (field === 1) draft.phyPayload = readBytes(r);
    else if (field === 2) readTxInfoLegacy(r, draft);
    else if (field === 3) readRxInfoLegacy(r, draft);
    else if (field === 4) readTxInfo(r, draft);
    else if (field === 5) readRxInfo(r, draft);
    else skip(r);
  }
  return r.bad ? undefined : draft;
}

export function readGatewayStats(payload: Uint8Array): StatsDraft | undefined {
  const r = createReader(payload);
  const draft = emptyStats();
  for (let field = readField(r); field !== 0; field = readField(r)) {
    readStatsField(r, field, draft);
  }
  return r.bad ? undefined : draft;
}

export function readTxAck(payload: Uint8Array): AckDraft | undefined {
  const r = createReader(payload);
  const draft: AckDraft = { gatewayId: '', downlinkId: 0, items: [] };
  for (let field = readField(r); field !== 0; field = readField(r)) {
    if (field === 1) draft.gatewayId = readHex(r);
    else if (field === 2) draft.downlinkId = readUint32(r);
    else if (field === 4) draft.downlinkId = firstWord(readBytes(r));
    else if (field === 5 && draft.items.length < MAX_ENTRIES) draft.items.push(readAckItem(r));
    else if (field === 6) nameGateway(r, draft);
    else skip(r);
  }
  return r.bad ? undefined : draft;
}

export function readConnState(payload: Uint8Array): ConnDraft | undefined {
  const r = createReader(payload);
  const draft: ConnDraft = { gatewayId: '', state: 0 };
  for (let field = readField(r); field !== 0; field = readField(r)) {
    if (field === 1) draft.gatewayId = readHex(r);
    else if (field === 2) draft.state = readUint32(r);
    else if (field === 3) nameGateway(r, draft);
    else skip(r);
  }
  return r.bad ? undefined : draft;
}

export function readDownlinkFrame(payload: Uint8Array): DownlinkDraft | undefined {
  const r = createReader(payload);
  const draft: DownlinkDraft = { gatewayId: '', downlinkId: 0, items: [] };
  for (let field = readField(r); field !== 0; field = readField(r)) {
    if (field === 3) draft.downlinkId = readUint32(r);
    else if (field === 5 && draft.items.length < MAX_ENTRIES) draft.items.push(readItem(r));
    else if (field === 7) nameGateway(r, draft);
    else skip(r);
  }
  return r.bad ? undefined : draft;
}

/** As version 4 does, in hex; version 3 has eight bytes in another field. */
function nameGateway(r: WireReader, draft: BridgeDraft): void {
  draft.gatewayId = readText(r);
  draft.isVersion4 = true;
}

function readTxInfo(r: WireReader, draft: UplinkDraft): void {
  const outer = enter(r);
  for (let field = readField(r); field !== 0; field = readField(r)) {
    if (field === 1) draft.frequency = readUint32(r);
    else if (field === 2) draft.modulation = readModulation(r);
    else skip(r);
  }
  leave(r, outer);
}

/** Version 3: the modulation's name is field 2, its parameters are where version 4's Modulation has them. */
function readTxInfoLegacy(r: WireReader, draft: UplinkDraft): void {
  const outer = enter(r);
  for (let field = readField(r); field !== 0; field = readField(r)) {
    if (field === 1) draft.frequency = readUint32(r);
    else if (field === 3) draft.modulation = readLora(r, 1000);
    else if (field === 4) draft.modulation = readFsk(r);
    else if (field === 5) draft.modulation = readLrFhss(r);
    else skip(r);
  }
  leave(r, outer);
}

function readRxInfo(r: WireReader, draft: UplinkDraft): void {
  const outer = enter(r);
  for (let field = readField(r); field !== 0; field = readField(r)) {
    readRxInfoField(r, field, draft);
  }
  leave(r, outer);
}

function readRxInfoField(r: WireReader, field: number, draft: UplinkDraft): void {
  switch (field) {
    case 1:
      nameGateway(r, draft);
      return;
    case 2:
      draft.uplinkId = readUint32(r);
      return;
    case 3:
      draft.timeMs = readTimeMs(r);
      return;
    case 4:
      draft.gpsTimeMs = readTimeMs(r);
      return;
    case 6:
      draft.rssi = readUint32(r) | 0;
      return;
    case 7:
      draft.snr = readFloat(r);
      return;
    case 8:
      draft.channel = readUint32(r);
      return;
    case 9:
      draft.rfChain = readUint32(r);
      return;
    case 10:
      draft.board = readUint32(r);
      return;
    case 11:
      draft.antenna = readUint32(r);
      return;
    case 12:
      draft.location = readLocation(r);
      return;
    case 13:
      draft.context = readBase64(r, MAX_CONTEXT_BYTES);
      return;
    case 15:
      draft.metadata ??= new Map();
      readEntry(r, draft.metadata, readMetadataValue, '');
      return;
    case 16:
      draft.crc = readUint32(r);
      return;
    default:
      skip(r);
  }
}

function readRxInfoLegacy(r: WireReader, draft: UplinkDraft): void {
  const outer = enter(r);
  for (let field = readField(r); field !== 0; field = readField(r)) {
    if (field === 1) draft.gatewayId = readHex(r);
    else if (field === 2) draft.timeMs = readTimeMs(r);
    else if (field === 3) draft.gpsTimeMs = readTimeMs(r);
    else if (field === 5) draft.rssi = readUint32(r) | 0;
    else if (field === 6) draft.snr = readDouble(r);
    else if (field === 7) draft.channel = readUint32(r);
    else if (field === 8) draft.rfChain = readUint32(r);
    else if (field === 9) draft.board = readUint32(r);
    else if (field === 10) draft.antenna = readUint32(r);
    else if (field === 11) draft.location = readLocation(r);
    else if (field === 15) draft.context = readBase64(r, MAX_CONTEXT_BYTES);
    else if (field === 16) draft.uplinkId = firstWord(readBytes(r));
    else if (field === 17) draft.crc = readUint32(r);
    else skip(r);
  }
  leave(r, outer);
}

function readStatsField(r: WireReader, field: number, draft: StatsDraft): void {
  switch (field) {
    case 1:
      draft.gatewayId = readHex(r);
      return;
    case 2:
      draft.timeMs = readTimeMs(r);
      return;
    case 3:
      draft.location = readLocation(r);
      return;
    case 4:
      draft.configVersion = readText(r);
      return;
    case 5:
      draft.rxReceived = readUint32(r);
      return;
    case 6:
      draft.rxOk = readUint32(r);
      return;
    case 7:
      draft.txReceived = readUint32(r);
      return;
    case 8:
      draft.txEmitted = readUint32(r);
      return;
    case 10:
      draft.metadata ??= new Map();
      readEntry(r, draft.metadata, readMetadataValue, '');
      return;
    case 12:
      draft.txPerFrequency ??= new Map();
      readEntry(r, draft.txPerFrequency, readUint32, 0);
      return;
    case 13:
      draft.rxPerFrequency ??= new Map();
      readEntry(r, draft.rxPerFrequency, readUint32, 0);
      return;
    case 16:
      draft.txPerStatus ??= new Map();
      readEntry(r, draft.txPerStatus, readUint32, 0);
      return;
    case 17:
      nameGateway(r, draft);
      return;
    default:
      skip(r);
  }
}

function readAckItem(r: WireReader): number {
  const outer = enter(r);
  let status = 0;
  for (let field = readField(r); field !== 0; field = readField(r)) {
    if (field === 1) status = readUint32(r);
    else skip(r);
  }
  leave(r, outer);
  return status;
}

function readItem(r: WireReader): ItemDraft {
  const outer = enter(r);
  const draft = emptyItem();
  for (let field = readField(r); field !== 0; field = readField(r)) {
    if (field === 1) draft.phyPayload = readBytes(r);
    else if (field === 3) readItemTxInfo(r, draft);
    else skip(r);
  }
  leave(r, outer);
  return draft;
}

function readItemTxInfo(r: WireReader, draft: ItemDraft): void {
  const outer = enter(r);
  for (let field = readField(r); field !== 0; field = readField(r)) {
    if (field === 1) draft.frequency = readUint32(r);
    else if (field === 2) draft.power = readUint32(r) | 0;
    else if (field === 3) draft.modulation = readModulation(r);
    else if (field === 4) draft.board = readUint32(r);
    else if (field === 5) draft.antenna = readUint32(r);
    else if (field === 6) draft.timing = readTiming(r);
    else if (field === 7) draft.context = readBase64(r, MAX_CONTEXT_BYTES);
    else skip(r);
  }
  leave(r, outer);
}

function readTiming(r: WireReader): DownlinkTiming {
  const outer = enter(r);
  let timing: DownlinkTiming = { kind: 'immediately' };
  for (let field = readField(r); field !== 0; field = readField(r)) {
    if (field === 2) timing = { kind: 'delay', delayMs: readWrappedDuration(r) };
    else if (field === 3) timing = { kind: 'gps', gpsTimeMs: readWrappedDuration(r) };
    else skip(r);
  }
  leave(r, outer);
  return timing;
}

/** A message whose only field is a Duration. */
function readWrappedDuration(r: WireReader): number {
  const outer = enter(r);
  let timeMs = 0;
  for (let field = readField(r); field !== 0; field = readField(r)) {
    if (field === 1) timeMs = readTimeMs(r);
    else skip(r);
  }
  leave(r, outer);
  return timeMs;
}
