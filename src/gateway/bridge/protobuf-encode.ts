/** The bridge's messages into Protocol Buffers as version 4 writes them; the inverse of `protobuf-decode.ts`. */
import {
  type BridgeUplink,
  type ConnState,
  type DownlinkFrame,
  type DownlinkItem,
  type DownlinkTiming,
  type DownlinkTxAck,
  type GatewayStats,
  type Location,
  type Modulation,
  TX_ACK_STATUSES,
} from './message.ts';
import { codeRateNumber } from './modulation.ts';
import { createWriter, type WireWriter } from './wire.ts';

export function writeUplinkFrame(uplink: BridgeUplink): Uint8Array {
  const w = createWriter();
  w.bytes(1, uplink.phyPayload);
  w.message(4, (txInfo) => {
    txInfo.uint32(1, uplink.frequency);
    txInfo.message(2, (inner) => writeModulation(inner, uplink.modulation));
  });
  w.message(5, (rxInfo) => writeRxInfo(rxInfo, uplink));
  return w.finish();
}

export function writeGatewayStats(stats: GatewayStats): Uint8Array {
  const w = createWriter();
  writeTime(w, 2, stats.timeMs);
  writeLocation(w, 3, stats.location);
  w.text(4, stats.configVersion);
  w.uint32(5, stats.rxReceived);
  w.uint32(6, stats.rxOk);
  w.uint32(7, stats.txReceived);
  w.uint32(8, stats.txEmitted);
  writeTexts(w, 10, stats.metadata);
  writeCounts(w, 12, stats.txPerFrequency, (entry, key) => entry.uint32(1, Number(key)));
  writeCounts(w, 13, stats.rxPerFrequency, (entry, key) => entry.uint32(1, Number(key)));
  writeCounts(w, 16, stats.txPerStatus, (entry, key) => entry.text(1, key));
  w.text(17, stats.gatewayId);
  return w.finish();
}

export function writeTxAck(ack: DownlinkTxAck): Uint8Array {
  const w = createWriter();
  w.uint32(2, ack.downlinkId);
  for (const status of ack.items) {
    w.message(5, (item) => item.uint32(1, TX_ACK_STATUSES.indexOf(status)));
  }
  w.text(6, ack.gatewayId);
  return w.finish();
}

export function writeConnState(conn: ConnState): Uint8Array {
  const w = createWriter();
  w.bool(2, conn.online);
  w.text(3, conn.gatewayId);
  return w.finish();
}

export function writeDownlinkFrame(frame: DownlinkFrame): Uint8Array {
  const w = createWriter();
  w.uint32(3, frame.downlinkId);
  for (const item of frame.items) {
    w.message(5, (inner) => {
      inner.bytes(1, item.phyPayload);
      inner.message(3, (txInfo) => writeItemTxInfo(txInfo, item));
    });
  }
  w.text(7, frame.gatewayId);
  return w.finish();
}

function writeRxInfo(w: WireWriter, uplink: BridgeUplink): void {
  w.text(1, uplink.gatewayId);
  w.uint32(2, uplink.uplinkId);
  writeTime(w, 3, uplink.timeMs);
  writeTime(w, 4, uplink.gpsTimeMs);
  w.int(6, uplink.rssi);
  w.float(7, uplink.snr);
  w.uint32(8, uplink.channel);
  w.uint32(9, uplink.rfChain);
  w.uint32(10, uplink.board);
  w.uint32(11, uplink.antenna);
  writeLocation(w, 12, uplink.location);
  w.bytes(13, Buffer.from(uplink.context, 'base64'));
  writeTexts(w, 15, uplink.metadata);
  w.uint32(16, ['none', 'bad', 'ok'].indexOf(uplink.crc));
}

function writeItemTxInfo(w: WireWriter, item: DownlinkItem): void {
  w.uint32(1, item.frequency);
  w.int(2, item.power);
  w.message(3, (inner) => writeModulation(inner, item.modulation));
  w.uint32(4, item.board);
  w.uint32(5, item.antenna);
  w.message(6, (inner) => writeTiming(inner, item.timing));
  w.bytes(7, Buffer.from(item.context, 'base64'));
}

function writeTiming(w: WireWriter, timing: DownlinkTiming): void {
  if (timing.kind === 'immediately') w.message(1, () => {});
  else if (timing.kind === 'delay') w.message(2, (delay) => writeTime(delay, 1, timing.delayMs));
  else w.message(3, (gps) => writeTime(gps, 1, timing.gpsTimeMs));
}

function writeModulation(w: WireWriter, modulation: Modulation): void {
  switch (modulation.kind) {
    case 'lora':
      w.message(3, (lora) => {
        lora.uint32(1, modulation.bandwidth);
        lora.uint32(2, modulation.spreadingFactor);
        lora.bool(4, modulation.polarizationInversion);
        lora.uint32(5, codeRateNumber(modulation.codeRate));
      });
      return;
    case 'fsk':
      w.message(4, (fsk) => {
        fsk.uint32(1, modulation.frequencyDeviation);
        fsk.uint32(2, modulation.datarate);
      });
      return;
    case 'lr_fhss':
      w.message(5, (lrFhss) => {
        lrFhss.uint32(1, modulation.operatingChannelWidth);
        lrFhss.uint32(3, modulation.gridSteps);
        lrFhss.uint32(4, codeRateNumber(modulation.codeRate));
      });
  }
}

/** A Timestamp or a Duration. */
export function writeTime(w: WireWriter, field: number, timeMs: number | undefined): void {
  if (timeMs === undefined) return;
  w.message(field, (time) => {
    time.int(1, Math.floor(timeMs / 1000));
    time.uint32(2, (timeMs % 1000) * 1_000_000);
  });
}

function writeLocation(w: WireWriter, field: number, location: Location | undefined): void {
  if (!location) return;
  w.message(field, (inner) => {
    inner.double(1, location.latitude);
    inner.double(2, location.longitude);
    inner.double(3, location.altitude);
  });
}

function writeTexts(w: WireWriter, field: number, texts: Readonly<Record<string, string>> = {}): void {
  for (const [key, value] of Object.entries(texts)) {
    w.message(field, (entry) => {
      entry.text(1, key);
      entry.text(2, value);
    });
  }
}

function writeCounts(
  w: WireWriter,
  field: number,
  counts: Readonly<Record<string, number>> = {},
  writeKey: (entry: WireWriter, key: string) => void,
): void {
  for (const [key, count] of Object.entries(counts)) {
    w.message(field, (entry) => {
      writeKey(entry, key);
      entry.uint32(2, count);
    });
  }
}
