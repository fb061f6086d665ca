/** What all pods of a site have in common: no rights, a read-only root, limits, and no way to ask the cluster anything. */
import type { Container, PodSpec, ResourceRequirements, Volume, VolumeMount } from './object.ts';

/** Fields of a pod that runs as `user` and owns its volumes. */
export function confinedPod(user: number) {
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      fsGroup: user,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
  } satisfies Partial<PodSpec>;
}

/** Fields of every container; the limits of the site's smallest machine unless said otherwise. */
export function confinedContainer(limits: ResourceRequirements = SMALL) {
  return {
    imagePullPolicy: 'IfNotPresent',
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    resources: limits,
  } satisfies Partial<Container>;
}

const SMALL: ResourceRequirements = {
  requests: { cpu: '100m', memory: '256Mi' },
  limits: { cpu: '500m', memory: '512Mi' },
};

/** For the small servers beside the appliance. */
export const TINY: ResourceRequirements = {
  requests: { cpu: '25m', memory: '32Mi' },
  limits: { cpu: '250m', memory: '128Mi' },
};

/** A scratch folder at `path`, gone with the pod. */
export function scratch(
  name: string,
  path: string,
  size: string,
): { readonly volume: Volume; readonly mount: VolumeMount } {
  return { volume: { name, emptyDir: { sizeLimit: size } }, mount: { name, mountPath: path } };
}
