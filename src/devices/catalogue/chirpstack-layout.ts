/**
 * The layout of ChirpStack's `chirpstack-device-profiles`: TOML, a folder a vendor, in it its devices, radio profiles and
 * scripts with their tests. Whatever is missing or strange costs its own model only.
 */
import type {
  CatalogueCodec,
  CatalogueModel,
  CatalogueVendor,
  ModelVariant,
} from '../../model/device-catalogue.ts';
import { tell } from '../../model/said.ts';
import type { Collection } from './collection.ts';
import { readExamples, readHead, readRegion, readVersion, readWindows } from './radio.ts';
import type { VendorFiles } from './things-layout.ts';
import { lineOf, listOf, type Members, member, membersOf, slugOf, wholeOf } from './untyped.ts';

const SOURCE = 'chirpstack';
const MAX_FIRMWARES = 20;
const MAX_REGIONS = 40;

type Profile = Omit<ModelVariant, 'firmware' | 'codec'>;

interface Reader {
  readonly collection: Collection;
  readonly parse: (text: string) => unknown;
  readonly vendor: CatalogueVendor;
  readonly profiles: Map<string, Profile | undefined>;
  readonly codecs: Map<string, CatalogueCodec | undefined>;
}

export async function* readChirpstack(collection: Collection): AsyncGenerator<VendorFiles> {
  const { parse } = await import('smol-toml');
  for (const id of collection.vendors(SOURCE)) {
    const vendor = readVendor(collection, parse, id);
    const reader: Reader = { collection, parse, vendor, profiles: new Map(), codecs: new Map() };
    const models = collection
      .files(SOURCE, id)
      .filter((file) => file.startsWith('devices/'))
      .flatMap((file) => readModel(reader, file) ?? []);
    const codecs = [...reader.codecs.values()].flatMap((codec) => codec ?? []);
    if (models.length > 0) yield { vendor, models, codecs };
  }
}

function readVendor(collection: Collection, parse: Reader['parse'], id: string): CatalogueVendor {
  const read = readToml(collection, parse, id, 'vendor.toml', 'vendor');
  const number = wholeOf(member(read, 'vendor_id'), 1, 0xffff);
  return { id, name: lineOf(member(read, 'name'), 80) ?? id, ...(number === undefined ? {} : { number }) };
}

/** The table `table` of a file; undefined, and a line about it, where it cannot be read. */
function readToml(
  collection: Collection,
  parse: Reader['parse'],
  vendor: string,
  file: string,
  table: string,
): Members | undefined {
  const text = collection.text(SOURCE, vendor, file);
  if (text === undefined) return undefined;
  try {
    return membersOf(member(parse(text), table));
  } catch (error) {
    const words = lineOf(error instanceof Error ? error.message.split('\n', 1)[0] : '', 200);
    collection.problems.add(
      `vendors/${vendor}/${file}`,
      words === undefined ? tell('catalogue.unreadable') : tell('step.error', { error: words }),
    );
    return undefined;
  }
}

function readModel(reader: Reader, file: string): CatalogueModel | undefined {
  const { collection, parse, vendor } = reader;
  const device = readToml(collection, parse, vendor.id, file, 'device');
  const model = slugOf(file.slice('devices/'.length, -'.toml'.length));
  if (!device || !model) return undefined;
  const variants: ModelVariant[] = [];
  for (const firmware of listOf(member(device, 'firmware'), MAX_FIRMWARES)) {
    const version = lineOf(member(firmware, 'version'), 40);
    const codec = readCodec(reader, lineOf(member(firmware, 'codec'), 80));
    for (const name of listOf(member(firmware, 'profiles'), MAX_REGIONS)) {
      const profile = typeof name === 'string' ? readProfile(reader, name) : undefined;
      if (!profile) continue;
      variants.push({
        ...(version === undefined ? {} : { firmware: version }),
        ...profile,
        ...(codec === undefined ? {} : { codec }),
      });
    }
  }
  return {
    ...readHead(device, model),
    ...{ source: SOURCE, vendor: vendor.id, model },
    vendorName: vendor.name,
    variants,
  };
}

const WINDOWS = {
  delay: 'rx1_delay',
  offset: 'rx1_dr_offset',
  dataRate: 'rx2_dr',
  frequency: 'rx2_freq',
} as const;

/** Undefined for a region that is not answered here, too. */
function readProfile({ collection, parse, vendor, profiles }: Reader, name: string): Profile | undefined {
  if (profiles.has(name)) return profiles.get(name);
  const read = readToml(collection, parse, vendor.id, `profiles/${name}`, 'profile');
  const region = readRegion(lineOf(member(read, 'region'), 20) ?? '');
  const parameters = lineOf(member(read, 'reg_params_revision'), 40);
  const number = wholeOf(member(read, 'vendor_profile_id'), 1, 0xffff);
  const joins = member(read, 'supports_otaa') !== false;
  const profile: Profile | undefined = read &&
    region && {
      region,
      ...readVersion(member(read, 'mac_version')),
      ...(parameters === undefined ? {} : { regionalParameters: parameters }),
      deviceClass: member(read, 'supports_class_c') === true ? 'C' : 'A',
      ...(member(read, 'supports_class_b') === true ? { supportsClassB: true } : {}),
      supportsJoin: joins,
      // Zeros stand there for one that joins.
      ...(joins ? {} : readWindows(membersOf(member(read, 'abp')), WINDOWS, 1)),
      ...(number === undefined ? {} : { profileId: number }),
    };
  profiles.set(name, profile);
  return profile;
}

function readCodec({ collection, vendor, codecs }: Reader, file: string | undefined): string | undefined {
  if (file === undefined || !/^[\w][\w.-]*\.js$/.test(file)) return undefined;
  if (!codecs.has(file)) {
    const source = collection.text(SOURCE, vendor.id, `codecs/${file}`);
    const name = slugOf(file.slice(0, -'.js'.length));
    if (source === undefined || !name)
      collection.problems.add(`vendors/${vendor.id}/codecs/${file}`, tell('catalogue.noScript'));
    else
      codecs.set(file, {
        vendor: vendor.id,
        name,
        source,
        examples: examplesOf(collection, vendor.id, file),
      });
  }
  return codecs.get(file)?.name;
}

/** Its tests show what it makes bytes of. */
function examplesOf(collection: Collection, vendor: string, file: string): CatalogueCodec['examples'] {
  const text = collection.text(SOURCE, vendor, `codecs/test_encode_${file.slice(0, -'.js'.length)}.json`);
  try {
    return text === undefined ? [] : readExamples(JSON.parse(text), 'name', 'expected');
  } catch {
    return [];
  }
}
