/**
 * Turns an uplink into the reading the log keeps: decoded fields, raw bytes, and how it was heard. Never throws: a payload
 * no codec understands is kept as bytes with the reason beside it.
 */
import type { Device } from '../model/device.ts';
import { codecOf, type DeviceProfile } from '../model/profile.ts';
import type { Fields, NewRecord } from '../model/record.ts';
import type { Said } from '../model/said.ts';
import type { Uplink } from '../model/uplink.ts';
import { type Decoded, decodePayload } from './codec/codec.ts';
import { flattenFields } from './codec/fields.ts';
import type { UplinkInput } from './codec/javascript.ts';
import { leftOut } from './codec/problem.ts';

/** A reading with more to be said of it keeps the words alone: it may come every minute, and is kept for years. */
const MAX_PIECES = 4;

/** Decodes with the codec of that name; never throws. A script's answer comes later. */
export type DecodeWith = (codec: string, input: UplinkInput) => Decoded | Promise<Decoded>;

const builtInOnly: DecodeWith = (codec, { fPort, data }) => decodePayload(codec, fPort, data);

/**
 * The record of `uplink`; `device` and its profile say how to read its payload. Without `decodeWith` there are only the
 * built-in codecs. At once where no script is asked: nearly every frame of most sites, thousands a second.
 */
export function toRecord(
  uplink: Uplink,
  device: Device | undefined,
  decodeWith: DecodeWith = builtInOnly,
  profile?: DeviceProfile,
): NewRecord | Promise<NewRecord> {
  const read = decode(uplink, device, decodeWith, profile);
  return read instanceof Promise ? read.then((decoded) => recordOf(uplink, decoded)) : recordOf(uplink, read);
}

function recordOf(uplink: Uplink, { fields, codec, problem, said }: Read): NewRecord {
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
      ...(said && said.length <= MAX_PIECES ? { said } : {}),
      via: uplink.via,
    },
  };
}

interface Read {
  readonly fields: Fields;
  readonly codec: string;
  readonly problem?: string | undefined;
  readonly said?: readonly Said[] | undefined;
}

function decode(
  uplink: Uplink,
  device: Device | undefined,
  decodeWith: DecodeWith,
  profile: DeviceProfile | undefined,
): Read | Promise<Read> {
  if (uplink.decoded) {
    const { fields, dropped } = flattenFields(uplink.decoded);
    return { fields, codec: 'chirpstack', ...(dropped.length > 0 ? leftOut(dropped) : {}) };
  }
  // FPort 0 carries MAC commands, and no FPort nothing at all (LoRaWAN 1.0.x §4.3.2): neither is a measurement.
  if (!uplink.fPort) return { fields: {}, codec: 'none' };
  const codec = device ? codecOf(device, profile) : 'raw';
  const { fPort, data, timeMs } = uplink;
  const { fCnt, radio, receptions, device: devEui } = uplink;
  const frame = {
    devEui,
    name: device?.name ?? devEui,
    fCnt,
    frequency: radio.frequency,
    gateways: receptions,
  };
  const decoded = decodeWith(codec, { fPort, data, timeMs, variables: profile?.variables, frame });
  const read = ({ fields, problem, said }: Decoded): Read => ({ codec, fields, problem, said });
  return decoded instanceof Promise ? decoded.then(read) : read(decoded);
}
