/**
 * A device as it comes from a QR code or a file, before it is added: identity, what is known of its kind, and keys if the
 * source has any. Also how identifiers and keys are written there: upper or lower case, with separators or without.
 */
import type { CarriedOver } from '../model/device.ts';
import type { DeviceClass, MacVersion, RegionName } from '../model/lorawan.ts';
import type { Said } from '../model/said.ts';

export interface OnboardingEntry {
  /** 16 lower-case hex digits, as all EUIs here. */
  readonly devEui: string;
  readonly joinEui?: string;
  readonly name: string;
  /** May have several lines. */
  readonly description?: string;
  /** Where it is. */
  readonly area?: string;
  /** Name of a device profile, as the source calls it. */
  readonly profile?: string;
  /** Name of a codec, as this program calls it. */
  readonly codec?: string;
  readonly region?: RegionName;
  readonly macVersion?: MacVersion;
  readonly deviceClass?: DeviceClass;
  readonly serialNumber?: string;
  /** Root key of OTAA under LoRaWAN 1.0.x, 32 lower-case hex digits: a secret. */
  readonly appKey?: string;
  readonly session?: SessionEntry;
  readonly allowCounterReset?: boolean;
  /** Beside the session; its downlink counter is `session.fCntDown`. */
  readonly carried?: Omit<CarriedOver, 'fCntDown'>;
  /** DevNonces the file has of it, of which only the last is carried. */
  readonly usedNonces?: number;
  /** What still has to be given before the device can be heard. */
  readonly missing: 'key' | 'nothing';
}

/** An ABP session, or a running one carried over. Keys are secrets. */
export interface SessionEntry {
  /** 8 lower-case hex digits. */
  readonly devAddr: string;
  readonly nwkSKey: string;
  readonly appSKey: string;
  /** Next expected uplink counter. */
  readonly fCntUp?: number;
  /** Next downlink counter to use. */
  readonly fCntDown?: number;
}

/** What is wrong with one device of a file. */
export interface EntryProblem {
  /** Line of a CSV file or number of the device in a JSON file, from 1. */
  readonly line: number;
  /** Never holds a key's digits. */
  readonly problem: string;
  /** The problem piece by piece. */
  readonly said: readonly Said[];
}

/** Hex digits in lower case without ':', '-', ' ' and a leading 0x; undefined unless they are exactly `digits`. */
export function readHex(value: unknown, digits: number): string | undefined {
  if (typeof value !== 'string' || value.length > 4 * digits) return undefined;
  const plain = value
    .trim()
    // A spreadsheet's way to keep leading zeros.
    .replace(/^'/, '')
    .replace(/^0x/i, '')
    .replace(/[:\s-]/g, '')
    .toLowerCase();
  return plain.length === digits && /^[0-9a-f]+$/.test(plain) ? plain : undefined;
}
