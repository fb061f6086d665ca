/**
 * Turns an uplink into the reading the log keeps: decoded fields, raw bytes, and how it was heard. Never throws: a payload
 * no codec understands is kept as bytes with the reason beside it.
 */
import type { Device } from '../model/device.ts';
import type { Fields, NewRecord } from '../model/record.ts';
import type { Uplink } from '../model/uplink.ts';
import { decodePayload } from './codec/codec.ts';
import { flattenFields } from './codec/fields.ts';

/** The record of `uplink`; `device` says how to read its payload. */
export function toRecord(uplink: Uplink, device: Device | undefined): NewRecord {
  const { fields, codec, problem } = decode(uplink, device);
  return {
    kind: 'uplink',
    timeMs: uplink.timeMs,
    device: uplink.device,
    body: {
      fields,
      data: Buffer.from(uplink.data).toString('hex'),
      fPort: uplink.fPort,
      fCnt: uplink.fCnt,
      devAddr: uplink.devAddr,
      confirmed: uplink.confirmed,
      freq: uplink.radio.frequency,
      dr: uplink.radio.dataRate,
      rx: uplink.receptions.map(({ gatewayId, rssi, snr, timeMs }) => ({
        gw: gatewayId,
        rssi,
        snr,
        ...(timeMs === undefined ? {} : { t: timeMs }),
      })),
      codec,
      ...(problem ? { problem } : {}),
      via: uplink.via,
    },
  };
}

interface Decoded {
  readonly fields: Fields;
  readonly codec: string;
  readonly problem?: string | undefined;
}

function decode(uplink: Uplink, device: Device | undefined): Decoded {
  if (uplink.decoded) {
    const { fields, dropped } = flattenFields(uplink.decoded);
    return {
      fields,
      codec: 'chirpstack',
      problem: dropped.length > 0 ? `left out: ${dropped.join('; ')}` : undefined,
    };
  }
  // FPort 0 carries MAC commands, and no FPort nothing at all (LoRaWAN 1.0.x §4.3.2): neither is a measurement.
  if (!uplink.fPort) return { fields: {}, codec: 'none' };
  const codec = device?.codec ?? 'raw';
  return { codec, ...decodePayload(codec, uplink.fPort, uplink.data) };
}
