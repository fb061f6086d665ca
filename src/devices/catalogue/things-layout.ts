/**
 * The layout of The Things Network's `lorawan-devices`: YAML, a folder a vendor, in it the list of its devices, a file for each
 * device, radio profile and codec, and the scripts. Whatever is missing or strange costs its own model only.
 */
import type {
  CatalogueCodec,
  CatalogueModel,
  CatalogueVendor,
  ModelVariant,
} from '../../model/device-catalogue.ts';
import { errorText } from '../../model/error-text.ts';
import { type Told, tell } from '../../model/said.ts';
import { type Collection, MAX_FILE_BYTES } from './collection.ts';
import { readExamples, readHead, readRegion, readVersion, readWindows } from './radio.ts';
import { lineOf, listOf, type Members, member, membersOf, wholeOf, wordOf } from './untyped.ts';

const SOURCE = 'ttn';
/** References to one anchor: a few are honest, thousands are a bomb. */
const MAX_ALIASES = 50;
const MAX_DEVICES = 2_000;
const MAX_FIRMWARES = 20;
const MAX_REGIONS = 20;

export interface VendorFiles {
  readonly vendor: CatalogueVendor;
  readonly models: readonly CatalogueModel[];
  readonly codecs: readonly CatalogueCodec[];
}

interface Reader {
  readonly collection: Collection;
  readonly parse: (text: string) => unknown;
  /** Radio profiles of all vendors, by vendor and file: devices refer to each other's. */
  readonly profiles: Map<string, Profile | undefined>;
}

type Profile = Omit<ModelVariant, 'region' | 'firmware' | 'codec'>;

export async function* readThings(collection: Collection): AsyncGenerator<VendorFiles> {
  const { parseDocument } = await import('../../config/yaml.ts');
  const parse = (text: string): unknown => {
    const document = parseDocument(text, { logLevel: 'silent', uniqueKeys: false });
    const [mistake] = document.errors;
    if (mistake) throw new Error(mistake.message.split('\n', 1)[0]);
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  };
  const reader: Reader = { collection, parse, profiles: new Map() };
  const known = readVendors(reader);
  for (const id of collection.vendors(SOURCE)) {
    const vendor = known.get(id) ?? { id, name: id };
    const files = readVendor(reader, vendor);
    if (files.models.length > 0) yield files;
  }
}

function readVendors({ collection, parse }: Reader): Map<string, CatalogueVendor> {
  const found = new Map<string, CatalogueVendor>();
  if (collection.index === undefined) return found;
  try {
    for (const one of listOf(member(parse(collection.index), 'vendors'), 5_000)) {
      const id = wordOf(member(one, 'id'));
      const number = wholeOf(member(one, 'vendorID'), 1, 0xffff);
      if (id === undefined) continue;
      found.set(id, {
        id,
        name: lineOf(member(one, 'name'), 80) ?? id,
        ...(number === undefined ? {} : { number }),
      });
    }
  } catch (error) {
    collection.problems.add('vendor/index.yaml', whyNot(error));
  }
  return found;
}

/** What is wrong with a file; undefined, and a line about it, instead of its content. */
function readYaml({ collection, parse }: Reader, vendor: string, file: string): Members | undefined {
  const text = collection.text(SOURCE, vendor, file);
  if (text === undefined) return undefined;
  try {
    return membersOf(parse(text));
  } catch (error) {
    collection.problems.add(`vendor/${vendor}/${file}`, whyNot(error));
    return undefined;
  }
}

function whyNot(error: unknown): Told {
  if (error instanceof RangeError) return tell('catalogue.nested');
  const words = lineOf(errorText(error), 200);
  return words === undefined ? tell('catalogue.unreadable') : tell('step.error', { error: words });
}

function readVendor(reader: Reader, vendor: CatalogueVendor): VendorFiles {
  const { collection } = reader;
  const index = readYaml(reader, vendor.id, 'index.yaml');
  const listed = listOf(member(index, 'endDevices'), MAX_DEVICES).flatMap((one) => wordOf(one) ?? []);
  const all = collection
    .files(SOURCE, vendor.id)
    .flatMap((file) => (file.endsWith('.yaml') && file !== 'index.yaml' ? file.slice(0, -5) : []));
  const numbers = profileNumbers(index);
  const definitions = new Map<string, Definition | undefined>();
  const models: CatalogueModel[] = [];
  // A part without its list: whatever is a device.
  for (const name of listed.length > 0 ? new Set(listed) : all) {
    const file = all.find((one) => one === name);
    const device = file === undefined ? undefined : readYaml(reader, vendor.id, `${file}.yaml`);
    const model = wordOf(name);
    if (device && model && member(device, 'firmwareVersions') !== undefined)
      models.push(readModel(reader, vendor, model, device, { definitions, numbers }));
  }
  const used = new Set(models.flatMap(({ variants }) => variants.flatMap(({ codec }) => codec ?? [])));
  const codecs = [...used].flatMap((name) => definitions.get(name)?.codec ?? []);
  return { vendor, models, codecs };
}

/** What the numbers of TR005 codes stand for: a device and region, or a radio profile. */
function profileNumbers(index: Members | undefined): Map<string, number> {
  const found = new Map<string, number>();
  for (const [text, entry] of Object.entries(membersOf(member(index, 'profileIDs'))).slice(0, 5_000)) {
    const number = wholeOf(Number(text), 0, 0xffff);
    if (number === undefined) continue;
    const device = wordOf(member(entry, 'endDeviceID'));
    const region = lineOf(member(entry, 'region'), 20);
    const profile = wordOf(member(entry, 'id'));
    if (device) found.set(`${device} ${region ?? ''}`, number);
    else if (profile) found.set(profile, number);
  }
  return found;
}

interface Definition {
  readonly codec: CatalogueCodec;
}

interface OfVendor {
  readonly definitions: Map<string, Definition | undefined>;
  readonly numbers: ReadonlyMap<string, number>;
}

function readModel(
  reader: Reader,
  vendor: CatalogueVendor,
  model: string,
  device: Members,
  { definitions, numbers }: OfVendor,
): CatalogueModel {
  const variants: ModelVariant[] = [];
  for (const firmware of listOf(member(device, 'firmwareVersions'), MAX_FIRMWARES)) {
    const version = lineOf(member(firmware, 'version'), 40);
    for (const [text, entry] of Object.entries(membersOf(member(firmware, 'profiles'))).slice(
      0,
      MAX_REGIONS,
    )) {
      const region = readRegion(text);
      const owner = wordOf(member(entry, 'vendorID')) ?? vendor.id;
      const id = wordOf(member(entry, 'id'));
      const profile = id === undefined ? undefined : readProfile(reader, owner, id);
      if (!region || !id || !profile) continue;
      const codec = readCodec(reader, vendor.id, wordOf(member(entry, 'codec')), definitions);
      const number = numbers.get(`${model} ${text}`) ?? numbers.get(`${model} `) ?? numbers.get(id);
      variants.push({
        ...(version === undefined ? {} : { firmware: version }),
        region,
        ...profile,
        ...(codec === undefined ? {} : { codec }),
        ...(number === undefined ? {} : { profileId: number }),
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
  delay: 'rx1Delay',
  offset: 'rx1DataRateOffset',
  dataRate: 'rx2DataRateIndex',
  frequency: 'rx2Frequency',
} as const;

function readProfile(reader: Reader, vendor: string, id: string): Profile | undefined {
  const key = `${vendor}/${id}`;
  if (reader.profiles.has(key)) return reader.profiles.get(key);
  const read = readYaml(reader, vendor, `${id}.yaml`);
  const parameters = lineOf(member(read, 'regionalParametersVersion'), 40);
  const number = wholeOf(member(read, 'vendorProfileID'), 1, 0xffff);
  const profile: Profile | undefined = read && {
    ...readVersion(member(read, 'macVersion')),
    ...(parameters === undefined ? {} : { regionalParameters: parameters }),
    deviceClass: member(read, 'supportsClassC') === true ? 'C' : 'A',
    ...(member(read, 'supportsClassB') === true ? { supportsClassB: true } : {}),
    supportsJoin: member(read, 'supportsJoin') !== false,
    ...readWindows(read, WINDOWS, 1e6),
    ...(number === undefined ? {} : { profileId: number }),
  };
  reader.profiles.set(key, profile);
  return profile;
}

/** The name under which the script is kept; undefined where there is none. */
function readCodec(
  reader: Reader,
  vendor: string,
  name: string | undefined,
  definitions: OfVendor['definitions'],
): string | undefined {
  if (name === undefined) return undefined;
  if (!definitions.has(name)) definitions.set(name, readDefinition(reader, vendor, name));
  return definitions.get(name)?.codec.name;
}

function readDefinition(reader: Reader, vendor: string, name: string): Definition | undefined {
  const { collection } = reader;
  const read = readYaml(reader, vendor, `${name}.yaml`);
  const encoder = member(read, 'downlinkEncoder');
  const file = [member(read, 'uplinkDecoder'), encoder]
    .flatMap((one) => lineOf(member(one, 'fileName'), 80) ?? [])
    .at(0);
  if (file === undefined || !/^[\w][\w.-]*\.js$/.test(file)) return undefined;
  const source = collection.text(SOURCE, vendor, file);
  if (source === undefined || source.length > MAX_FILE_BYTES) {
    collection.problems.add(`vendor/${vendor}/${name}.yaml`, tell('catalogue.noScriptOf', { file }));
    return undefined;
  }
  const examples = readExamples(member(encoder, 'examples'), 'description', 'output');
  return { codec: { vendor, name, source, examples } };
}
