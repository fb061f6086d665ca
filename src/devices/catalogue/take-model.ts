/**
 * A model of the catalogue becomes a profile and a codec of the site, in one go. Taken twice it is the same profile, whatever
 * people have called it since; what they changed of it is left alone.
 */
import type {
  CatalogueModel,
  FieldName,
  ModelKey,
  ModelVariant,
  ModelWish,
  TakenModel,
  TakeRefusal,
} from '../../model/device-catalogue.ts';
import { type DeviceProfile, type FieldDisplay, MAX_PROFILES } from '../../model/profile.ts';
import { type Said, type Told, tell, tellAll } from '../../model/said.ts';
import { cut, oneLine } from '../../model/text.ts';
import type { Store } from '../../store/contract.ts';
import type { DeviceCatalogue } from '../../store/device-catalogue.ts';
import { slugOf } from './untyped.ts';

const MAX_NAME = 100;
const MAX_CODEC_NAME = 60;
/** Names that are tried for one that is taken. */
const TRIES = 50;

export interface Scripts {
  source(name: string): string | undefined;
  put(
    name: string,
    source: string,
  ): Promise<{ readonly problem: string; readonly said?: readonly Said[] } | undefined>;
  list(): readonly { readonly name: string }[];
}

export interface TakeOptions {
  readonly catalogue: Pick<DeviceCatalogue, 'model' | 'codec' | 'licence'>;
  readonly profiles: Store['profiles'];
  readonly scripts: Scripts;
  /** Of the site; it may be one whose devices are only heard. */
  readonly region: string;
}

export async function takeModel(
  options: TakeOptions,
  key: ModelKey,
  wish: ModelWish,
): Promise<TakenModel | TakeRefusal> {
  const { catalogue, profiles, region } = options;
  const model = catalogue.model(key);
  if (!model) return { refused: 'unknown', detail: 'The catalogue has no such model.' };
  const variant = chooseVariant(model, { region, ...wish });
  if ('said' in variant) return { refused: 'not-possible', ...variant };
  const origin = originOf(model, variant);
  const known = profiles.list().find((one) => one.catalogue === origin);
  if (known) return { profile: known.name, codec: known.codec, isNew: false, notes: [], told: [] };
  if (profiles.list().length >= MAX_PROFILES)
    return { refused: 'full', detail: `${MAX_PROFILES} profiles are the most; remove one first.` };
  const codec = await takeCodec(options, model, variant);
  const name = freeName(
    profileName(model, variant, region),
    ' ',
    (one) => profiles.get(one) !== undefined,
    MAX_NAME,
  );
  profiles.put(profileOf(model, variant, { name, origin, codec: codec.name, catalogue }));
  const told = [...notesOf(variant), ...codec.notes];
  const notes = told.map(({ detail }) => sentence(detail));
  return { profile: name, codec: codec.name, isNew: true, notes, told };
}

/** The newest firmware's, as collections list them, one that joins before a personalised one; else why there is none. */
function chooseVariant(
  { variants }: CatalogueModel,
  { region, firmware }: Omit<ModelWish, 'region'> & { readonly region: string },
): ModelVariant | Told {
  const fitting = variants.filter((one) => one.region === region);
  const meant = fitting.filter((one) => firmware === undefined || one.firmware === firmware);
  // Some makers list the personalised kind of a model as if it were its newest firmware.
  const chosen = meant.findLast((one) => one.supportsJoin) ?? meant.at(-1);
  if (chosen) return chosen;
  if (fitting.length > 0) return tell('model.noFirmware', { firmware: firmware ?? '', region });
  const regions = [...new Set(variants.map((one) => one.region))];
  if (regions.length === 0) return tell('model.listenOnly');
  return tell('model.elsewhere', { regions: regions.join(', '), region });
}

function originOf({ source, vendor, model }: CatalogueModel, { firmware, region }: ModelVariant): string {
  return [source, vendor, model, firmware ?? '', region].join('/');
}

function profileName({ vendorName, name }: CatalogueModel, variant: ModelVariant, ours: string): string {
  const hasVendor = name.toLowerCase().startsWith(vendorName.toLowerCase());
  const whole = `${hasVendor ? '' : `${vendorName} `}${name}${variant.region === ours ? '' : ` ${variant.region}`}`;
  const plain = oneLine(whole)
    .replaceAll('/', '-')
    .replace(/^[^\p{L}\p{N}]+/u, '');
  return cut(plain, MAX_NAME - 4).trim() || variant.region;
}

/** `wanted`, or the first of 'wanted 2', 'wanted 3' … that nobody has. */
function freeName(wanted: string, joint: string, isTaken: (name: string) => boolean, most: number): string {
  if (!isTaken(wanted)) return wanted;
  for (let n = 2; n < TRIES; n += 1) {
    const name = `${cut(wanted, most - 4)}${joint}${n}`;
    if (!isTaken(name)) return name;
  }
  return `${cut(wanted, most - 10)}${joint}${TRIES}`;
}

interface Named {
  readonly name: string;
  readonly notes: readonly Told[];
}

/** The script is put under its vendor's and its own name; one that is there and the same is used. */
async function takeCodec(
  { catalogue, scripts }: TakeOptions,
  model: CatalogueModel,
  { codec }: ModelVariant,
): Promise<Named> {
  if (codec === undefined) return { name: 'raw', notes: [tell('taken.noScript')] };
  const found = catalogue.codec(model, codec);
  if (!found) return { name: 'raw', notes: [tell('taken.lostScript')] };
  const source = `${headOf(model, codec, catalogue.licence(model.source))}${found.source}`;
  const whole = codec.startsWith(model.vendor) ? codec : `${model.vendor}-${codec}`;
  const wanted = (slugOf(whole) ?? 'catalogue').replaceAll('.', '-').slice(0, MAX_CODEC_NAME - 4);
  const names = new Set(scripts.list().map(({ name }) => name));
  const isOther = (name: string): boolean => names.has(name) && scripts.source(name) !== source;
  const name = freeName(wanted, '-', isOther, MAX_CODEC_NAME);
  if (names.has(name)) return { name, notes: [] };
  const refused = await scripts.put(name, source);
  if (!refused) return { name, notes: [] };
  const { problem, said } = refused;
  const why = said ? { detail: problem, said } : tell('codec.says', { text: problem });
  return { name: 'raw', notes: [tellAll([tell('taken.badScript'), why])] };
}

/** Where the script is from and whose it is, in front of it; its own remarks stay as they are. */
function headOf({ source, vendor }: CatalogueModel, codec: string, licence: string | undefined): string {
  const collection = {
    ttn: 'lorawan-devices of The Things Network',
    chirpstack: 'chirpstack-device-profiles',
    template: 'a device profile of ChirpStack',
  }[source];
  const terms = licence === undefined ? '' : ` Licence of the collection: ${lineAbout(licence)}`;
  return `// From ${collection}: ${vendor}, ${codec}.${terms}\n`;
}

function lineAbout(licence: string): string {
  const lines = licence.split('\n').map((line) => oneLine(line).replaceAll('*/', ''));
  const named = lines.filter((line) => line !== '').slice(0, 1);
  const rights = lines.find((line) => /^copyright/i.test(line));
  return cut([...named, ...(rights ? [rights] : [])].join('; '), 200);
}

interface ProfileParts {
  readonly name: string;
  readonly origin: string;
  readonly codec: string;
  readonly catalogue: TakeOptions['catalogue'];
}

function profileOf(
  model: CatalogueModel,
  variant: ModelVariant,
  { name, origin, codec, catalogue }: ProfileParts,
): DeviceProfile {
  const { region, macVersion, deviceClass, rx1DelayS } = variant;
  const examples =
    variant.codec === undefined || codec === 'raw'
      ? []
      : (catalogue.codec(model, variant.codec)?.examples ?? []);
  return {
    name,
    region,
    ...(macVersion === undefined ? {} : { macVersion }),
    deviceClass,
    ...(rx1DelayS === undefined ? {} : { rx1DelayS }),
    codec,
    ...(model.fields ? { fields: displaysOf(model.fields) } : {}),
    ...(examples.length > 0 ? { examples } : {}),
    catalogue: origin,
  };
}

function displaysOf(fields: Readonly<Record<string, FieldName>>): Record<string, FieldDisplay> {
  return Object.fromEntries(Object.entries(fields).map(([key, one]) => [key, { ...one }]));
}

function notesOf({
  supportsJoin,
  macVersion,
  declaredMac,
  rx1Offset,
  rx2DataRate,
  rx2Frequency,
}: ModelVariant): Told[] {
  const windows = [
    ...(rx1Offset ? [tell('taken.rx1Offset', { value: rx1Offset })] : []),
    ...(rx2DataRate === undefined ? [] : [tell('taken.rx2DataRate', { value: rx2DataRate })]),
    ...(rx2Frequency === undefined ? [] : [tell('taken.rx2Frequency', { value: rx2Frequency / 1e6 })]),
  ];
  return [
    ...(supportsJoin ? [] : [tell('taken.personalised')]),
    ...(macVersion === undefined && declaredMac !== undefined
      ? [tell('taken.version', { version: declaredMac })]
      : []),
    ...(windows.length > 0 ? [tellAll([tell('taken.windows'), ...windows])] : []),
  ];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
