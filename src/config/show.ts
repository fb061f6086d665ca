/** The effective settings as TOML, secrets hidden, each with where it came from when asked. */

import { camelCase, type Setting, type TableField } from './declare.ts';
import { type Origin, originText } from './problem.ts';
import { type Config, SETTINGS } from './schema.ts';
import { tomlValue } from './toml.ts';

export const HIDDEN = '********';

/** With `origins`, each line ends in a comment that says where its value came from. */
export function showConfig(config: Config, origins?: ReadonlyMap<string, Origin>): string {
  const lines: string[] = [];
  let section = '';
  const comment = (path: string): string => {
    const origin = origins?.get(path);
    return origin ? ` # ${originText(origin)}` : '';
  };
  for (const setting of SETTINGS) {
    const value = settingValue(config, setting);
    if (setting.kind.type === 'tables' && Array.isArray(value)) {
      for (const [index, table] of value.entries()) {
        lines.push('', `[[${setting.path}]]${comment(`${setting.path}[${index}]`)}`);
        lines.push(...fieldLines(setting.kind.fields, table));
      }
      continue;
    }
    if (setting.section !== section) {
      section = setting.section;
      lines.push('', `[${section}]`);
    }
    if (value === undefined) lines.push(`# ${setting.key} is not set`);
    else
      lines.push(
        `${setting.key} = ${tomlValue(hideSecret(setting.doc.secret, value))}${comment(setting.path)}`,
      );
  }
  return `${lines.join('\n').trimStart()}\n`;
}

function fieldLines(fields: readonly TableField[], table: Readonly<Record<string, unknown>>): string[] {
  return fields.flatMap(({ key, doc }) => {
    const value = table[camelCase(key)];
    return value === undefined ? [] : [`${key} = ${tomlValue(hideSecret(doc.secret, value))}`];
  });
}

function settingValue(config: Config, setting: Setting): unknown {
  const sections: Readonly<Record<string, object>> = config;
  const section = sections[setting.section] ?? {};
  return setting.key === undefined ? section : new Map(Object.entries(section)).get(camelCase(setting.key));
}

/** The value, or what stands for it where it is, or holds, a secret. */
export function hideSecret(secret: boolean | 'in-url' | undefined, value: unknown): unknown {
  if (secret === undefined || secret === false) return value;
  const url = secret === 'in-url' ? URL.parse(String(value)) : null;
  if (!url) return HIDDEN;
  if (url.password !== '') url.password = HIDDEN;
  else if (url.username !== '') url.username = HIDDEN;
  if (url.search !== '') url.search = `?${HIDDEN}`;
  return url.href;
}
