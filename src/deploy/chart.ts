/**
 * The Helm chart, derived from the generator by watching it: it is run once with a mark in place of every value and every
 * switch on, and once more for each switch off. What a switch takes away is put behind `if`, a mark becomes `.Values`.
 * A switch may therefore only add things; anything else is an error here and not a wrong chart.
 */
import { camelCase } from '../config/declare.ts';
import type { Reference } from './config-hash.ts';
import { siteObjects } from './objects.ts';
import { SECRET_NAMES, type SecretForms, type SecretValues } from './secrets.ts';
import { SITE_KEYS, type Site } from './site.ts';
import { HASH_OF, markOf, numberMark, type Switch, template } from './template.ts';

/** Files of the chart's `templates` folder by name. */
export function chartTemplates(version: string): ReadonlyMap<string, string> {
  const on = render(version, undefined);
  const offs = SWITCHES.map((which) => ({ which, objects: new Map(byFile(render(version, which))) }));
  const files = byFile(on).map(([name, object]): [string, string] => {
    const others = offs.map(({ which, objects }) => ({ which, value: objects.get(name) }));
    return [name, template(object, others)];
  });
  for (const { which, objects } of offs) {
    const known = new Set(files.map(([name]) => name));
    const added = [...objects.keys()].find((name) => !known.has(name));
    if (added !== undefined)
      throw new Error(`without ${which.test} there is ${added}: a switch may only add`);
  }
  return new Map(files);
}

const FORMS = ['plain', 'external'] as const;
/** Kinds of the objects that become a Secret, one for each form. */
const FORM_KINDS = ['Secret', 'ExternalSecret'];

const SWITCHES: readonly Switch[] = [
  ...SITE_KEYS.filter(isSwitch).map(({ path }) => ({ test: `$.Values.${path}`, mark: path })),
  ...FORMS.map((form) => ({ test: `(eq $.Values.secrets.form "${form}")`, mark: form })),
];

type Key = (typeof SITE_KEYS)[number];

function isSwitch({ kind, default: fallback, path }: Key): boolean {
  if (path === 'site.id' || path === 'ingress.host') return false;
  return (
    kind.type === 'boolean' || fallback === undefined || (Array.isArray(fallback) && fallback.length === 0)
  );
}

function render(version: string, off: Switch | undefined): readonly object[] {
  const values = Object.fromEntries(SECRET_NAMES.map((name) => [name, markOf(`secret_values.${name}`)]));
  const secrets: SecretForms = {
    ...(off?.mark === 'plain' ? {} : { plain: values as SecretValues }),
    ...(off?.mark === 'external' ? {} : { external: true }),
  };
  return siteObjects(markedSite(off), {
    version,
    secrets,
    settingsText: markOf('settings'),
    configHash: hashMark,
  });
}

/** For each object a pod is given the templates that may make it; a secret the cluster has has none. */
function hashMark(references: readonly Reference[]): string {
  const ours = references.filter(({ name }) => !name.includes(markOf('').slice(0, 2)));
  const files = ours.flatMap(({ kind, name }) =>
    (kind === 'Secret' ? FORM_KINDS : [kind]).map((made) => `${made.toLowerCase()}-${name}.yaml`),
  );
  return markOf(`${HASH_OF}${files.join(',')}`);
}

/** A site whose every value says where it came from. */
function markedSite(off: Switch | undefined): Site {
  const site: Record<string, Record<string, unknown>> = {};
  for (const [index, key] of SITE_KEYS.entries()) {
    const section = site[key.section] ?? {};
    site[key.section] = section;
    const value = off?.mark === key.path ? offValue(key) : onValue(key, index);
    if (value !== undefined) section[camelCase(key.key ?? '')] = value;
  }
  return { ...site, settings: {} } as Site;
}

function onValue({ kind, path, default: fallback }: Key, index: number): unknown {
  if (kind.type === 'boolean') return true;
  if (kind.type === 'integer') return numberMark(path, index);
  if (kind.type !== 'list') return markOf(path);
  const numbers = Array.isArray(fallback) && typeof fallback[0] === 'number';
  return [numbers ? numberMark(path, index) : markOf(path)];
}

function offValue({ kind }: Key): unknown {
  if (kind.type === 'boolean') return false;
  return kind.type === 'list' ? [] : undefined;
}

/** Each object with the name of its file, 'statefulset-mosquitto.yaml'. */
function byFile(objects: readonly object[]): (readonly [string, object])[] {
  return objects.map((object) => [objectFile(object), object]);
}

/** Name of the file an object is kept in. */
export function objectFile(object: object): string {
  const { kind, metadata } = object as { kind: string; metadata: { name: string } };
  return kind === 'Namespace' ? 'namespace.yaml' : `${kind.toLowerCase()}-${metadata.name}.yaml`;
}
