/**
 * The gate of a new version at its site: a Job that Argo CD runs after each sync and Helm after each upgrade, and that fails them
 * when the appliance is not well. With `helm upgrade --atomic`, and so with Fleet, the version before comes back by itself then; an
 * ApplicationSet of Argo CD does not go on to its next ring.
 */
import { APPLIANCE, GATE, labelsOf, METRICS_SECRET, PORTS } from './names.ts';
import { type JobObject, type KubeObject, type ResourceRequirements, when } from './object.ts';
import { confinedContainer, confinedPod, scratch } from './pod.ts';
import type { Site } from './site.ts';

const USER = 10_001;
/** It waits and asks: 70 MB, measured. */
const LIMITS: ResourceRequirements = {
  requests: { cpu: '25m', memory: '96Mi' },
  limits: { cpu: '500m', memory: '192Mi' },
};
/** Longer than the longest it may wait, should it hang itself. */
const DEADLINE_S = 4_200;
const DAY_S = 86_400;

export function gateObjects(site: Site, image: string): readonly KubeObject[] {
  return when<KubeObject>(site.gate.enabled, job(site, image));
}

function job({ gate }: Site, image: string): JobObject {
  const tmp = scratch('tmp', '/tmp', '16Mi');
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: GATE,
      labels: labelsOf(GATE),
      annotations: {
        'argocd.argoproj.io/hook': 'PostSync',
        'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation',
        // Not of the first installation: there is nothing to go back to, and nobody who could have acknowledged an alarm.
        'helm.sh/hook': 'post-upgrade',
        'helm.sh/hook-delete-policy': 'before-hook-creation',
      },
    },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: DEADLINE_S,
      ttlSecondsAfterFinished: DAY_S,
      template: {
        metadata: { labels: labelsOf(GATE) },
        spec: {
          ...confinedPod(USER),
          restartPolicy: 'Never',
          containers: [
            {
              name: GATE,
              image,
              ...confinedContainer(LIMITS),
              args: [
                'gate',
                ...['--url', `http://${APPLIANCE}:${PORTS.http}`],
                ...['--wait', `${gate.waitSeconds}s`],
                ...['--hold', `${gate.holdSeconds}s`],
                ...['--alarms', String(gate.alarms)],
              ],
              env: [
                // All it may do is read figures. Without it a box that is claimed is not known to be well.
                {
                  name: 'WSE_TOKEN',
                  valueFrom: { secretKeyRef: { name: METRICS_SECRET, key: 'token', optional: true } },
                },
              ],
              volumeMounts: [tmp.mount],
            },
          ],
          volumes: [tmp.volume],
        },
      },
    },
  };
}
