/**
 * A payload of one of the bridge's topics, decoded and checked, whatever marshaler wrote it. Any bytes whatever give
 * a value: the message or the reason why it is none.
 */
import {
  type AckDraft,
  type BridgeDraft,
  type ConnDraft,
  type DownlinkDraft,
  finishAck,
  finishConn,
  finishDownlink,
  finishStats,
  finishUplink,
  type StatsDraft,
  type UplinkDraft,
} from './draft.ts';
import {
  ackFromJson,
  connFromJson,
  downlinkFromJson,
  isVersion3,
  statsFromJson,
  uplinkFromJson,
} from './json-decode.ts';
import { type JsonObject, parseJsonObject } from './json-value.ts';
import {
  type BridgeFault,
  type BridgeUplink,
  type ConnState,
  type DownlinkFrame,
  type DownlinkTxAck,
  fault,
  type GatewayStats,
  type Marshaler,
} from './message.ts';
import {
  readConnState,
  readDownlinkFrame,
  readGatewayStats,
  readTxAck,
  readUplinkFrame,
} from './protobuf-decode.ts';

/** An up event has some hundred bytes, stats with every map full some thousand. */
export const MAX_MESSAGE_BYTES = 65_536;

const OPENING_BRACE = 0x7b;

interface Decoded {
  readonly ok: true;
  readonly marshaler: Marshaler;
}

export interface BridgeMessages {
  readonly up: Decoded & { readonly kind: 'up'; readonly uplink: BridgeUplink };
  readonly stats: Decoded & { readonly kind: 'stats'; readonly stats: GatewayStats };
  readonly ack: Decoded & { readonly kind: 'ack'; readonly ack: DownlinkTxAck };
  readonly conn: Decoded & { readonly kind: 'conn'; readonly conn: ConnState };
}

export type BridgeEventKind = keyof BridgeMessages;
export type BridgeEvent = BridgeMessages[BridgeEventKind];

/**
 * Decodes the payload of `gateway/{id}/event/{up|stats|ack}` or `gateway/{id}/state/conn`. `topicGatewayId` is the
 * topic's, in lower case, and the message must name the same. An uplink's `phyPayload` may be a view of `payload`.
 */
export function decodeEvent(
  kind: BridgeEventKind,
  payload: Uint8Array,
  topicGatewayId: string,
): BridgeEvent | BridgeFault {
  switch (kind) {
    case 'up':
      return decodeUplink(payload, topicGatewayId);
    case 'stats':
      return decodeStats(payload, topicGatewayId);
    case 'ack':
      return decodeTxAck(payload, topicGatewayId);
    case 'conn':
      return decodeConnState(payload, topicGatewayId);
  }
}

export function decodeUplink(
  payload: Uint8Array,
  topicGatewayId: string,
): BridgeMessages['up'] | BridgeFault {
  const read = unmarshal<UplinkDraft>(payload, readUplinkFrame, uplinkFromJson, 'rxInfo');
  if ('ok' in read) return read;
  const uplink = finishUplink(read.draft, topicGatewayId);
  return 'ok' in uplink ? uplink : { ok: true, kind: 'up', marshaler: read.marshaler, uplink };
}

export function decodeStats(
  payload: Uint8Array,
  topicGatewayId: string,
): BridgeMessages['stats'] | BridgeFault {
  const read = unmarshal<StatsDraft>(payload, readGatewayStats, statsFromJson);
  if ('ok' in read) return read;
  const stats = finishStats(read.draft, topicGatewayId);
  return 'ok' in stats ? stats : { ok: true, kind: 'stats', marshaler: read.marshaler, stats };
}

export function decodeTxAck(
  payload: Uint8Array,
  topicGatewayId: string,
): BridgeMessages['ack'] | BridgeFault {
  const read = unmarshal<AckDraft>(payload, readTxAck, ackFromJson);
  if ('ok' in read) return read;
  const ack = finishAck(read.draft, topicGatewayId);
  return 'ok' in ack ? ack : { ok: true, kind: 'ack', marshaler: read.marshaler, ack };
}

export function decodeConnState(
  payload: Uint8Array,
  topicGatewayId: string,
): BridgeMessages['conn'] | BridgeFault {
  const read = unmarshal<ConnDraft>(payload, readConnState, connFromJson);
  if ('ok' in read) return read;
  const conn = finishConn(read.draft, topicGatewayId);
  return 'ok' in conn ? conn : { ok: true, kind: 'conn', marshaler: read.marshaler, conn };
}

/** What a gateway does with a command; here for the simulator. */
export function decodeDownlinkFrame(
  payload: Uint8Array,
  topicGatewayId: string,
): { readonly ok: true; readonly marshaler: Marshaler; readonly downlink: DownlinkFrame } | BridgeFault {
  const read = unmarshal<DownlinkDraft>(payload, readDownlinkFrame, downlinkFromJson);
  if ('ok' in read) return read;
  const downlink = finishDownlink(read.draft, topicGatewayId);
  return 'ok' in downlink ? downlink : { ok: true, marshaler: read.marshaler, downlink };
}

/**
 * Reads a message by whichever marshaler wrote it. JSON begins with '{', and 0x7b begins none of our protobuf
 * messages: it would be field 15 as a group, and there are no groups. White space before the brace must not be passed
 * over: 0x0a 0x7b is how the protobuf of a frame of 123 bytes begins.
 */
function unmarshal<Draft extends BridgeDraft>(
  payload: Uint8Array,
  fromProtobuf: (payload: Uint8Array) => Draft | undefined,
  fromJson: (json: JsonObject) => Draft,
  gatewayHolder?: string,
): { readonly draft: Draft; readonly marshaler: Marshaler } | BridgeFault {
  if (payload.length > MAX_MESSAGE_BYTES) {
    return fault('too_large', `${payload.length} bytes; ${MAX_MESSAGE_BYTES} are read at most.`);
  }
  if (payload[0] !== OPENING_BRACE) {
    const draft = fromProtobuf(payload);
    if (draft) return { draft, marshaler: draft.isVersion4 ? 'protobuf' : 'protobuf-v3' };
    return fault('bad_protobuf', `${payload.length} bytes that are no such protobuf message.`);
  }
  const json = parseJsonObject(payload);
  if (!json) return fault('bad_json', `${payload.length} bytes that begin like JSON and are not.`);
  const version3 = isVersion3(gatewayHolder === undefined ? json : json[gatewayHolder]);
  return { draft: fromJson(json), marshaler: version3 ? 'json-v3' : 'json' };
}
