/** The difference between two sites as a Kustomize overlay: the base stays one, a site is what it changes. */
import { objectFile } from './chart.ts';
import type { KubeObject } from './object.ts';
import { yamlText } from './print.ts';

/** Files of a folder by name. */
export type Folder = ReadonlyMap<string, string>;

/** One file an object, and the list of them. */
export function kustomizeBase(objects: readonly KubeObject[]): Folder {
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: objects.map(objectFile),
  };
  return new Map([
    ['kustomization.yaml', yamlText(kustomization)],
    ...objects.map((object): [string, string] => [objectFile(object), yamlText(object)]),
  ]);
}

/** What makes `site` of the base at `path`: another namespace, new objects as files, removed and changed ones as patches. */
export function kustomizeOverlay(
  base: readonly KubeObject[],
  site: readonly KubeObject[],
  path: string,
): Folder {
  const namespace = namespaceOf(site);
  const isMoved = namespace !== undefined && namespace !== namespaceOf(base);
  const names = new Map(base.map((object) => [objectFile(object), object.metadata.name]));
  // Kustomize moves what is left after the patches.
  const whole = isMoved ? base.map((object) => moved(object, namespace)) : base;
  const before = new Map(whole.map((object) => [objectFile(object), object]));
  const after = new Map(site.map((object) => [objectFile(object), object]));
  const added = site.filter((object) => !before.has(objectFile(object)));
  const removed = base.filter((object) => !after.has(objectFile(object)));
  const changed = site.flatMap((object) => {
    const old = before.get(objectFile(object));
    const steps = old === undefined ? [] : difference(old, object, '');
    return old === undefined || steps.length === 0
      ? []
      : [{ target: { kind: old.kind, name: names.get(objectFile(old)) }, patch: patchText(steps) }];
  });
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    ...(isMoved ? { namespace } : {}),
    resources: [path, ...added.map(objectFile)],
    patches: [
      ...removed.map(({ apiVersion, kind, metadata: { name, namespace } }) => ({
        patch: yamlText({ $patch: 'delete', apiVersion, kind, metadata: { name, namespace } }),
      })),
      ...changed,
    ],
  };
  return new Map([
    ['kustomization.yaml', yamlText(kustomization)],
    ...added.map((object): [string, string] => [objectFile(object), yamlText(object)]),
  ]);
}

function namespaceOf(objects: readonly KubeObject[]): string | undefined {
  return objects.find(({ kind }) => kind === 'Namespace')?.metadata.name;
}

/** The object as it is in another namespace; that itself under its name. */
function moved(object: KubeObject, namespace: string): KubeObject {
  const metadata =
    object.kind === 'Namespace' ? { ...object.metadata, name: namespace } : { ...object.metadata, namespace };
  return { ...object, metadata } as KubeObject;
}

/** Kustomize takes the last line end from a patch, which must not be that of a text of several lines. */
function patchText(steps: readonly Step[]): string {
  const last = steps.at(-1)?.value;
  return typeof last === 'string' && last.endsWith('\n') ? `${yamlText(steps)}# end\n` : yamlText(steps);
}

interface Step {
  readonly op: 'add' | 'remove' | 'replace';
  readonly path: string;
  readonly value?: unknown;
}

/** JSON Patch from one tree to another; a list that differs is replaced as a whole. */
function difference(before: unknown, after: unknown, path: string): Step[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (!isMap(before) || !isMap(after)) return [{ op: 'replace', path, value: after }];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key): Step[] => {
    const at = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (!Object.hasOwn(after, key)) return [{ op: 'remove', path: at }];
    if (!Object.hasOwn(before, key)) return [{ op: 'add', path: at, value: after[key] }];
    return difference(before[key], after[key], at);
  });
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
