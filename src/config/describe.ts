/** The settings in force with where each came from, its type and its bounds, out of their declaration. */
import type { SettingSource, SettingState, SettingValue } from '../model/settings.ts';
import type { MergedSettings } from './cross.ts';
import type { Setting } from './declare.ts';
import { isForPages } from './layer.ts';
import type { SettingLayers } from './load.ts';
import { type Origin, originText } from './problem.ts';
import { SETTINGS } from './schema.ts';
import { hideSecret } from './show.ts';
import { bounds } from './value.ts';

/** Sections of which a wrong setting cuts off whoever sets it. */
const RISKY = new Set(['http', 'access']);

export function isRisky({ section }: Pick<Setting, 'section'>): boolean {
  return RISKY.has(section);
}

/** All settings but lists of tables. `next`: as they will be with what is saved and not in force. */
export function describeSettings(layers: SettingLayers, next: MergedSettings | undefined): SettingState[] {
  return SETTINGS.filter(({ kind }) => kind.type !== 'tables').map((setting) => {
    const { path, section, key = '', doc, kind } = setting;
    const { known, beneath } = layers;
    const origin = known.origin(path);
    const source = sourceOf(origin);
    const isSecret = doc.secret === true;
    const value = shown(setting, known);
    const without = source === 'pages' ? shown(setting, beneath) : undefined;
    return {
      ...{ path, section, key, description: doc.description, isSecret, source },
      type: kind.type === 'tables' ? 'text' : kind.type,
      ...(kind.type === 'choice' ? { choices: kind.choices } : {}),
      ...limits(setting),
      ...defined('default', plain(setting.default)),
      ...defined('example', isSecret ? undefined : plain(doc.example)),
      isSet: known.value(path) !== undefined,
      ...defined('value', value),
      ...(source === 'default' ? {} : { where: originText(origin) }),
      ...defined('beneath', without),
      isFixed: !isForPages(setting) || !(source === 'default' || source === 'file' || source === 'pages'),
      ...(next && differs(setting, known, next)
        ? { next: { ...defined('value', shown(setting, next)) } }
        : {}),
      isRisky: isRisky(setting),
    };
  });
}

/** Paths of the settings that are others in `next`. */
export function changedPaths(known: MergedSettings, next: MergedSettings): Setting[] {
  return SETTINGS.filter((setting) => differs(setting, known, next));
}

function differs({ path }: Setting, known: MergedSettings, next: MergedSettings): boolean {
  return JSON.stringify(known.value(path)) !== JSON.stringify(next.value(path));
}

/** The value as it may be shown; none for a secret. */
function shown(setting: Setting, known: MergedSettings): SettingValue | undefined {
  const value = known.value(setting.path);
  if (setting.doc.secret === true || value === undefined) return undefined;
  return plain(setting.doc.secret === 'in-url' ? hideSecret('in-url', value) : value);
}

function plain(value: unknown): SettingValue | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return Array.isArray(value) ? value.map(String) : undefined;
}

function limits(setting: Setting): { readonly minimum?: number; readonly maximum?: number } {
  const { type } = setting.kind;
  if (type !== 'integer' && type !== 'list') return {};
  const { minimum, maximum } = bounds(setting.schema);
  return { minimum, ...(maximum === undefined ? {} : { maximum }) };
}

function sourceOf({ source }: Origin): SettingSource {
  return source === 'env' ? 'environment' : source;
}

function defined<K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: T });
}
