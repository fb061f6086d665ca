/** The fleet as `collect` sees it: a Grafana dashboard by site, and what somebody should be told. Its figures are those of src/sync/centre/metrics.ts. */
import { type Alert, alertGroup, type Groups } from '../alerts.ts';
import { dashboardJson, type Panel } from '../grafana.ts';

const SITE = 'site=~"$site"';

/** Every copy tells the same of a site; the greatest is the one that was asked when it was worst. */
function ofSite(metric: string): string {
  return `max by (site) (${metric}{${SITE}})`;
}

const PANELS: readonly Panel[] = [
  {
    title: 'What needs somebody',
    expr: `max by (site, trouble) (webscada_collect_site_trouble{${SITE}}) == 1`,
    legend: '{{site}} {{trouble}}',
    unit: 'none',
  },
  {
    title: 'Records not durable at the centre yet',
    expr: ofSite('webscada_collect_lag_records'),
    legend: '{{site}}',
    unit: 'short',
  },
  {
    title: 'Since a site was heard of',
    expr: ofSite('webscada_collect_site_silent_seconds'),
    legend: '{{site}}',
    unit: 's',
  },
  {
    title: 'Records made durable a second, by site',
    expr: `sum by (site, sink) (rate(webscada_collect_records_total{${SITE}}[5m]))`,
    legend: '{{site}} {{sink}}',
    unit: 'cps',
  },
  {
    title: 'Entries in the log of a site',
    expr: ofSite('webscada_collect_stream_entries'),
    legend: '{{site}}',
    unit: 'short',
  },
  {
    title: 'Records that came again, a second',
    expr: 'sum by (sink) (rate(webscada_collect_records_total[5m])) - sum by (sink) (rate(webscada_collect_fresh_total[5m]))',
    legend: '{{sink}}',
    unit: 'cps',
  },
  {
    title: 'Set aside since the copies started',
    expr: 'sum by (sink) (webscada_collect_set_aside_total)',
    legend: '{{sink}}',
    unit: 'short',
  },
  {
    title: 'Copies of collect whose sink, or Redis, is well',
    expr: 'sum by (sink) (webscada_collect_sink_up) or label_replace(sum(webscada_collect_redis_up), "sink", "Redis", "", "")',
    legend: '{{sink}}',
    unit: 'short',
  },
  {
    title: 'Since a batch was durable',
    expr: 'time() - max by (sink) (webscada_collect_last_stored_timestamp_seconds > 0)',
    legend: '{{sink}}',
    unit: 's',
  },
  {
    title: 'Batches, and entries trimmed behind them, a second',
    expr: 'label_replace(sum by (sink) (rate(webscada_collect_batches_total[5m])), "what", "batches", "", "") or label_replace(sum by (sink) (rate(webscada_collect_trimmed_total[5m])), "what", "trimmed", "", "")',
    legend: '{{sink}} {{what}}',
    unit: 'cps',
  },
  {
    title: 'Spans of traces, sent and dropped, a second',
    expr: 'label_replace(sum(rate(webscada_collect_tracing_spans_sent_total[5m])), "what", "sent", "", "") or label_replace(sum(rate(webscada_collect_tracing_spans_dropped_total[5m])), "what", "dropped", "", "")',
    legend: '{{what}}',
    unit: 'cps',
  },
  {
    title: 'Free on the disks of the sites',
    expr: ofSite('webscada_collect_site_disk_free_bytes'),
    legend: '{{site}}',
    unit: 'bytes',
  },
  {
    title: 'Size of the stores of the sites',
    expr: ofSite('webscada_collect_site_store_size_bytes'),
    legend: '{{site}}',
    unit: 'bytes',
  },
  {
    title: 'Devices not heard for a day',
    expr: `${ofSite('webscada_collect_site_devices')} - ${ofSite('webscada_collect_site_devices_heard')}`,
    legend: '{{site}}',
    unit: 'short',
  },
  {
    title: 'Gateways',
    expr: `max by (site, state) (webscada_collect_site_gateways{${SITE}})`,
    legend: '{{site}} {{state}}',
    unit: 'short',
  },
  {
    title: 'Records waiting for the InfluxDB of a site',
    expr: ofSite('webscada_collect_site_influx_pending_records'),
    legend: '{{site}}',
    unit: 'short',
  },
  {
    title: 'Age of the newest backup of a site',
    expr: `time() - ${ofSite('webscada_collect_site_backup_timestamp_seconds')}`,
    legend: '{{site}}',
    unit: 's',
  },
  {
    title: 'Since the program of a site was started',
    expr: `time() - ${ofSite('webscada_collect_site_start_timestamp_seconds')}`,
    legend: '{{site}}',
    unit: 's',
  },
  { title: 'Sites known', expr: 'max(webscada_collect_sites)', legend: 'sites', unit: 'short' },
];

export function fleetDashboardJson(): string {
  return dashboardJson({
    uid: 'webscada-fleet',
    title: 'WebSCADA fleet',
    sites: 'label_values(webscada_collect_lag_records, site)',
    panels: PANELS,
  });
}

const ALERTS: readonly Alert[] = [
  {
    name: 'WebscadaCollectGone',
    expr: 'absent(webscada_collect_sites)',
    for: '5m',
    severity: 'critical',
    summary: 'No copy of collect tells figures: nothing reaches the databases; the sites and Redis keep it',
  },
  {
    name: 'WebscadaCollectRedisDown',
    expr: 'max(webscada_collect_redis_up) == 0',
    for: '5m',
    severity: 'critical',
    summary: 'No copy of collect reaches Redis',
  },
  {
    name: 'WebscadaCollectSinkDown',
    expr: 'max by (sink) (webscada_collect_sink_up) == 0',
    for: '10m',
    severity: 'critical',
    summary: '{{ $labels.sink }} takes nothing from any copy of collect; the streams keep it',
  },
  {
    name: 'WebscadaCollectSetAside',
    expr: 'sum by (sink) (increase(webscada_collect_set_aside_total[1h])) > 0',
    for: '0m',
    severity: 'warning',
    summary: '{{ $labels.sink }}: entries could not be taken and lie in quarantine; verify-sync says whose',
  },
  {
    name: 'WebscadaCollectTakenBack',
    expr: 'sum by (sink) (increase(webscada_collect_taken_back_total[1h])) > 0',
    for: '0m',
    severity: 'warning',
    summary:
      '{{ $labels.sink }} came back without records it had made durable: they are read and asked for again; verify-sync says whether all came',
  },
  {
    name: 'WebscadaSiteTrouble',
    expr: 'max by (site, trouble) (webscada_collect_site_trouble) == 1',
    for: '15m',
    severity: 'warning',
    summary: '{{ $labels.site }}: {{ $labels.trouble }}; webscada-edge sites and verify-sync say more',
  },
  {
    name: 'WebscadaSiteSilent',
    expr: 'max by (site) (webscada_collect_site_silent_seconds) > 86400',
    for: '0m',
    severity: 'critical',
    summary: '{{ $labels.site }}: not heard of for {{ $value | humanizeDuration }}',
  },
  {
    name: 'WebscadaSiteBehind',
    // Of what waits at the centre: the line and the site's own backlog are told by the site.
    expr: 'max by (site) (webscada_collect_lag_records) > 100000 and max by (site) (delta(webscada_collect_lag_records[15m])) >= 0',
    for: '30m',
    severity: 'warning',
    summary: '{{ $labels.site }}: {{ $value }} records wait at the centre and do not get fewer',
  },
  {
    name: 'WebscadaSiteDiskFull',
    expr: 'max by (site) (webscada_collect_site_disk_free_bytes) < 500000000',
    for: '15m',
    severity: 'critical',
    summary: '{{ $labels.site }}: {{ $value | humanize1024 }}B are left on the disk of the store',
  },
  {
    name: 'WebscadaSiteGatewayOffline',
    expr: 'max by (site) (webscada_collect_site_gateways{state="offline"}) > 0',
    for: '1h',
    severity: 'warning',
    summary: '{{ $labels.site }}: {{ $value }} gateways are offline',
  },
  {
    name: 'WebscadaSiteBackupOld',
    expr: 'time() - max by (site) (webscada_collect_site_backup_timestamp_seconds) > 259200',
    for: '1h',
    severity: 'warning',
    summary: '{{ $labels.site }}: the last good backup is {{ $value | humanizeDuration }} old',
  },
  {
    name: 'WebscadaSiteCertificate',
    expr: 'max by (site) (webscada_collect_site_certificate_expiry_timestamp_seconds) - time() < 1209600',
    for: '1h',
    severity: 'warning',
    summary: '{{ $labels.site }}: the certificate of the pages expires in {{ $value | humanizeDuration }}',
  },
  {
    name: 'WebscadaSiteCardWorn',
    expr: 'max by (site) (webscada_collect_site_device_life_used_ratio) >= 0.9',
    for: '1h',
    severity: 'warning',
    summary:
      '{{ $labels.site }}: the card says that {{ $value | humanizePercentage }} of its life are used up',
  },
  {
    name: 'WebscadaCentralVolumeFull',
    // Of the kubelet; a full archive stops PostgreSQL, a full volume of Redis its append-only file.
    expr: 'kubelet_volume_stats_available_bytes{persistentvolumeclaim=~"(data|archive)-(postgres|redis|redis-cluster|influxdb)-[0-9]+|.*-backups"} / kubelet_volume_stats_capacity_bytes < 0.15',
    for: '15m',
    severity: 'critical',
    summary: '{{ $labels.persistentvolumeclaim }}: {{ $value | humanizePercentage }} left',
  },
  {
    name: 'WebscadaCentralBackupFailed',
    // Of kube-state-metrics. RDB files come every six hours, the rest daily and weekly.
    expr: 'time() - max by (cronjob) (kube_cronjob_status_last_successful_time{cronjob=~"(redis|redis-cluster|influxdb)-backup|postgres-(dump|base)"}) > on (cronjob) group_left () (label_replace(vector(28800), "cronjob", "redis-backup", "", "") or label_replace(vector(28800), "cronjob", "redis-cluster-backup", "", "") or label_replace(vector(100800), "cronjob", "postgres-dump", "", "") or label_replace(vector(691200), "cronjob", "postgres-base", "", "") or label_replace(vector(691200), "cronjob", "influxdb-backup", "", ""))',
    for: '0m',
    severity: 'critical',
    summary: '{{ $labels.cronjob }}: no good backup for {{ $value | humanizeDuration }}',
  },
];

export function fleetAlertGroups(): Groups {
  return [alertGroup('webscada-fleet', ALERTS)];
}
