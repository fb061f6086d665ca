/**
 * A pod reads most of what it is given at its start only. So each pod template carries a hash of every ConfigMap and Secret
 * its pods take files or variables from: when one changes, the pods are made anew, all that share it together.
 */
import { createHash } from 'node:crypto';
import type { Container, KubeObject, PodSpec, PodTemplateSpec } from './object.ts';

export const HASH_ANNOTATION = 'webscada-edge/config-hash';

/** A ConfigMap or Secret of the same namespace. */
export interface Reference {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
}

/** `object`, its pod template with the hash if it has one; jobs read everything at each run as it is. */
export function withConfigHash(
  object: KubeObject,
  hash: (references: readonly Reference[]) => string,
): KubeObject {
  if (object.kind !== 'StatefulSet' && object.kind !== 'Deployment') return object;
  const { spec } = object;
  const template: PodTemplateSpec | undefined = spec?.template;
  if (!template?.spec) return object;
  const annotations = {
    ...template.metadata?.annotations,
    [HASH_ANNOTATION]: hash(references(template.spec)),
  };
  const hashed = { ...template, metadata: { ...template.metadata, annotations } };
  return { ...object, spec: { ...spec, template: hashed } } as KubeObject;
}

/** Of what the referenced objects among `objects` hold; those of others (a TLS secret of the cluster's) are not known here. */
export function contentHash(objects: readonly KubeObject[], wanted: readonly Reference[]): string {
  const contents = wanted.flatMap(({ kind, name }) =>
    objects
      .filter((object) => object.metadata.name === name && makes(object, kind))
      .map(({ metadata: _, ...content }) => content),
  );
  return createHash('sha256').update(JSON.stringify(contents)).digest('hex').slice(0, 16);
}

function makes({ kind }: KubeObject, wanted: Reference['kind']): boolean {
  if (wanted === 'ConfigMap') return kind === 'ConfigMap';
  return kind === 'Secret' || kind === 'ExternalSecret' || kind === 'SealedSecret';
}

/** What the pods take files and variables from, each once, in a fixed order. */
function references(pod: PodSpec): Reference[] {
  const volumes = (pod.volumes ?? []).flatMap(({ configMap, secret, projected }) => [
    ...named('ConfigMap', configMap?.name),
    ...named('Secret', secret?.secretName),
    ...(projected?.sources ?? []).flatMap((source) => named('Secret', source.secret?.name)),
  ]);
  const containers = [...(pod.initContainers ?? []), ...pod.containers].flatMap(variables);
  const found = new Map([...volumes, ...containers].map((one) => [`${one.kind}/${one.name}`, one]));
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function variables({ env = [], envFrom = [] }: Container): Reference[] {
  return [
    ...envFrom.flatMap(({ configMapRef, secretRef }) => [
      ...named('ConfigMap', configMapRef?.name),
      ...named('Secret', secretRef?.name),
    ]),
    ...env.flatMap(({ valueFrom }) => [
      ...named('ConfigMap', valueFrom?.configMapKeyRef?.name),
      ...named('Secret', valueFrom?.secretKeyRef?.name),
    ]),
  ];
}

function named(kind: Reference['kind'], name: string | undefined): Reference[] {
  return name === undefined ? [] : [{ kind, name }];
}
