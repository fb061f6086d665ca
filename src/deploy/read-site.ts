/** From the table of a site file to a checked description, or every problem it has at once. */
import { camelCase, type Setting } from '../config/declare.ts';
import { checkValue, isTable } from '../config/value.ts';
import { didYouMean } from '../model/suggest.ts';
import { SITE_KEYS, SITE_SECTION_DOCS, type Site } from './site.ts';
import { type SiteProblem, siteRules } from './site-rules.ts';

export type SiteResult =
  | { readonly ok: true; readonly site: Site }
  | { readonly ok: false; readonly problems: readonly SiteProblem[] };

/** What a description is made of. */
export interface Described {
  readonly keys: readonly Setting[];
  readonly sections: readonly string[];
  /** 'a site', for messages. */
  readonly whose: string;
}

/** Checks the table of a site file and fills in the defaults, or gives every problem it has. */
export function readSite(table: Readonly<Record<string, unknown>>): SiteResult {
  const { values, problems } = readTable(table, {
    keys: SITE_KEYS,
    sections: Object.keys(SITE_SECTION_DOCS),
    whose: 'a site',
  });
  if (problems.length > 0) return { ok: false, problems };
  const read = values as Site;
  const broken = siteRules(read);
  return broken.length === 0 ? { ok: true, site: read } : { ok: false, problems: broken };
}

/** Values by section and key in camelCase, with defaults and `settings` as it is, and what is wrong with single keys. */
export function readTable(
  table: Readonly<Record<string, unknown>>,
  described: Described,
): { readonly values: unknown; readonly problems: readonly SiteProblem[] } {
  const problems: SiteProblem[] = unknownKeys(table, described);
  const values: Record<string, Record<string, unknown>> = {};
  for (const key of described.keys) {
    const section = values[key.section] ?? {};
    values[key.section] = section;
    const given = table[key.section];
    const value = isTable(given) ? given[key.key ?? ''] : undefined;
    const checked = value === undefined ? undefined : checkValue(key, value);
    if (checked?.ok === false) {
      for (const { at, message } of checked.problems) problems.push({ path: key.path + at, message });
    } else if (checked) section[camelCase(key.key ?? '')] = checked.value;
    else if (key.default !== undefined) section[camelCase(key.key ?? '')] = key.default;
    else if (key.path === 'site.id') problems.push({ path: key.path, message: 'is missing' });
  }
  return { values: { ...values, settings: isTable(table.settings) ? table.settings : {} }, problems };
}

function unknownKeys(
  table: Readonly<Record<string, unknown>>,
  { keys: settings, sections, whose }: Described,
): SiteProblem[] {
  const known = [...sections, 'settings'];
  return Object.entries(table).flatMap(([section, content]) => {
    if (!known.includes(section))
      return [{ path: section, message: `is not a section${didYouMean(section, known)}` }];
    if (!isTable(content)) return [{ path: section, message: `must be a section, [${section}]` }];
    if (section === 'settings') return [];
    const keys = settings.filter((key) => key.section === section).map((key) => key.key ?? '');
    return Object.keys(content)
      .filter((key) => !keys.includes(key))
      .map((key) => ({
        path: `${section}.${key}`,
        message: `is not a key of ${whose}${didYouMean(key, keys)}`,
      }));
  });
}
