/** ChirpStack's device profiles as its API gives them: JSON, one or a list of them, with the script and the names of values in it. */
import type {
  CatalogueCodec,
  CatalogueModel,
  FieldName,
  ModelVariant,
} from '../../model/device-catalogue.ts';
import { type Told, tell } from '../../model/said.ts';
import type { Problems } from './collection.ts';
import { MAX_FILE_BYTES } from './collection.ts';
import { readRegion, readVersion, readWindows } from './radio.ts';
import type { VendorFiles } from './things-layout.ts';
import { lineOf, listOf, type Members, member, membersOf, slugOf } from './untyped.ts';

export const MAX_TEMPLATE_BYTES = 8 * 1024 * 1024;
const MAX_TEMPLATES = 2_000;
const MAX_FIELDS = 100;

/** The vendors of a file, or why it is none. */
export function readTemplates(text: string, problems: Problems): readonly VendorFiles[] | Told {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return tell('catalogue.noFormat');
  }
  const given = Array.isArray(json) ? json : (member(json, 'result') ?? member(json, 'items') ?? [json]);
  const vendors = new Map<
    string,
    { readonly name: string; models: CatalogueModel[]; codecs: CatalogueCodec[] }
  >();
  for (const [n, one] of listOf(given, MAX_TEMPLATES).entries()) {
    const template = membersOf(member(one, 'deviceProfileTemplate') ?? member(one, 'deviceProfile') ?? one);
    const vendorName = lineOf(member(template, 'vendor'), 80) ?? 'ChirpStack';
    const id = slugOf(vendorName);
    const read = id && readTemplate(template, id, vendorName);
    if (!id || !read) {
      problems.add(String(n + 1), tell('catalogue.noProfile'));
      continue;
    }
    const vendor = vendors.get(id) ?? { name: vendorName, models: [], codecs: [] };
    vendors.set(id, vendor);
    if (read.codec) vendor.codecs.push(read.codec);
    add(vendor.models, read.model);
  }
  if (vendors.size === 0) return tell('catalogue.noProfiles');
  return [...vendors].map(([id, { name, models, codecs }]) => ({ vendor: { id, name }, models, codecs }));
}

/** One for each region, of the same name, is one model. */
function add(models: CatalogueModel[], model: CatalogueModel): void {
  const at = models.findIndex((one) => one.model === model.model);
  const known = models[at];
  if (known) models[at] = { ...known, variants: [...known.variants, ...model.variants].slice(0, 100) };
  else models.push(model);
}

const WINDOWS = {
  delay: 'abpRx1Delay',
  offset: 'abpRx1DrOffset',
  dataRate: 'abpRx2Dr',
  frequency: 'abpRx2Freq',
} as const;

function readTemplate(
  template: Members,
  vendor: string,
  vendorName: string,
): { readonly model: CatalogueModel; readonly codec?: CatalogueCodec } | undefined {
  const name = lineOf(member(template, 'name'), 80);
  const model = name && slugOf(name);
  const region = readRegion(lineOf(member(template, 'region'), 20) ?? '');
  if (!name || !model || !region) return undefined;
  const source = member(template, 'payloadCodecScript');
  const hasScript = typeof source === 'string' && source.trim() !== '' && source.length <= MAX_FILE_BYTES;
  const firmware = lineOf(member(template, 'firmware'), 40);
  const parameters = lineOf(member(template, 'regParamsRevision'), 40);
  const description = lineOf(member(template, 'description'), 300);
  const joins = member(template, 'supportsOtaa') !== false;
  const fields = fieldsOf(member(template, 'measurements'));
  const codec = `${model}-${region.toLowerCase()}`;
  const variant: ModelVariant = {
    ...(firmware === undefined ? {} : { firmware }),
    region,
    ...readVersion(member(template, 'macVersion')),
    ...(parameters === undefined ? {} : { regionalParameters: parameters }),
    deviceClass: member(template, 'supportsClassC') === true ? 'C' : 'A',
    ...(member(template, 'supportsClassB') === true ? { supportsClassB: true } : {}),
    supportsJoin: joins,
    ...(joins ? {} : readWindows(template, WINDOWS, 1)),
    ...(hasScript ? { codec } : {}),
  };
  return {
    model: {
      ...{ source: 'template', vendor, model, vendorName, name, variants: [variant] },
      ...(description === undefined ? {} : { description }),
      ...(fields ? { fields } : {}),
    },
    ...(hasScript ? { codec: { vendor, name: codec, source, examples: [] } } : {}),
  };
}

/** `measurements`: by the name of the value, what it is called. */
function fieldsOf(measurements: unknown): Readonly<Record<string, FieldName>> | undefined {
  const found = Object.entries(membersOf(measurements))
    .slice(0, MAX_FIELDS)
    .flatMap(([key, one]): [string, FieldName][] => {
      const name = lineOf(member(one, 'name'), 100);
      const unit = lineOf(member(one, 'unit'), 20);
      const fits = key.length > 0 && key.length <= 100 && (name !== undefined || unit !== undefined);
      return fits
        ? [[key, { ...(name === undefined ? {} : { name }), ...(unit === undefined ? {} : { unit }) }]]
        : [];
    });
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}
