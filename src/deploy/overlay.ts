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

/** What makes `site` of the base at `path`: new objects as files, removed and changed ones as patches. */
export function kustomizeOverlay(
  base: readonly KubeObject[],
  site: readonly KubeObject[],
  path: string,
): Folder {
  const before = new Map(base.map((object) => [objectFile(object), object]));
  const after = new Map(site.map((object) => [objectFile(object), object]));
  const added = site.filter((object) => !before.has(objectFile(object)));
  const removed = base.filter((object) => !after.has(objectFile(object)));
  const changed = site.flatMap((object) => {
    const old = before.get(objectFile(object));
    const steps = old === undefined ? [] : difference(old, object, '');
    return old === undefined || steps.length === 0 ? [] : [{ target: targetOf(old), patch: yamlText(steps) }];
  });
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
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

function targetOf({ kind, metadata }: KubeObject): { readonly kind: string; readonly name: string } {
  return { kind, name: metadata.name };
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
