/** What a bridge publishes and what it is sent, written by the marshaler of the gateway in question. */
import {
  ackToJson3,
  ackToJson4,
  connToJson3,
  connToJson4,
  downlinkToJson3,
  downlinkToJson4,
  statsToJson3,
  statsToJson4,
  uplinkToJson3,
  uplinkToJson4,
} from './json-encode.ts';
import type {
  BridgeUplink,
  ConnState,
  DownlinkFrame,
  DownlinkTxAck,
  GatewayStats,
  Marshaler,
} from './message.ts';
import {
  writeConnState,
  writeDownlinkFrame,
  writeGatewayStats,
  writeTxAck,
  writeUplinkFrame,
} from './protobuf-encode.ts';
import { writeDownlinkFrame3 } from './protobuf-encode-3.ts';

/** Of version 3's protobuf only the command is written: nobody plays such a bridge. */
export type EventMarshaler = Exclude<Marshaler, 'protobuf-v3'>;

interface Writers<Message> {
  readonly protobuf: (message: Message) => Uint8Array;
  readonly json: (message: Message) => unknown;
  readonly 'json-v3': (message: Message) => unknown;
}

/** The payload of `gateway/{id}/event/up`. `dataRate` is not sent: it follows from `modulation`. */
export function encodeUplinkFrame(uplink: BridgeUplink, marshaler: EventMarshaler): Uint8Array {
  return write(
    { protobuf: writeUplinkFrame, json: uplinkToJson4, 'json-v3': uplinkToJson3 },
    uplink,
    marshaler,
  );
}

/** The payload of `gateway/{id}/event/stats`. */
export function encodeGatewayStats(stats: GatewayStats, marshaler: EventMarshaler): Uint8Array {
  return write(
    { protobuf: writeGatewayStats, json: statsToJson4, 'json-v3': statsToJson3 },
    stats,
    marshaler,
  );
}

/** The payload of `gateway/{id}/event/ack`. */
export function encodeDownlinkTxAck(ack: DownlinkTxAck, marshaler: EventMarshaler): Uint8Array {
  return write({ protobuf: writeTxAck, json: ackToJson4, 'json-v3': ackToJson3 }, ack, marshaler);
}

/** The payload of `gateway/{id}/state/conn`, which a bridge retains. */
export function encodeConnState(conn: ConnState, marshaler: EventMarshaler): Uint8Array {
  return write({ protobuf: writeConnState, json: connToJson4, 'json-v3': connToJson3 }, conn, marshaler);
}

/** The payload of `gateway/{id}/command/down`. */
export function encodeDownlinkFrame(frame: DownlinkFrame, marshaler: Marshaler): Uint8Array {
  if (marshaler === 'protobuf-v3') return writeDownlinkFrame3(frame);
  return write(
    { protobuf: writeDownlinkFrame, json: downlinkToJson4, 'json-v3': downlinkToJson3 },
    frame,
    marshaler,
  );
}

function write<Message>(writers: Writers<Message>, message: Message, marshaler: EventMarshaler): Uint8Array {
  if (marshaler === 'protobuf') return writers.protobuf(message);
  return Buffer.from(JSON.stringify(writers[marshaler](message)));
}
