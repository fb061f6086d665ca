/** A device as the site knows it: who it is, how to decrypt it, how to read its payload, how the network treats it. */
import type { DeviceProfile } from './profile.ts';

/** 'cayenne': Cayenne LPP; 'raw': bytes kept as hex only. Later codecs are named by their own name. */
export type CodecName = string;

export interface Device {
  /** DevEUI, 16 lower-case hex digits. */
  readonly devEui: string;
  readonly name: string;
  /** Of a device ChirpStack brought: an operator named it here, so ChirpStack's name is not followed. */
  readonly namedHere?: true;
  readonly codec: CodecName;
  /** Who declared it: the config file wins over the API; 'chirpstack' ones appear by themselves. */
  readonly origin: 'config' | 'api' | 'chirpstack';
  /** Absent for a device whose frames a ChirpStack decrypts. */
  readonly abp?: AbpSession;
  /** For a device that joins over the air. */
  readonly otaa?: OtaaKeys;
  /** Of a device that is to join and whose key nobody has entered yet: its identity is captured, it is not let in. */
  readonly keyless?: { readonly joinEui: string };
  /** Name of its profile. */
  readonly profile?: string;
  /** Where it differs from its profile, or has none. */
  readonly link?: LinkSettings;
  /** Of a device that came from another network server. */
  readonly carried?: CarriedOver;
  /** Where it is, in the site's words: 'Pump house'. */
  readonly area?: string;
  /** What people here wrote down of it; may have several lines. */
  readonly notes?: string;
  /** DevEUIs of those whose place it took, the newest first: their past is its past. */
  readonly formerly?: readonly string[];
}

/** What people of the site say of a device, whoever declared it. */
export type Remarks = Pick<Device, 'area' | 'notes' | 'formerly'>;

export function remarksOf({ area, notes, formerly }: Remarks): Remarks {
  return {
    ...(area === undefined ? {} : { area }),
    ...(notes === undefined ? {} : { notes }),
    ...(formerly === undefined ? {} : { formerly }),
  };
}

/** Of an area's name, of notes: characters. */
export const MAX_AREA = 100;
export const MAX_NOTES = 2_000;

/** What a device and its former network server had come to, as far as the file said it. */
export interface CarriedOver {
  /** Next downlink counter to use. */
  readonly fCntDown?: number;
  /** Of the running session; what is not told is as the region has it. */
  readonly rx1DelayS?: number;
  readonly rx1Offset?: number;
  readonly rx2DataRate?: number;
  /** Hertz. */
  readonly rx2Frequency?: number;
  /** Of the last join. */
  readonly joinNonce?: number;
  readonly devNonce?: number;
}

/** What the network server needs to know of a device's radio. */
export type LinkSettings = Partial<
  Pick<DeviceProfile, 'region' | 'macVersion' | 'deviceClass' | 'adr' | 'rx1DelayS' | 'allowCounterReset'>
>;

/** Identity and root key of a device activated over the air (LoRaWAN 1.0.x §6.2). */
export interface OtaaKeys {
  /** JoinEUI (AppEUI before 1.0.4), 16 lower-case hex digits. */
  readonly joinEui: string;
  /** 32 hex digits; a secret. Forms of 1.1 call the same key NwkKey where a device speaks 1.0.x. */
  readonly appKey: string;
}

/** The JoinEUI of a device whose own nobody has told us: it may join under any. ChirpStack takes none for this one. */
export const ANY_JOIN_EUI = '0'.repeat(16);

/** Session of a device activated by personalisation (LoRaWAN 1.0.x §6.3). Keys are 32 hex digits: secrets. */
export interface AbpSession {
  /** 8 lower-case hex digits, most significant byte first. */
  readonly devAddr: string;
  readonly nwkSKey: string;
  readonly appSKey: string;
}

/** What uplinks have changed about a device; moves only in the transaction that stores the uplink. */
export interface DeviceState {
  /** Next expected 32-bit uplink counter; 0 before the first frame. */
  readonly nextFCntUp: number;
  /** seq of the device's newest record, 0 if none. */
  readonly lastSeq: number;
  /** Epoch milliseconds of the newest record, 0 if none. */
  readonly lastSeenMs: number;
}
