/**
 * The Helm chart, derived from the generator by watching it: it is run once with a mark in place of every value and every
 * switch on, and once more for each switch off. What a switch takes away is put behind `if`, a mark becomes `.Values`.
 * A switch may therefore only add things; anything else is an error here and not a wrong chart.
 */
import { camelCase, type Setting } from '../config/declare.ts';
import type { Reference } from './config-hash.ts';
import { siteObjects } from './objects.ts';
import { SECRET_NAMES, type SecretForms } from './secrets.ts';
import { SITE_KEYS, type Site } from './site.ts';
import { HASH_OF, markOf, numberMark, type Switch, template } from './template.ts';

/** A generator to be watched. */
export interface ChartSource {
  /** Keys of the description it makes its objects of. */
  readonly keys: readonly Setting[];
  /** Keys without a default that are no switches all the same, because something needs them. */
  readonly needed: readonly string[];
  readonly secretNames: readonly string[];
  /** `values` by section and key in camelCase; which forms of secrets are on, with the values of plain ones. */
  readonly objects: (values: unknown, options: ChartOptions) => readonly object[];
}

export interface ChartOptions {
  readonly version: string;
  readonly secrets: { readonly plain?: Readonly<Record<string, string>>; readonly external?: true };
  readonly settingsText: string;
  readonly configHash: (references: readonly Reference[]) => string;
}

export const SITE_CHART: ChartSource = {
  keys: SITE_KEYS,
  needed: ['site.id', 'ingress.host'],
  secretNames: SECRET_NAMES,
  objects: (values, { secrets, ...options }) =>
    siteObjects(values as Site, { ...options, secrets: secrets as SecretForms }),
};

/** Files of the chart's `templates` folder by name. */
export function chartTemplates(source: ChartSource, version: string): ReadonlyMap<string, string> {
  const on = render(source, version, undefined);
  const offs = switches(source).map((which) => ({
    which,
    objects: new Map(byFile(render(source, version, which))),
  }));
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

function switches({ keys, needed }: ChartSource): Switch[] {
  return [
    ...keys
      .filter((key) => isSwitch(key) && !needed.includes(key.path))
      .map(({ path }) => ({ test: `$.Values.${path}`, mark: path })),
    ...FORMS.map((form) => ({ test: `(eq $.Values.secrets.form "${form}")`, mark: form })),
  ];
}

function isSwitch({ kind, default: fallback }: Setting): boolean {
  return (
    kind.type === 'boolean' || fallback === undefined || (Array.isArray(fallback) && fallback.length === 0)
  );
}

function render(source: ChartSource, version: string, off: Switch | undefined): readonly object[] {
  const values = Object.fromEntries(
    source.secretNames.map((name) => [name, markOf(`secret_values.${name}`)]),
  );
  return source.objects(markedValues(source, off), {
    version,
    secrets: {
      ...(off?.mark === 'plain' ? {} : { plain: values }),
      ...(off?.mark === 'external' ? {} : { external: true }),
    },
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

/** A description whose every value says where it came from. */
function markedValues({ keys }: ChartSource, off: Switch | undefined): unknown {
  const values: Record<string, Record<string, unknown>> = {};
  for (const [index, key] of keys.entries()) {
    const section = values[key.section] ?? {};
    values[key.section] = section;
    const value = off?.mark === key.path ? offValue(key) : onValue(key, index);
    if (value !== undefined) section[camelCase(key.key ?? '')] = value;
  }
  return { ...values, settings: {} };
}

function onValue({ kind, path, default: fallback }: Setting, index: number): unknown {
  if (kind.type === 'boolean') return true;
  if (kind.type === 'integer') return numberMark(path, index);
  if (kind.type !== 'list') return markOf(path);
  const numbers = Array.isArray(fallback) && typeof fallback[0] === 'number';
  return [numbers ? numberMark(path, index) : markOf(path)];
}

function offValue({ kind }: Setting): unknown {
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
