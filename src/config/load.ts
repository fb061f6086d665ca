/**
 * All sources to one Config, or every problem of all of them at once. Later wins: default, file, conf.d in name order, what
 * was saved on the pages, environment, `$CREDENTIALS_DIRECTORY`, `…_FILE`, flag. Pure apart from the two functions it reads files with.
 */

import { isLoopback } from '../model/address.ts';
import { pagesSettingsFiles } from '../model/pages-settings.ts';
import { crossProblems, type MergedSettings } from './cross.ts';
import { camelCase, type Setting } from './declare.ts';
import { gatherFiles, gatherLayer, gatherSecrets, type ReadOptions } from './gather.ts';
import { fromPages } from './layer.ts';
import { type ConfigProblem, type Origin, originText } from './problem.ts';
import { type Config, SETTINGS } from './schema.ts';
import { fromEnv, fromFlags, type Gathered, type Given } from './source.ts';
import { checkValue } from './value.ts';

export interface LoadOptions extends ReadOptions {
  /** 'section.key=value', later wins. */
  readonly flags?: readonly string[];
  /** Of what was saved on the pages: what is not in force yet, or this text; else what is in force. */
  readonly pages?: 'next' | { readonly text: string };
}

export type LoadResult =
  | {
      readonly ok: true;
      readonly config: Config;
      /** Where each setting came from, by path; each table of a list has its own, 'devices[0]'. */
      readonly origins: ReadonlyMap<string, Origin>;
      /** Files that were read, in order. */
      readonly files: readonly string[];
      readonly warnings: readonly ConfigProblem[];
      readonly layers: SettingLayers;
    }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** The settings in force, and what lies under those saved on the pages. */
export interface SettingLayers {
  readonly known: MergedSettings;
  readonly beneath: MergedSettings;
  /** Why nothing that was saved on the pages is in force; empty when it is. */
  readonly problems: readonly ConfigProblem[];
}

/** The site's settings, read, checked and merged from all sources. Never rejects. */
export async function loadConfig(options: LoadOptions): Promise<LoadResult> {
  const sources = await gatherSources(options);
  const beneath = judge(sources.beneath.concat(sources.above), SETTINGS, crossProblems);
  const dir = beneath.known.value('store.dir');
  const pages = typeof dir === 'string' ? await gatherPages(options, dir) : undefined;
  const all = pages && judge([...sources.beneath, pages, ...sources.above], SETTINGS, crossProblems);
  // What was saved on the pages never keeps the box from starting: without them nobody could mend it.
  const isUsed = all !== undefined && (all.problems.length === 0 || options.pages !== undefined);
  const { known, problems } = isUsed ? all : beneath;
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    config: buildConfig(known, SETTINGS) as Config,
    origins: originsOf(known),
    files: sources.files,
    warnings: [...warningsOf(known), ...(all?.problems ?? []).map(notUsed)],
    layers: { known, beneath: beneath.known, problems: all?.problems ?? [] },
  };
}

async function gatherPages(options: LoadOptions, dir: string): Promise<Gathered | undefined> {
  const { kept, next } = pagesSettingsFiles(dir);
  const gathered = await gatherLayer(options, options.pages === 'next' ? next : kept, options.pages);
  return gathered && fromPages(gathered);
}

function notUsed(problem: ConfigProblem): ConfigProblem {
  const hint = 'so nothing that was saved on the pages is in force: mend it there';
  return { ...problem, message: `${problem.message}; ${hint}` };
}

/** The settings of a whole kind, such as those of `collect`, as far as they can be known; no type is promised. */
export type SettingsResult =
  | { readonly ok: true; readonly known: MergedSettings; readonly files: readonly string[] }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** Reads, checks and merges all sources of `settings`; `rules` says what no single one can get wrong. Never rejects. */
export async function loadSettings(
  options: LoadOptions,
  settings: readonly Setting[],
  rules: (known: MergedSettings) => readonly ConfigProblem[],
): Promise<SettingsResult> {
  const { beneath, above, files } = await gatherSources(options);
  const { known, problems } = judge([...beneath, ...above], settings, rules);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, known, files };
}

interface Sources {
  /** Files; what is saved on the pages wins over them. */
  readonly beneath: readonly Gathered[];
  readonly above: readonly Gathered[];
  readonly files: readonly string[];
}

async function gatherSources(options: LoadOptions): Promise<Sources> {
  const { catalogue } = options;
  const files = await gatherFiles(options);
  const above = [
    fromEnv(options.env, catalogue),
    await gatherSecrets(options),
    fromFlags(options.flags ?? [], catalogue),
  ];
  return { beneath: files.gathered, above, files: files.names };
}

/** Merges the sources, later ones winning, and lists everything that is wrong with them. */
function judge(
  sources: readonly Gathered[],
  settings: readonly Setting[],
  rules: (known: MergedSettings) => readonly ConfigProblem[],
): { readonly known: MergedSettings; readonly problems: readonly ConfigProblem[] } {
  const { known, problems } = merge(
    sources.flatMap((source) => source.given),
    settings,
  );
  const all = [...sources.flatMap((source) => source.problems), ...problems, ...rules(known)];
  return { known, problems: all.sort(byPlace) };
}

/** Files first, by line, so that the list can be worked through from top to bottom. */
function byPlace(a: ConfigProblem, b: ConfigProblem): number {
  return a.where.localeCompare(b.where, 'en', { numeric: true });
}

/** The value that won so far; each row of a list of tables knows its own origin, as several files add to the list. */
interface Winner {
  readonly given: Given;
  readonly value: unknown;
  readonly rows: readonly ((at: string) => Origin)[];
}

/** Checks every given value, also those that are overridden, and lets the last one of each setting win. */
function merge(
  given: readonly Given[],
  settings: readonly Setting[],
): {
  readonly known: MergedSettings;
  readonly problems: readonly ConfigProblem[];
} {
  const problems: ConfigProblem[] = [];
  const winners = new Map<string, Winner>();
  for (const item of given) {
    const { path, kind } = item.setting;
    const originAt = (at: string): Origin => item.originAt?.(at) ?? item.origin;
    const checked = checkValue(item.setting, item.value);
    const value = checked.ok ? checked.value : undefined;
    if (!checked.ok) {
      for (const { at, ...words } of checked.problems) {
        problems.push({ path: `${path}${at}`, where: originText(originAt(at)), ...words });
      }
    }
    if (kind.type !== 'tables') {
      winners.set(path, { given: item, value, rows: [] });
      continue;
    }
    const own = Array.isArray(value) ? value : checked.ok ? [] : (checked.partial ?? []);
    const rows = own.map((_, index) => (at: string) => originAt(`[${index}]${at}`));
    const before = winners.get(path);
    const joins = item.origin.source === 'file' && Array.isArray(before?.value);
    winners.set(path, {
      given: item,
      value: joins ? before.value.concat(own) : own,
      rows: joins ? before.rows.concat(rows) : rows,
    });
  }
  return { known: mergedOf(winners, settings), problems };
}

function mergedOf(winners: ReadonlyMap<string, Winner>, settings: readonly Setting[]): MergedSettings {
  const defaults = new Map(settings.map((setting) => [setting.path, setting.default]));
  return {
    value(path) {
      const winner = winners.get(path);
      return winner ? winner.value : defaults.get(path);
    },
    given: (path) => winners.has(path),
    origin(path, at = '') {
      const row = /^\[(\d+)\](.*)$/.exec(at);
      const winner = winners.get(path);
      return (
        winner?.rows[Number(row?.[1])]?.(row?.[2] ?? '') ?? winner?.given.origin ?? { source: 'default' }
      );
    },
  };
}

/** The settings by section in camelCase. Only called when nothing is wrong: every value has been checked, so its type is that of the declaration. */
export function buildConfig(known: MergedSettings, settings: readonly Setting[]): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const setting of settings) {
    const value = known.value(setting.path);
    if (setting.key === undefined) {
      config[setting.section] = camelled(value);
      continue;
    }
    config[setting.section] ??= {};
    if (value === undefined) continue;
    const section = config[setting.section] as Record<string, unknown>;
    section[camelCase(setting.key)] =
      value === setting.default && typeof value === 'string'
        ? value.replace('<site.id>', String(known.value('site.id')))
        : value;
  }
  return config;
}

function camelled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [camelCase(key), camelled(inner)]));
}

function originsOf(known: MergedSettings): Map<string, Origin> {
  const origins = new Map<string, Origin>();
  for (const { path, kind } of SETTINGS) {
    origins.set(path, known.origin(path));
    const tables = kind.type === 'tables' ? known.value(path) : undefined;
    for (let index = 0; Array.isArray(tables) && index < tables.length; index++) {
      origins.set(`${path}[${index}]`, known.origin(path, `[${index}]`));
    }
  }
  return origins;
}

function warningsOf(known: MergedSettings): ConfigProblem[] {
  const warnings: ConfigProblem[] = [];
  for (const { path, doc, env } of SETTINGS) {
    const origin = known.origin(path);
    if (doc.secret === true && origin.source === 'env') {
      const message = `stands in the environment, which other programs may read; better ${env}_FILE`;
      warnings.push({ path, where: originText(origin), message });
    }
    const value = known.value(path);
    if (doc.secret === true && typeof value === 'string' && value !== value.trim()) {
      const message = 'begins or ends with a space, which is taken as part of it';
      warnings.push({ path, where: originText(origin), message });
    }
  }
  if (known.given('mqtt.url') && known.value('mqtt.mode') === 'embedded') {
    const where = originText(known.origin('mqtt.url'));
    warnings.push({ path: 'mqtt.url', where, message: 'is not used: mqtt.mode is "embedded"' });
  }
  const host = known.value('mqtt.embedded_host');
  if (known.value('mqtt.mode') === 'embedded' && !isLoopback(String(host))) {
    const where = originText(known.origin('mqtt.embedded_host'));
    const message =
      'opens the broker to the network, not encrypted: only gateways that have a user are let in (webscada-edge broker-user add)';
    warnings.push({ path: 'mqtt.embedded_host', where, message });
  }
  return warnings;
}
