/** The device catalogue of the box: makers and models out of public collections, and what each model needs here. */
import type { DeviceClass, MacVersion, RegionName } from './lorawan.ts';
import type { Said, Told } from './said.ts';

/** Where models come from: The Things Network's `lorawan-devices`, ChirpStack's `chirpstack-device-profiles`, its templates. */
export const CATALOGUE_SOURCES = ['ttn', 'chirpstack', 'template'] as const;
export type CatalogueSource = (typeof CATALOGUE_SOURCES)[number];

/** Names a model; each part is a short word of letters, digits, dots and dashes. */
export interface ModelKey {
  readonly source: CatalogueSource;
  readonly vendor: string;
  readonly model: string;
}

/** Whether `text` can be the vendor or the model of a key. */
export function isCatalogueWord(text: string): boolean {
  return /^[a-z0-9][a-z0-9._-]{0,63}$/.test(text);
}

export interface CatalogueVendor {
  readonly id: string;
  readonly name: string;
  /** Of the LoRa Alliance: what stands in a TR005 code. */
  readonly number?: number;
}

/** One model for one region and one firmware. */
export interface ModelVariant {
  /** Absent where the collection knows no versions. */
  readonly firmware?: string;
  readonly region: RegionName;
  /** As it is spoken here. */
  readonly macVersion?: MacVersion;
  /** As the collection says it: '1.1', which is spoken as an older one. */
  readonly declaredMac?: string;
  readonly regionalParameters?: string;
  readonly deviceClass: DeviceClass;
  readonly supportsClassB?: boolean;
  /** False: personalised. */
  readonly supportsJoin: boolean;
  /** Of a personalised device. */
  readonly rx1DelayS?: number;
  readonly rx1Offset?: number;
  readonly rx2DataRate?: number;
  /** Hertz. */
  readonly rx2Frequency?: number;
  /** Name of its script within the vendor. */
  readonly codec?: string;
  /** The model's number in a TR005 code, beside the vendor's. */
  readonly profileId?: number;
}

export interface FieldName {
  readonly name?: string;
  readonly unit?: string;
}

/** A downlink the maker shows: what its script makes bytes of. */
export interface DownlinkExample {
  readonly name: string;
  readonly fPort?: number;
  readonly object: Readonly<Record<string, unknown>>;
}

export interface CatalogueModel extends ModelKey {
  readonly vendorName: string;
  readonly name: string;
  readonly description?: string;
  /** None where it is made for regions only that are not answered here. */
  readonly variants: readonly ModelVariant[];
  /** Where the collection declares them. */
  readonly fields?: Readonly<Record<string, FieldName>>;
}

export interface CatalogueCodec {
  readonly vendor: string;
  readonly name: string;
  readonly source: string;
  readonly examples: readonly DownlinkExample[];
}

/** A model in a list. */
export interface ListedModel extends ModelKey {
  readonly vendorName: string;
  readonly name: string;
  readonly description?: string;
  readonly regions: readonly RegionName[];
  readonly hasCodec: boolean;
}

export interface CatalogueImport {
  readonly source: CatalogueSource;
  readonly file: string;
  readonly importedMs: number;
  readonly models: number;
  /** The first lines of the collection's licence. */
  readonly licence?: string;
}

export interface CatalogueSummary {
  readonly models: number;
  readonly vendors: number;
  readonly codecs: number;
  /** Of the file on disk. */
  readonly bytes: number;
  readonly imports: readonly CatalogueImport[];
}

export interface ModelSearch {
  readonly words?: string;
  /** Numbers of a TR005 code. */
  readonly vendorNumber?: number;
  readonly profileId?: number;
  readonly limit: number;
}

/** How far an import is. */
export interface CatalogueProgress {
  readonly step: 'reading' | 'sorting';
  /** Bytes of the file that are read, or models that are kept. */
  readonly done: number;
  /** Bytes of the file; absent where the count of models is not known. */
  readonly of?: number;
}

export interface CatalogueProblem {
  /** Within the archive. */
  readonly path: string;
  readonly problem: string;
  /** The problem piece by piece. */
  readonly said: readonly Said[];
}

/** What became of a file. */
export type CatalogueOutcome =
  | {
      readonly kind: 'done';
      readonly models: number;
      readonly vendors: number;
      readonly codecs: number;
      /** Entries of the archive that are links or lead out of it. */
      readonly passedOver: number;
      /** At most 100. */
      readonly problems: readonly CatalogueProblem[];
      readonly problemCount: number;
    }
  /** Nothing was changed. */
  | { readonly kind: 'refused'; readonly problem: string; readonly said: readonly Said[] };

/** What may be said of a model that is taken. */
export interface ModelWish {
  /** The site's unless said. */
  readonly region?: RegionName;
  /** The newest unless said. */
  readonly firmware?: string;
}

export interface TakenModel {
  /** Name of the site's profile. */
  readonly profile: string;
  readonly codec: string;
  /** False where it had been taken before. */
  readonly isNew: boolean;
  /** What whoever took it should know. */
  readonly notes: readonly string[];
  /** The same, each piece by piece. */
  readonly told: readonly Told[];
}

export interface TakeRefusal {
  readonly refused: 'unknown' | 'not-possible' | 'full';
  readonly detail: string;
  /** The detail piece by piece, where it has keys. */
  readonly said?: readonly Said[];
}

export interface CatalogueState {
  /** Absent where there is none. */
  readonly summary?: CatalogueSummary;
  readonly importing?: { readonly file: string; readonly progress: CatalogueProgress };
  /** How the last import since the start of the box ended. */
  readonly last?: { readonly file: string; readonly endedMs: number; readonly outcome: CatalogueOutcome };
}

export interface CatalogueService {
  state(): CatalogueState;
  search(wanted: ModelSearch): { readonly items: readonly ListedModel[]; readonly total: number };
  model(key: ModelKey): CatalogueModel | undefined;
  codec(
    key: ModelKey,
    name: string,
  ): { readonly source: string; readonly examples: readonly DownlinkExample[] } | undefined;
  /** From a file that was brought; it is removed when it is read. */
  begin(uploadId: string): 'begun' | 'busy' | 'unknown';
  /** Removes all of it; profiles that were made of it stay. */
  remove(): 'removed' | 'busy' | 'none';
  take(key: ModelKey, wish: ModelWish): Promise<TakenModel | TakeRefusal>;
}
