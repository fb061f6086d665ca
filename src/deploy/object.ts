/**
 * The objects a site is made of, as Kubernetes types them: an unknown field in a literal is an error of the compiler.
 * Objects of operators (Traefik, Prometheus, External Secrets …) are typed by the schemas of custom.ts.
 */
import type { Deployment, StatefulSet } from 'kubernetes-types/apps/v1.d.ts';
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2.d.ts';
import type { CronJob, Job } from 'kubernetes-types/batch/v1.d.ts';
import type {
  ConfigMap,
  Namespace,
  PersistentVolumeClaim,
  Secret,
  Service,
  ServiceAccount,
} from 'kubernetes-types/core/v1.d.ts';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.d.ts';
import type { Ingress, NetworkPolicy } from 'kubernetes-types/networking/v1.d.ts';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.d.ts';
import type { CustomObject } from './custom.ts';

export type {
  Container,
  EnvVar,
  PodSecurityContext,
  PodSpec,
  PodTemplateSpec,
  Probe,
  ResourceRequirements,
  SecurityContext,
  Volume,
  VolumeMount,
} from 'kubernetes-types/core/v1.d.ts';
export type { LabelSelector } from 'kubernetes-types/meta/v1.d.ts';
export type { NetworkPolicyPeer, NetworkPolicySpec } from 'kubernetes-types/networking/v1.d.ts';

/** `T` with what is optional in Kubernetes' types only because the server could fill it in. */
type Whole<T extends { apiVersion?: string; kind?: string; metadata?: ObjectMeta }> = T &
  Required<Pick<T, 'apiVersion' | 'kind'>> & { metadata: ObjectMeta & { name: string } };

export type NamespaceObject = Whole<Namespace>;
export type ServiceAccountObject = Whole<ServiceAccount>;
export type ConfigMapObject = Whole<ConfigMap>;
export type SecretObject = Whole<Secret>;
export type ServiceObject = Whole<Service>;
export type StatefulSetObject = Whole<StatefulSet>;
export type DeploymentObject = Whole<Deployment>;
export type IngressObject = Whole<Ingress>;
export type NetworkPolicyObject = Whole<NetworkPolicy>;
export type ClaimObject = Whole<PersistentVolumeClaim>;
export type CronJobObject = Whole<CronJob>;
export type JobObject = Whole<Job>;
export type AutoscalerObject = Whole<HorizontalPodAutoscaler>;
export type DisruptionBudgetObject = Whole<PodDisruptionBudget>;

export type KubeObject =
  | NamespaceObject
  | ServiceAccountObject
  | ConfigMapObject
  | SecretObject
  | ServiceObject
  | StatefulSetObject
  | DeploymentObject
  | IngressObject
  | NetworkPolicyObject
  | ClaimObject
  | CronJobObject
  | JobObject
  | AutoscalerObject
  | DisruptionBudgetObject
  | CustomObject;

/** `items` when `condition` holds, to be spread into a list. */
export function when<T>(condition: unknown, ...items: readonly T[]): readonly T[] {
  return condition ? items : [];
}
