/** What somebody should be told about a site, as rules of Prometheus. The figures are those of src/ops/figures.ts. */
import type { PrometheusRuleObject } from './custom.ts';

export type Groups = PrometheusRuleObject['spec']['groups'];

export interface Alert {
  readonly name: string;
  readonly expr: string;
  /** How long it has to be so. */
  readonly for: string;
  readonly severity: 'warning' | 'critical';
  readonly summary: string;
}

const ALERTS: readonly Alert[] = [
  {
    name: 'WebscadaEdgeGone',
    // By site, not by version or address: an upgrade is no loss.
    expr: 'count by (site) (count_over_time(webscada_edge_info[1d])) unless count by (site) (webscada_edge_info)',
    for: '10m',
    severity: 'critical',
    summary: 'No figures of {{ $labels.site }} any more',
  },
  {
    name: 'WebscadaEdgePartDown',
    expr: 'webscada_edge_part_state{state="down"} == 1',
    for: '15m',
    severity: 'critical',
    summary: '{{ $labels.site }}: {{ $labels.part }} is down',
  },
  {
    name: 'WebscadaEdgeBehind',
    expr: 'webscada_edge_sink_oldest_pending_age_seconds > 3600',
    for: '10m',
    severity: 'warning',
    summary: '{{ $labels.site }}: readings wait for {{ $labels.sink }} for more than an hour',
  },
  {
    name: 'WebscadaEdgeQuarantine',
    expr: 'increase(webscada_edge_sink_quarantined_total[1h]) > 0',
    for: '0m',
    severity: 'warning',
    summary: '{{ $labels.site }}: {{ $labels.sink }} refused readings; see the page Quarantine',
  },
  {
    name: 'WebscadaEdgeExpired',
    expr: 'increase(webscada_edge_sink_expired_total[1h]) > 0',
    for: '0m',
    severity: 'critical',
    summary: '{{ $labels.site }}: readings were given up before {{ $labels.sink }} had them',
  },
  {
    name: 'WebscadaEdgeNoBackup',
    expr: 'webscada_edge_backup_failed == 1',
    for: '2h',
    severity: 'warning',
    summary: '{{ $labels.site }}: no backup can be made, or the last one is too old',
  },
  {
    name: 'WebscadaEdgeCertificate',
    expr: 'webscada_edge_certificate_expires_in_seconds < 1209600',
    for: '1h',
    severity: 'warning',
    summary: '{{ $labels.site }}: the certificate of the pages expires within 14 days',
  },
  {
    name: 'WebscadaEdgeGatewayOffline',
    expr: 'webscada_edge_gateways{state="offline"} > 0',
    for: '30m',
    severity: 'warning',
    summary: '{{ $labels.site }}: {{ $value }} gateways are offline',
  },
  {
    name: 'WebscadaEdgeInfluxLost',
    expr: 'webscada_edge_influx_check_missing > 0',
    for: '0m',
    severity: 'critical',
    summary:
      '{{ $labels.site }}: InfluxDB has lost readings it had acknowledged; write them again while the log has them (influx check, influx rewind)',
  },
  {
    name: 'WebscadaEdgeHoursLate',
    // They are aggregated within minutes of the last late reading.
    expr: 'webscada_edge_influx_late_aggregates > 0',
    for: '6h',
    severity: 'warning',
    summary: '{{ $labels.site }}: {{ $value }} hours with late readings are not aggregated again',
  },
  {
    name: 'WebscadaEdgeDiskFull',
    expr: 'webscada_edge_disk_free_bytes < 500000000',
    for: '15m',
    severity: 'critical',
    summary: '{{ $labels.site }}: less than 500 MB are left on the disk of the store',
  },
  {
    name: 'WebscadaEdgeCardWorn',
    expr: 'webscada_edge_store_device_life_used_ratio >= 0.9',
    for: '1h',
    severity: 'warning',
    summary:
      '{{ $labels.site }}: the card says that {{ $value | humanizePercentage }} of its life are used up; replace it',
  },
  {
    name: 'WebscadaEdgeCardWear',
    expr: 'webscada_edge_store_projected_wear_years < 3',
    for: '1d',
    severity: 'warning',
    summary: '{{ $labels.site }}: at this rate of writing a new card lasts {{ $value | humanize }} years',
  },
  {
    name: 'WebscadaEdgeBackupOld',
    // One is made each day; this is for a box that does not notice itself.
    expr: 'webscada_edge_backup_age_seconds > 259200',
    for: '1h',
    severity: 'warning',
    summary: '{{ $labels.site }}: the last good backup is {{ $value | humanizeDuration }} old',
  },
  {
    name: 'WebscadaEdgeDevicesStale',
    expr: 'webscada_edge_devices_stale > 0',
    for: '1h',
    severity: 'warning',
    summary: '{{ $labels.site }}: {{ $value }} devices are not heard as often as they should be',
  },
  {
    name: 'WebscadaEdgeHttpErrors',
    // /readyz says 503 while readings cannot be stored; that is told by its own part.
    expr: 'sum by (site) (rate(webscada_edge_http_request_duration_seconds_count{status="5xx", route!~"/readyz|/startupz"}[10m])) / sum by (site) (rate(webscada_edge_http_request_duration_seconds_count{route!~"/readyz|/startupz"}[10m])) > 0.05',
    for: '10m',
    severity: 'warning',
    summary: '{{ $labels.site }}: {{ $value | humanizePercentage }} of the requests fail',
  },
  {
    name: 'WebscadaEdgeCommitsSlow',
    expr: 'histogram_quantile(0.95, sum by (site, le) (rate(webscada_edge_store_commit_duration_seconds_bucket[10m]))) > 2',
    for: '15m',
    severity: 'warning',
    summary:
      '{{ $labels.site }}: it takes {{ $value | humanizeDuration }} until a reading is on disk; the card may be failing',
  },
  {
    name: 'WebscadaEdgeLoopHeld',
    // Held for 0.2 s once in a while is a garbage collection; at one look in twenty it is a fault.
    expr: '1 - sum by (site) (rate(webscada_edge_event_loop_delay_seconds_bucket{le="0.2"}[10m])) / sum by (site) (rate(webscada_edge_event_loop_delay_seconds_count[10m])) > 0.05',
    for: '15m',
    severity: 'warning',
    summary:
      '{{ $labels.site }}: the program is held up, {{ $value | humanizePercentage }} of the time by more than 0.2 s',
  },
  {
    name: 'WebscadaEdgeClockUnknown',
    expr: 'webscada_edge_clock_trusted == 0',
    for: '1h',
    severity: 'warning',
    summary: '{{ $labels.site }}: the time is not known, readings are dated by a guess',
  },
];

export function alertGroups(): Groups {
  return [alertGroup('webscada-edge', ALERTS)];
}

/** Alerts as a group of Prometheus' rules. */
export function alertGroup(name: string, alerts: readonly Alert[]): Groups[number] {
  const rules = alerts.map((alert) => ({
    alert: alert.name,
    expr: alert.expr,
    for: alert.for,
    labels: { severity: alert.severity },
    annotations: { summary: alert.summary },
  }));
  return { name, rules };
}
