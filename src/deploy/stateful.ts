/** What a program with data of its own is made of in a cluster: one pod with a volume, and the service it is found by. */
import { labelsOf, selectorOf } from './names.ts';
import type { PodSpec, ServiceObject, StatefulSetObject } from './object.ts';

/** A service inside the cluster, with one port that has the name in the pod as well. */
export function clusterService(name: string, portName: string, port: number): ServiceObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels: labelsOf(name) },
    spec: {
      type: 'ClusterIP',
      selector: selectorOf(name),
      ports: [{ name: portName, port, targetPort: portName, protocol: 'TCP' }],
    },
  };
}

export interface SinglePod {
  readonly name: string;
  readonly pod: PodSpec;
  /** Of its volume `data`. */
  readonly storageClass: string;
  readonly size: string;
  /** What this one asks for beside. */
  readonly spec?: Partial<NonNullable<StatefulSetObject['spec']>>;
}

/** One pod, always the same one, with a volume `data` of its own. */
export function singlePod({ name, pod, storageClass, size, spec }: SinglePod): StatefulSetObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name, labels: labelsOf(name) },
    spec: {
      replicas: 1,
      serviceName: name,
      revisionHistoryLimit: 3,
      // With OrderedReady a roll-back would wait for the broken pod to become ready.
      podManagementPolicy: 'Parallel',
      ...spec,
      selector: { matchLabels: selectorOf(name) },
      template: { metadata: { labels: labelsOf(name) }, spec: pod },
      volumeClaimTemplates: [
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'data' },
          spec: {
            accessModes: ['ReadWriteOnce'],
            storageClassName: storageClass,
            resources: { requests: { storage: size } },
          },
        },
      ],
    },
  };
}
