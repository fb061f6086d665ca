/** How the collections write names, regions, versions and windows, as we know them. Pure. */
import type { CatalogueModel, DownlinkExample, ModelVariant } from '../../model/device-catalogue.ts';
import { MAC_VERSIONS, type MacVersion } from '../../model/lorawan.ts';
import { readRegion } from '../columns.ts';
import { lineOf, listOf, type Members, member, membersOf, wholeOf } from './untyped.ts';

export { readRegion };

const MAX_EXAMPLES = 20;
/** Of an example's object, as JSON. */
const MAX_OBJECT_CHARS = 2_000;

/** '1.0.3', '1.0', 'LORAWAN_1_0_3', 'RP001…'; those that are no version of 1.0 fall back to one, as the device does. */
export function readVersion(value: unknown): Pick<ModelVariant, 'macVersion' | 'declaredMac'> {
  const declared = lineOf(value, 20)
    ?.replace(/^LORAWAN_|^MAC_V/i, '')
    .replaceAll('_', '.');
  if (declared === undefined) return {};
  const name = declared === '1.0' ? '1.0.0' : declared;
  const known: MacVersion | undefined = MAC_VERSIONS.find((version) => version === name);
  // A device of 1.1 speaks 1.0 to a network server that does: it answers no OptNeg.
  return known ? { macVersion: known, declaredMac: declared } : { declaredMac: declared };
}

/** The windows of a personalised device, by the names its collection has for them; frequency in the unit `hertz` of it. */
export function readWindows(
  profile: Members,
  names: Readonly<Record<'delay' | 'offset' | 'dataRate' | 'frequency', string>>,
  hertz: number,
): Pick<ModelVariant, 'rx1DelayS' | 'rx1Offset' | 'rx2DataRate' | 'rx2Frequency'> {
  const delay = wholeOf(member(profile, names.delay), 1, 15);
  const offset = wholeOf(member(profile, names.offset), 0, 7);
  const dataRate = wholeOf(member(profile, names.dataRate), 0, 15);
  const given = member(profile, names.frequency);
  const frequency = typeof given === 'number' && given > 0 ? Math.round(given * hertz) : undefined;
  return {
    ...(delay === undefined ? {} : { rx1DelayS: delay }),
    ...(offset === undefined ? {} : { rx1Offset: offset }),
    ...(dataRate === undefined ? {} : { rx2DataRate: dataRate }),
    ...(frequency === undefined || frequency > 3e9 ? {} : { rx2Frequency: frequency }),
  };
}

/** What a device is called and what it is; `model` where it has no name. */
export function readHead(device: unknown, model: string): Pick<CatalogueModel, 'name' | 'description'> {
  const description = lineOf(member(device, 'description'), 300);
  return {
    name: lineOf(member(device, 'name'), 80) ?? model,
    ...(description === undefined ? {} : { description }),
  };
}

/** Downlinks the maker shows and that work: each with what its script gets, under the name `nameOf` it. */
export function readExamples(value: unknown, nameMember: string, outputMember: string): DownlinkExample[] {
  const found: DownlinkExample[] = [];
  for (const one of listOf(value, 200)) {
    const object = member(member(one, 'input'), 'data');
    const output = member(one, outputMember);
    const fPort =
      wholeOf(member(output, 'fPort'), 1, 223) ?? wholeOf(member(member(one, 'input'), 'fPort'), 1, 223);
    const name = lineOf(member(one, nameMember), 50);
    const hasBytes = Array.isArray(member(output, 'bytes'));
    if (name === undefined || !hasBytes || Object.keys(membersOf(object)).length === 0) continue;
    if (JSON.stringify(object).length > MAX_OBJECT_CHARS || found.some((other) => other.name === name))
      continue;
    found.push({ name, ...(fPort === undefined ? {} : { fPort }), object: membersOf(object) });
    if (found.length === MAX_EXAMPLES) break;
  }
  return found;
}
