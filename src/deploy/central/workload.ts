/** What the programs at the centre have in common: several pods on several nodes, volumes, scripts, and jobs by the clock. */
import { labelsOf, selectorOf } from '../names.ts';
import type {
  ClaimObject,
  Container,
  CronJobObject,
  DisruptionBudgetObject,
  PodSpec,
  ResourceRequirements,
  ServiceObject,
  StatefulSetObject,
  Volume,
  VolumeMount,
} from '../object.ts';
import { confinedContainer, confinedPod, scratch } from '../pod.ts';
import { singlePod } from '../stateful.ts';
import { BACKUP } from './names.ts';

/** Texts of the scripts in src/deploy/central/scripts by file name. */
export type Scripts = Readonly<Record<string, string>>;

/** ConfigMap with the scripts, and where pods find them. */
export const SCRIPTS = 'central-scripts';
export const SCRIPTS_PATH = '/scripts';

export const scriptsVolume: Volume = { name: 'scripts', configMap: { name: SCRIPTS } };
export const scriptsMount: VolumeMount = { name: 'scripts', mountPath: SCRIPTS_PATH, readOnly: true };

/** `sh` and one of the scripts. */
export function script(name: string, ...args: readonly string[]): string[] {
  return ['sh', `${SCRIPTS_PATH}/${name}`, ...args];
}

/** A secret as files that its pod alone may read. */
export function secretVolume(name: string, secretName: string, optional = false): Volume {
  return { name, secret: { secretName, defaultMode: 0o440, ...(optional ? { optional } : {}) } };
}

/** Pods of one program keep to nodes of their own. */
export function spread(
  name: string,
  whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway',
): Pick<PodSpec, 'topologySpreadConstraints'> {
  const labelSelector = { matchLabels: selectorOf(name) };
  return {
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable, labelSelector },
      {
        maxSkew: 1,
        topologyKey: 'topology.kubernetes.io/zone',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector,
      },
    ],
  };
}

export function memory(
  limit: string,
  cpu: { readonly least: string; readonly most: string },
): ResourceRequirements {
  return { requests: { cpu: cpu.least, memory: limit }, limits: { cpu: cpu.most, memory: limit } };
}

/** A service that gives each pod a name, whether it is ready or not: servers have to find one another first. */
export function headless(name: string, ports: Readonly<Record<string, number>>): ServiceObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels: labelsOf(name) },
    spec: {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: selectorOf(name),
      ports: Object.entries(ports).map(([port, number]) => ({
        name: port,
        port: number,
        targetPort: port,
        protocol: 'TCP',
      })),
    },
  };
}

export interface Replicated {
  readonly name: string;
  readonly pods: number;
  readonly pod: PodSpec;
  readonly volumes: readonly {
    readonly name: string;
    readonly storageClass: string;
    readonly size: string;
  }[];
}

/** Several pods with volumes of their own that outlive them, none on a node with another. */
export function replicated({ name, pods, pod, volumes }: Replicated): StatefulSetObject {
  const [first] = volumes;
  const set = singlePod({
    name,
    pod: { ...pod, ...spread(name, 'DoNotSchedule') },
    storageClass: first?.storageClass ?? '',
    size: first?.size ?? '',
    spec: {
      replicas: pods,
      minReadySeconds: 10,
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    },
  });
  const claims = volumes.map((volume) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: volume.name },
    spec: claimSpec(volume.storageClass, volume.size),
  }));
  return { ...set, spec: { ...set.spec, volumeClaimTemplates: claims } } as StatefulSetObject;
}

function claimSpec(storageClass: string, size: string) {
  return {
    accessModes: ['ReadWriteOnce'],
    storageClassName: storageClass,
    resources: { requests: { storage: size } },
  };
}

export function claim(
  name: string,
  storageClass: string,
  size: string,
  keep: Readonly<Record<string, string>>,
): ClaimObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, labels: labelsOf(BACKUP), annotations: keep },
    spec: claimSpec(storageClass, size),
  };
}

/** A drain of nodes takes one of its pods at a time. */
export function oneAtATime(name: string): DisruptionBudgetObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, labels: labelsOf(name) },
    spec: { maxUnavailable: 1, selector: { matchLabels: selectorOf(name) } },
  };
}

export interface Job {
  readonly name: string;
  /** 'M H day month weekday', in UTC. */
  readonly schedule: string;
  readonly user: number;
  readonly image: string;
  readonly command: readonly string[];
  readonly env: NonNullable<Container['env']>;
  readonly mounts: readonly VolumeMount[];
  readonly volumes: readonly Volume[];
  /** What else its pod asks for. */
  readonly pod?: Partial<PodSpec>;
}

/** A script by the clock, one run at a time; a run that failed is tried again twice and then seen as a failed job. */
export function cronJob(job: Job): CronJobObject {
  const tmp = scratch('tmp', '/tmp', '64Mi');
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: job.name, labels: labelsOf(BACKUP) },
    spec: {
      schedule: job.schedule,
      timeZone: 'Etc/UTC',
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 3600,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 3,
      jobTemplate: {
        spec: {
          backoffLimit: 2,
          template: {
            metadata: { labels: labelsOf(BACKUP) },
            spec: {
              ...confinedPod(job.user),
              ...job.pod,
              restartPolicy: 'Never',
              containers: [
                {
                  name: job.name,
                  image: job.image,
                  ...confinedContainer(),
                  command: [...job.command],
                  env: [...job.env],
                  volumeMounts: [...job.mounts, scriptsMount, tmp.mount],
                },
              ],
              volumes: [...job.volumes, scriptsVolume, tmp.volume],
            },
          },
        },
      },
    },
  };
}
