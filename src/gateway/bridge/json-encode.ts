/**
 * The bridge's messages as JSON objects: version 4 leaves out what is zero, version 3 names everything, in its own
 * spelling. The inverse of `json-decode.ts`.
 */
import type {
  BridgeUplink,
  ConnState,
  DownlinkFrame,
  DownlinkItem,
  DownlinkTiming,
  DownlinkTxAck,
  GatewayStats,
  Modulation,
} from './message.ts';
import { codeRateName } from './modulation.ts';

export function uplinkToJson4(uplink: BridgeUplink): unknown {
  return {
    phyPayload: base64(uplink.phyPayload),
    txInfo: withoutDefaults({ frequency: uplink.frequency, modulation: modulation4(uplink.modulation) }),
    rxInfo: withoutDefaults({
      gatewayId: uplink.gatewayId,
      uplinkId: uplink.uplinkId,
      gwTime: rfc3339(uplink.timeMs),
      timeSinceGpsEpoch: duration(uplink.gpsTimeMs),
      rssi: uplink.rssi,
      snr: uplink.snr,
      channel: uplink.channel,
      rfChain: uplink.rfChain,
      board: uplink.board,
      antenna: uplink.antenna,
      location: uplink.location,
      context: uplink.context,
      metadata: uplink.metadata,
      crcStatus: uplink.crc === 'none' ? 0 : crcName(uplink),
    }),
  };
}

export function uplinkToJson3(uplink: BridgeUplink): unknown {
  return {
    phyPayload: base64(uplink.phyPayload),
    txInfo: { frequency: uplink.frequency, ...modulation3(uplink.modulation) },
    rxInfo: {
      gatewayID: base64(Buffer.from(uplink.gatewayId, 'hex')),
      time: rfc3339(uplink.timeMs) ?? null,
      timeSinceGPSEpoch: duration(uplink.gpsTimeMs) ?? null,
      rssi: uplink.rssi,
      loRaSNR: uplink.snr,
      channel: uplink.channel,
      rfChain: uplink.rfChain,
      board: uplink.board,
      antenna: uplink.antenna,
      location: uplink.location ?? null,
      fineTimestampType: 'NONE',
      context: uplink.context,
      uplinkID: uuid(uplink.uplinkId),
      crcStatus: crcName(uplink),
      metadata: uplink.metadata ?? {},
    },
  };
}

export function statsToJson4(stats: GatewayStats): unknown {
  return withoutDefaults({
    gatewayId: stats.gatewayId,
    time: rfc3339(stats.timeMs),
    location: stats.location,
    configVersion: stats.configVersion,
    rxPacketsReceived: stats.rxReceived,
    rxPacketsReceivedOk: stats.rxOk,
    txPacketsReceived: stats.txReceived,
    txPacketsEmitted: stats.txEmitted,
    metadata: stats.metadata,
    txPacketsPerFrequency: stats.txPerFrequency,
    rxPacketsPerFrequency: stats.rxPerFrequency,
    txPacketsPerStatus: stats.txPerStatus,
  });
}

/** Version 3 has no counts by frequency or status. */
export function statsToJson3(stats: GatewayStats): unknown {
  return {
    gatewayID: base64(Buffer.from(stats.gatewayId, 'hex')),
    time: rfc3339(stats.timeMs) ?? null,
    location: stats.location ?? null,
    configVersion: stats.configVersion,
    rxPacketsReceived: stats.rxReceived,
    rxPacketsReceivedOK: stats.rxOk,
    txPacketsReceived: stats.txReceived,
    txPacketsEmitted: stats.txEmitted,
    metaData: stats.metadata ?? {},
  };
}

export function ackToJson4(ack: DownlinkTxAck): unknown {
  const items = ack.items.map((status) => (status === 'IGNORED' ? {} : { status }));
  return withoutDefaults({ gatewayId: ack.gatewayId, downlinkId: ack.downlinkId, items });
}

export function ackToJson3(ack: DownlinkTxAck): unknown {
  return {
    gatewayID: base64(Buffer.from(ack.gatewayId, 'hex')),
    token: ack.downlinkId & 0xffff,
    error: '',
    downlinkID: uuid(ack.downlinkId),
    items: ack.items.map((status) => ({ status })),
  };
}

export function connToJson4(conn: ConnState): unknown {
  return conn.online ? { gatewayId: conn.gatewayId, state: 'ONLINE' } : { gatewayId: conn.gatewayId };
}

export function connToJson3(conn: ConnState): unknown {
  const gatewayID = base64(Buffer.from(conn.gatewayId, 'hex'));
  return { gatewayID, state: conn.online ? 'ONLINE' : 'OFFLINE' };
}

export function downlinkToJson4(frame: DownlinkFrame): unknown {
  const items = frame.items.map((item) => ({
    phyPayload: base64(item.phyPayload),
    txInfo: withoutDefaults({
      frequency: item.frequency,
      power: item.power,
      modulation: modulation4(item.modulation),
      board: item.board,
      antenna: item.antenna,
      timing: timing4(item.timing),
      context: item.context,
    }),
  }));
  return withoutDefaults({ downlinkId: frame.downlinkId, gatewayId: frame.gatewayId, items });
}

/** The bridge's own protocol knows a downlink by `token`, 16 bits; the UUID comes back with the acknowledgement. */
export function downlinkToJson3(frame: DownlinkFrame): unknown {
  return {
    token: frame.downlinkId & 0xffff,
    downlinkID: uuid(frame.downlinkId),
    gatewayID: base64(Buffer.from(frame.gatewayId, 'hex')),
    items: frame.items.map((item) => ({
      phyPayload: base64(item.phyPayload),
      txInfo: itemTxInfo3(frame, item),
    })),
  };
}

function itemTxInfo3(frame: DownlinkFrame, item: DownlinkItem): unknown {
  return {
    gatewayID: base64(Buffer.from(frame.gatewayId, 'hex')),
    frequency: item.frequency,
    power: item.power,
    ...modulation3(item.modulation),
    board: item.board,
    antenna: item.antenna,
    ...timing3(item.timing),
    context: item.context,
  };
}

function timing4(timing: DownlinkTiming): unknown {
  if (timing.kind === 'immediately') return { immediately: {} };
  if (timing.kind === 'delay') return { delay: { delay: duration(timing.delayMs) } };
  return { gpsEpoch: { timeSinceGpsEpoch: duration(timing.gpsTimeMs) } };
}

function timing3(timing: DownlinkTiming): object {
  if (timing.kind === 'immediately') return { timing: 'IMMEDIATELY', immediatelyTimingInfo: {} };
  if (timing.kind === 'delay') {
    return { timing: 'DELAY', delayTimingInfo: { delay: duration(timing.delayMs) } };
  }
  return { timing: 'GPS_EPOCH', gpsEpochTimingInfo: { timeSinceGPSEpoch: duration(timing.gpsTimeMs) } };
}

function modulation4(modulation: Modulation): unknown {
  const { kind, ...parameters } = modulation;
  const codeRate = 'codeRate' in modulation ? { codeRate: codeRateName(modulation.codeRate) } : {};
  return { [kind === 'lr_fhss' ? 'lrFhss' : kind]: withoutDefaults({ ...parameters, ...codeRate }) };
}

function modulation3(modulation: Modulation): object {
  switch (modulation.kind) {
    case 'lora': {
      const { spreadingFactor, bandwidth, codeRate = '', polarizationInversion } = modulation;
      const info = { bandwidth: bandwidth / 1000, spreadingFactor, codeRate, polarizationInversion };
      return { modulation: 'LORA', loRaModulationInfo: info };
    }
    case 'fsk': {
      const { datarate, frequencyDeviation } = modulation;
      return { modulation: 'FSK', fskModulationInfo: { frequencyDeviation, datarate } };
    }
    case 'lr_fhss': {
      const { operatingChannelWidth, codeRate = '', gridSteps } = modulation;
      const info = { operatingChannelWidth, codeRate, gridSteps };
      return { modulation: 'LR_FHSS', lrFHSSModulationInfo: info };
    }
  }
}

function crcName(uplink: BridgeUplink): string {
  return { ok: 'CRC_OK', bad: 'BAD_CRC', none: 'NO_CRC' }[uplink.crc];
}

function withoutDefaults(object: object): object {
  return Object.fromEntries(
    Object.entries(object).filter(
      ([, value]) => value !== undefined && value !== 0 && value !== '' && value !== false,
    ),
  );
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** The id in the first 32 bits, where the decoder looks for it. */
function uuid(id: number): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(id);
  return base64(bytes);
}

function rfc3339(timeMs: number | undefined): string | undefined {
  return timeMs === undefined ? undefined : new Date(timeMs).toISOString();
}

/** '1s', '1.500s'. */
function duration(ms: number | undefined): string | undefined {
  if (ms === undefined) return undefined;
  const fraction = ms % 1000;
  return `${Math.floor(ms / 1000)}${fraction === 0 ? '' : `.${String(fraction).padStart(3, '0')}`}s`;
}
