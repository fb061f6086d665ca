/**
 * The three forms passwords are written in: Secrets, ExternalSecrets that an operator fills, or SealedSecrets that only the
 * cluster can open.
 */
import type { ExternalSecretObject, SealedSecretObject } from './custom.ts';
import { labelsOf } from './names.ts';
import { type KubeObject, type SecretObject, when } from './object.ts';

/** One Secret of the namespace: which value each of its keys has. */
export interface SecretPlan<Name extends string> {
  readonly name: string;
  readonly owner: string;
  readonly keys: readonly (readonly [key: string, value: Name])[];
}

/** How the secrets are written; several forms at once only for the chart, which has a switch. */
export interface Forms<Name extends string> {
  readonly plain?: Readonly<Record<Name, string>>;
  readonly external?: true;
  /** Seals one value for the Secret `name` of `namespace`. */
  readonly sealed?: { readonly values: Readonly<Record<Name, string>>; readonly seal: Seal };
}

export type Seal = (namespace: string, name: string, value: string) => string;

/** Where Secrets lie, and where the External Secrets operator finds their values: properties of `key`. */
export interface SecretPlace {
  readonly namespace: string;
  readonly store: {
    readonly name: string;
    readonly kind: 'ClusterSecretStore' | 'SecretStore';
    readonly key: string;
  };
}

export function writtenSecrets<Name extends string>(
  plans: readonly SecretPlan<Name>[],
  forms: Forms<Name>,
  place: SecretPlace,
): KubeObject[] {
  const { plain, external, sealed } = forms;
  return plans.flatMap((plan) => [
    ...(plain ? [plainSecret(plan, plain)] : []),
    ...when<KubeObject>(external, externalSecret(plan, place)),
    ...(sealed ? [sealedSecret(plan, place.namespace, sealed)] : []),
  ]);
}

function plainSecret<Name extends string>(
  { name, owner, keys }: SecretPlan<Name>,
  values: Readonly<Record<Name, string>>,
): SecretObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, labels: labelsOf(owner) },
    type: 'Opaque',
    stringData: Object.fromEntries(keys.map(([key, value]) => [key, values[value]])),
  };
}

function externalSecret<Name extends string>(
  { name, owner, keys }: SecretPlan<Name>,
  { store }: SecretPlace,
): ExternalSecretObject {
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name, labels: labelsOf(owner) },
    spec: {
      refreshInterval: '1h',
      secretStoreRef: { name: store.name, kind: store.kind },
      target: { name, creationPolicy: 'Owner' },
      data: keys.map(([secretKey, property]) => ({ secretKey, remoteRef: { key: store.key, property } })),
    },
  };
}

function sealedSecret<Name extends string>(
  { name, owner, keys }: SecretPlan<Name>,
  namespace: string,
  { values, seal }: NonNullable<Forms<Name>['sealed']>,
): SealedSecretObject {
  return {
    apiVersion: 'bitnami.com/v1alpha1',
    kind: 'SealedSecret',
    metadata: { name, labels: labelsOf(owner) },
    spec: {
      encryptedData: Object.fromEntries(
        keys.map(([key, value]) => [key, seal(namespace, name, values[value])]),
      ),
      template: { metadata: { name, namespace, labels: labelsOf(owner) }, type: 'Opaque' },
    },
  };
}
