/** How Prometheus and Grafana find the centre: a ServiceMonitor of `collect`, the alerts of the fleet, its dashboard. */
import { labelsOf, selectorOf } from '../names.ts';
import { type KubeObject, when } from '../object.ts';
import type { Centre } from './centre.ts';
import { fleetAlertGroups, fleetDashboardJson } from './fleet.ts';
import { COLLECT } from './names.ts';
import { COLLECT_SECRET } from './secrets.ts';

export function fleetObjects({ monitoring }: Centre): KubeObject[] {
  const { enabled, release } = monitoring;
  // What kube-prometheus-stack looks for, which takes nothing that is not labelled as its own.
  const labels = { ...labelsOf(COLLECT), ...(release === undefined ? {} : { release }) };
  return [
    ...when<KubeObject>(
      enabled,
      {
        apiVersion: 'monitoring.coreos.com/v1',
        kind: 'ServiceMonitor',
        metadata: { name: COLLECT, labels },
        spec: {
          selector: { matchLabels: selectorOf(COLLECT) },
          endpoints: [
            {
              port: 'http',
              path: '/metrics',
              interval: '30s',
              scrapeTimeout: '10s',
              authorization: { type: 'Bearer', credentials: { name: COLLECT_SECRET, key: 'http.token' } },
            },
          ],
        },
      },
      {
        apiVersion: 'monitoring.coreos.com/v1',
        kind: 'PrometheusRule',
        metadata: { name: COLLECT, labels },
        spec: { groups: fleetAlertGroups() },
      },
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          name: 'webscada-fleet-dashboard',
          labels: { ...labelsOf(COLLECT), grafana_dashboard: '1' },
        },
        data: { 'webscada-fleet.json': fleetDashboardJson() },
      },
    ),
  ];
}
