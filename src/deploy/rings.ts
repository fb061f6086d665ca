/**
 * Many sites from one repository, ring by ring: what Argo CD and Fleet need to bring a version to the canary sites first,
 * and to the others when those are well. Blue and green are two revisions; a label of the site says which one it runs.
 */
import type { ApplicationSetObject, FleetFile, GitRepoObject, UpgradePlanObject } from './custom.ts';

const REPOSITORY = 'https://git.example/sites.git';
const RING = 'webscada-edge/ring';
const SITE = 'webscada-edge/site';
const COLOUR = 'webscada-edge/colour';
const RINGS = ['canary', 'early', 'stable'] as const;
/** The revision each colour runs. To release: move the idle colour's, then change sites' labels, ring by ring. */
const REVISIONS = { blue: 'v0.1.0', green: 'v0.1.0' } as const;

/** The labels are those of the cluster's Secret in Argo CD; an Application is made for each site. */
export function applicationSet(): ApplicationSetObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'ApplicationSet',
    metadata: { name: 'webscada-edge-sites', namespace: 'argocd' },
    spec: {
      goTemplate: true,
      goTemplateOptions: ['missingkey=error'],
      generators: Object.entries(REVISIONS).map(([colour, revision]) => ({
        clusters: {
          selector: {
            matchLabels: { [COLOUR]: colour },
            matchExpressions: [{ key: SITE, operator: 'Exists' }],
          },
          values: { revision },
        },
      })),
      strategy: {
        type: 'RollingSync',
        rollingSync: {
          // A step begins when every Application of the step before is healthy.
          steps: RINGS.map((ring) => ({
            matchExpressions: [{ key: RING, operator: 'In', values: [ring] }],
            maxUpdate: ring === 'stable' ? '10%' : '100%',
          })),
        },
      },
      template: {
        metadata: {
          name: `webscada-edge-{{ index .metadata.labels "${SITE}" }}`,
          labels: { [RING]: `{{ index .metadata.labels "${RING}" }}` },
        },
        spec: {
          project: 'default',
          source: {
            repoURL: REPOSITORY,
            targetRevision: '{{ .values.revision }}',
            path: `deploy/k3s/sites/{{ index .metadata.labels "${SITE}" }}`,
          },
          destination: { server: '{{ .server }}', namespace: 'webscada' },
          syncPolicy: {
            automated: { prune: true, selfHeal: true },
            syncOptions: ['ServerSideApply=true', 'CreateNamespace=false'],
          },
        },
      },
    },
  };
}

/** One GitRepo a ring: Fleet follows the branch of the ring, so a release is a merge into it. `fleetFile` lies beside the chart. */
export function fleetRings(): readonly GitRepoObject[] {
  return RINGS.map((ring) => ({
    apiVersion: 'fleet.cattle.io/v1alpha1',
    kind: 'GitRepo',
    metadata: { name: `webscada-edge-${ring}`, namespace: 'fleet-default' },
    spec: {
      repo: REPOSITORY,
      branch: `ring-${ring}`,
      paths: ['deploy/helm'],
      targets: [
        {
          name: ring,
          clusterSelector: {
            matchLabels: { [RING]: ring },
            matchExpressions: [{ key: SITE, operator: 'Exists' }],
          },
        },
      ],
    },
  }));
}

/**
 * What Fleet does with the chart, for each site by its id. Helm waits until everything is ready and the gate is through, and an
 * upgrade that does not get there in time is taken back by Helm, settings and version together; Fleet does not try it again.
 */
export function fleetFile(sites: Readonly<Record<string, Readonly<Record<string, unknown>>>>): FleetFile {
  return {
    helm: { releaseName: 'webscada-edge', atomic: true, timeoutSeconds: 1_800 },
    targetCustomizations: Object.entries(sites).map(([site, values]) => ({
      name: site,
      clusterSelector: { matchLabels: { [SITE]: site } },
      helm: { values },
    })),
  };
}

/** Upgrades K3s itself, one node after the other; needs Rancher's system-upgrade-controller. */
export function upgradePlan(): UpgradePlanObject {
  return {
    apiVersion: 'upgrade.cattle.io/v1',
    kind: 'Plan',
    metadata: { name: 'k3s-server', namespace: 'system-upgrade' },
    spec: {
      concurrency: 1,
      cordon: true,
      nodeSelector: {
        matchExpressions: [
          { key: 'node-role.kubernetes.io/control-plane', operator: 'In', values: ['true'] },
        ],
      },
      serviceAccountName: 'system-upgrade',
      upgrade: { image: 'docker.io/rancher/k3s-upgrade' },
      version: 'v1.33.5+k3s1',
    },
  };
}
