/** The secrets among the settings in force, to be kept out of what leaves the box. */
import { camelCase } from './declare.ts';
import { type Config, SETTINGS } from './schema.ts';

/** Passwords, tokens, and the user and password of each URL. */
export function secretsIn(config: Config): string[] {
  const sections: Readonly<Record<string, unknown>> = config;
  return SETTINGS.flatMap(({ section, key, kind, doc }) => {
    const value = key === undefined ? sections[section] : fieldOf(sections[section], key);
    if (kind.type === 'tables' && Array.isArray(value)) {
      const fields = kind.fields.filter((field) => field.doc.secret);
      return value.flatMap((table) => fields.flatMap((field) => textsOf(fieldOf(table, field.key))));
    }
    if (doc.secret === 'in-url') return textsOf(value).flatMap(secretsOfUrl);
    return doc.secret ? textsOf(value) : [];
  });
}

function fieldOf(table: unknown, key: string): unknown {
  if (typeof table !== 'object' || table === null) return undefined;
  return new Map(Object.entries(table)).get(camelCase(key));
}

function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return typeof value === 'string' ? [value] : [];
}

function secretsOfUrl(text: string): string[] {
  const url = URL.parse(text);
  if (!url) return [];
  return [url.password, decodeURIComponent(url.password), ...url.searchParams.values()].filter(
    (secret) => secret !== '',
  );
}
