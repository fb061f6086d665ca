/** How people and Prometheus reach the appliance: the Ingress with TLS and a rate limit, the ServiceMonitor, the alerts, the dashboard. */
import { alertGroups } from './alerts.ts';
import type { MiddlewareObject, PrometheusRuleObject, ServiceMonitorObject } from './custom.ts';
import { APPLIANCE, labelsOf, METRICS_SECRET, selectorOf } from './names.ts';
import { type ConfigMapObject, type IngressObject, type KubeObject, when } from './object.ts';
import type { Site } from './site.ts';

const RATE_LIMIT = 'webscada-edge-rate-limit';

/** `dashboard` is Grafana's JSON. */
export function accessObjects(site: Site, dashboard: string): KubeObject[] {
  return [
    ...when<KubeObject>(site.ingress.enabled, rateLimit(site), ingress(site)),
    ...when<KubeObject>(
      site.monitoring.enabled,
      serviceMonitor(site),
      alerts(site),
      grafanaDashboard(dashboard),
    ),
  ];
}

function rateLimit({ ingress: { rateAverage, rateBurst } }: Site): MiddlewareObject {
  return {
    apiVersion: 'traefik.io/v1alpha1',
    kind: 'Middleware',
    metadata: { name: RATE_LIMIT, labels: labelsOf(APPLIANCE) },
    spec: { rateLimit: { average: rateAverage, burst: rateBurst, period: '1s' } },
  };
}

function ingress({ site, ingress }: Site): IngressObject {
  const host = ingress.host ?? '';
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name: APPLIANCE,
      labels: labelsOf(APPLIANCE),
      annotations: {
        'traefik.ingress.kubernetes.io/router.entrypoints': 'websecure',
        'traefik.ingress.kubernetes.io/router.tls': 'true',
        'traefik.ingress.kubernetes.io/router.middlewares': `${site.namespace}-${RATE_LIMIT}@kubernetescrd`,
      },
    },
    spec: {
      ingressClassName: 'traefik',
      tls: [{ hosts: [host], secretName: ingress.tlsSecret }],
      rules: [
        {
          host,
          http: {
            paths: [
              {
                path: '/',
                pathType: 'Prefix',
                backend: { service: { name: APPLIANCE, port: { name: 'http' } } },
              },
            ],
          },
        },
      ],
    },
  };
}

function serviceMonitor({ monitoring }: Site): ServiceMonitorObject {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    metadata: { name: APPLIANCE, labels: selectedLabels(monitoring) },
    spec: {
      selector: { matchLabels: selectorOf(APPLIANCE) },
      endpoints: [
        {
          port: 'http',
          path: '/metrics',
          interval: '30s',
          scrapeTimeout: '10s',
          authorization: { type: 'Bearer', credentials: { name: METRICS_SECRET, key: 'token' } },
        },
      ],
    },
  };
}

function alerts({ monitoring }: Site): PrometheusRuleObject {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: APPLIANCE, labels: selectedLabels(monitoring) },
    spec: { groups: alertGroups() },
  };
}

/** What kube-prometheus-stack looks for, which takes nothing that is not labelled as its own. */
function selectedLabels({ release }: Site['monitoring']): Record<string, string> {
  return { ...labelsOf(APPLIANCE), ...(release === undefined ? {} : { release }) };
}

function grafanaDashboard(dashboard: string): ConfigMapObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'webscada-edge-dashboard', labels: { ...labelsOf(APPLIANCE), grafana_dashboard: '1' } },
    data: { 'webscada-edge.json': dashboard },
  };
}
