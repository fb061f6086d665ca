/**
 * A device as it comes from a QR code or a file, before it is added: identity, what is known of its kind, and keys if the
 * source has any. Also how identifiers and keys are written there: upper or lower case, with separators or without.
 */
import type { CarriedOver } from '../model/device.ts';
import type { DeviceClass, MacVersion, RegionName } from '../model/lorawan.ts';
import { type Said, type Told, tell } from '../model/said.ts';

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

/** What a web page or a PDF puts between letters where nothing is seen. */
const UNSEEN = /[\u00ad\u200b-\u200f\u2060\ufeff]/g;

/** Hex digits in lower case without ':', '-', ' ' and a leading 0x; undefined unless they are exactly `digits`. */
export function readHex(value: unknown, digits: number): string | undefined {
  if (typeof value !== 'string' || value.length > 4 * digits) return undefined;
  const plain = value
    .replace(UNSEEN, '')
    .trim()
    // A spreadsheet's way to keep leading zeros.
    .replace(/^'/, '')
    .replace(/^0x/i, '')
    .replace(/[:\s-]/g, '')
    .toLowerCase();
  return plain.length === digits && /^[0-9a-f]+$/.test(plain) ? plain : undefined;
}

/** No text of a cell that looks so can be hex digits with a separator we know. */
const AS_NUMBER = /^\d(?:[.,]\d+)?E\+?\d{1,3}$/i;
/** More zeros in front has no EUI and no key that anybody uses. */
const MOST_ZEROS = 8;

/** What a spreadsheet has made of hex digits: where it is known, and with what to do. Tells how many, never which. */
export function spoiledBySheet(text: string | undefined, digits: number): readonly Told[] {
  const cell = text?.trim() ?? '';
  if (AS_NUMBER.test(cell)) return [tell('import.asNumber')];
  const lost = digits - cell.length;
  const isShort = lost > 0 && lost <= MOST_ZEROS && cell.length > MOST_ZEROS;
  return isShort && /^[1-9]\d*$/.test(cell) ? [tell('import.zerosLost', { digits: cell.length })] : [];
}
