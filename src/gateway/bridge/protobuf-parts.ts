/**
 * The messages that the bridge's messages are built of, out of Protocol Buffers: modulation, place, time and map entries.
 */
import { MAX_ENTRIES, MAX_METADATA_VALUE } from './draft.ts';
import type { Location, Modulation } from './message.ts';
import {
  codeRateOfName,
  codeRateOfNumber,
  fskModulation,
  loraModulation,
  lrFhssModulation,
} from './modulation.ts';
import {
  enter,
  leave,
  readDouble,
  readField,
  readInt64,
  readKey,
  readText,
  readUint32,
  skip,
  type WireReader,
} from './wire.ts';

export function readModulation(r: WireReader): Modulation | undefined {
  const outer = enter(r);
  let modulation: Modulation | undefined;
  for (let field = readField(r); field !== 0; field = readField(r)) {
    if (field === 3) modulation = readLora(r, 1);
    else if (field === 4) modulation = readFsk(r);
    else if (field === 5) modulation = readLrFhss(r);
    else skip(r);
  }
  leave(r, outer);
  return modulation;
}

/** `bandwidthUnit`: hertz in the sender's unit, 1000 for version 3. */
export function readLora(r: WireReader, bandwidthUnit: number): Modulation {
  const outer = enter(r);
  let bandwidth = 0;
  let spreadingFactor = 0;
  let codeRate = codeRateOfNumber(0);
  let polarizationInversion = false;
  for (let field = readField(r); field !== 0; field = readField(r)) {
    if (field === 1) bandwidth = readUint32(r) * bandwidthUnit;
    else if (field === 2) spreadingFactor = readUint32(r);
    else if (field === 3) codeRate = codeRateOfName(readText(r));
    else if (field === 4) polarizationInversion = readUint32(r) !== 0;
    else if (field === 5) codeRate = codeRateOfNumber(readUint32(r));
    else skip(r);
  }
  leave(r, outer);
  return loraModulation(spreadingFactor, bandwidth, codeRate, polarizationInversion);
}

export function readFsk(r: WireReader): Modulation {
  const outer = enter(r);
  let frequencyDeviation = 0;
  let datarate = 0;
  for (let field = readField(r); field !== 0; field = readField(r)) {
    if (field === 1) frequencyDeviation = readUint32(r);
    else if (field === 2) datarate = readUint32(r);
    else skip(r);
  }
  leave(r, outer);
  return fskModulation(datarate, frequencyDeviation);
}

export function readLrFhss(r: WireReader): Modulation {
  const outer = enter(r);
  let width = 0;
  let gridSteps = 0;
  let codeRate = codeRateOfNumber(0);
  for (let field = readField(r); field !== 0; field = readField(r)) {
    if (field === 1) width = readUint32(r);
    else if (field === 2) codeRate = codeRateOfName(readText(r));
    else if (field === 3) gridSteps = readUint32(r);
    else if (field === 4) codeRate = codeRateOfNumber(readUint32(r));
    else skip(r);
  }
  leave(r, outer);
  return lrFhssModulation(width, codeRate, gridSteps);
}

export function readMetadataValue(r: WireReader): string {
  return readText(r, MAX_METADATA_VALUE);
}

/** One entry of a map; its key is text or a number. Entries beyond the limit are dropped. */
export function readEntry<T>(
  r: WireReader,
  into: Map<string, T>,
  readValue: (r: WireReader) => T,
  absent: T,
): void {
  const outer = enter(r);
  let key = '';
  let value = absent;
  for (let field = readField(r); field !== 0; field = readField(r)) {
    if (field === 1) key = readKey(r);
    else if (field === 2) value = readValue(r);
    else skip(r);
  }
  leave(r, outer);
  if (into.size < MAX_ENTRIES) into.set(key, value);
}

export function readLocation(r: WireReader): Location {
  const outer = enter(r);
  let latitude = 0;
  let longitude = 0;
  let altitude = 0;
  for (let field = readField(r); field !== 0; field = readField(r)) {
    if (field === 1) latitude = readDouble(r);
    else if (field === 2) longitude = readDouble(r);
    else if (field === 3) altitude = readDouble(r);
    else skip(r);
  }
  leave(r, outer);
  return { latitude, longitude, altitude };
}

/** Timestamp and Duration are alike: seconds and nanoseconds. */
export function readTimeMs(r: WireReader): number {
  const outer = enter(r);
  let seconds = 0;
  let nanos = 0;
  for (let field = readField(r); field !== 0; field = readField(r)) {
    if (field === 1) seconds = readInt64(r);
    else if (field === 2) nanos = readUint32(r) | 0;
    else skip(r);
  }
  leave(r, outer);
  return seconds * 1000 + Math.floor(nanos / 1_000_000);
}
