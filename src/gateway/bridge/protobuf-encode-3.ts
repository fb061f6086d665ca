/**
 * A command into Protocol Buffers as Gateway Bridge 3 reads it (package gw of chirpstack-api 3.12): the same words as version
 * 4's in other fields, bandwidths in kHz.
 */
import type { DownlinkFrame, DownlinkItem, DownlinkTiming, Modulation } from './message.ts';
import { writeTime } from './protobuf-encode.ts';
import { createWriter, type WireWriter } from './wire.ts';

/** Bytes of a downlink's id: a UUID. */
const ID_BYTES = 16;
const MODULATIONS = ['lora', 'fsk', 'lr_fhss'] as const;
const TIMINGS = ['immediately', 'delay', 'gps'] as const;

/** The payload of `gateway/{id}/command/down`. */
export function writeDownlinkFrame3(frame: DownlinkFrame): Uint8Array {
  const gatewayId = Buffer.from(frame.gatewayId, 'hex');
  const downlinkId = Buffer.alloc(ID_BYTES);
  downlinkId.writeUInt32BE(frame.downlinkId);
  const w = createWriter();
  w.uint32(3, frame.downlinkId & 0xffff);
  w.bytes(4, downlinkId);
  for (const item of frame.items) {
    w.message(5, (inner) => {
      inner.bytes(1, item.phyPayload);
      inner.message(2, (txInfo) => writeTxInfo(txInfo, gatewayId, item));
    });
  }
  w.bytes(6, gatewayId);
  return w.finish();
}

function writeTxInfo(w: WireWriter, gatewayId: Uint8Array, item: DownlinkItem): void {
  w.bytes(1, gatewayId);
  w.uint32(5, item.frequency);
  w.int(6, item.power);
  w.uint32(7, MODULATIONS.indexOf(item.modulation.kind));
  writeModulation(w, item.modulation);
  w.uint32(10, item.board);
  w.uint32(11, item.antenna);
  w.uint32(12, TIMINGS.indexOf(item.timing.kind));
  writeTiming(w, item.timing);
  w.bytes(16, Buffer.from(item.context, 'base64'));
}

function writeModulation(w: WireWriter, modulation: Modulation): void {
  if (modulation.kind === 'lora') {
    w.message(8, (lora) => {
      lora.uint32(1, modulation.bandwidth / 1_000);
      lora.uint32(2, modulation.spreadingFactor);
      lora.text(3, modulation.codeRate ?? '');
      lora.bool(4, modulation.polarizationInversion);
    });
  } else if (modulation.kind === 'fsk') {
    w.message(9, (fsk) => {
      fsk.uint32(1, modulation.frequencyDeviation);
      fsk.uint32(2, modulation.datarate);
    });
  }
}

function writeTiming(w: WireWriter, timing: DownlinkTiming): void {
  if (timing.kind === 'immediately') w.message(13, () => {});
  else if (timing.kind === 'delay') w.message(14, (delay) => writeTime(delay, 1, timing.delayMs));
  else w.message(15, (gps) => writeTime(gps, 1, timing.gpsTimeMs));
}
