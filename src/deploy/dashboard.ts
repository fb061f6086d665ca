/** The Grafana dashboard of all sites. Its figures are those of src/ops/figures.ts; a test compares the names. */

import { dashboardJson, type Panel } from './grafana.ts';

/** Every figure carries its site. An address does not tell sites apart: those of pods repeat. */
const SITE = 'site=~"$site"';

const REQUESTS = 'webscada_edge_http_request_duration_seconds';

const PANELS: readonly Panel[] = [
  {
    title: 'Readings stored a second',
    expr: `rate(webscada_edge_log_last_seq{${SITE}}[5m])`,
    legend: '{{site}}',
    unit: 'cps',
  },
  {
    title: 'Parts that are not well',
    expr: `webscada_edge_part_state{${SITE}, state=~"degraded|down"} == 1`,
    legend: '{{site}} {{part}} {{state}}',
    unit: 'none',
  },
  {
    title: 'Records waiting for delivery',
    expr: `webscada_edge_sink_pending_records{${SITE}}`,
    legend: '{{site}} {{sink}}',
    unit: 'short',
  },
  {
    title: 'Age of the oldest waiting record',
    expr: `webscada_edge_sink_oldest_pending_age_seconds{${SITE}}`,
    legend: '{{site}} {{sink}}',
    unit: 's',
  },
  {
    title: 'Records set aside or expired',
    expr: `webscada_edge_sink_quarantined_total{${SITE}} + webscada_edge_sink_expired_total{${SITE}}`,
    legend: '{{site}} {{sink}}',
    unit: 'short',
  },
  {
    title: 'Messages refused a second',
    expr: `rate(webscada_edge_refused_total{${SITE}}[5m])`,
    legend: '{{site}} {{reason}}',
    unit: 'cps',
  },
  {
    title: 'Gateways',
    expr: `webscada_edge_gateways{${SITE}}`,
    legend: '{{site}} {{state}}',
    unit: 'short',
  },
  {
    title: 'Uplinks a second by gateway',
    expr: `rate(webscada_edge_gateway_uplinks_total{${SITE}}[5m])`,
    legend: '{{site}} {{gateway}}',
    unit: 'cps',
  },
  {
    title: 'Size of the log on disk',
    expr: `webscada_edge_store_size_bytes{${SITE}}`,
    legend: '{{site}}',
    unit: 'bytes',
  },
  { title: 'Memory', expr: `process_resident_memory_bytes{${SITE}}`, legend: '{{site}}', unit: 'bytes' },
  {
    title: 'Delivered readings InfluxDB has lost',
    expr: `webscada_edge_influx_check_missing{${SITE}}`,
    legend: '{{site}}',
    unit: 'short',
  },
  {
    title: 'Hours to be aggregated again',
    expr: `webscada_edge_influx_late_aggregates{${SITE}}`,
    legend: '{{site}}',
    unit: 'short',
  },
  {
    title: 'Age of the last good backup',
    expr: `webscada_edge_backup_age_seconds{${SITE}}`,
    legend: '{{site}}',
    unit: 's',
  },
  {
    title: 'Free on the disk of the store',
    expr: `webscada_edge_disk_free_bytes{${SITE}}`,
    legend: '{{site}}',
    unit: 'bytes',
  },
  {
    title: 'Written to disk a second',
    expr: `rate(webscada_edge_written_bytes_total{${SITE}}[1h])`,
    legend: '{{site}}',
    unit: 'Bps',
  },
  {
    title: 'Life of the card used up, at most',
    expr: `webscada_edge_store_device_life_used_ratio{${SITE}}`,
    legend: '{{site}}',
    unit: 'percentunit',
  },
  {
    title: 'Devices not heard as often as they should be',
    expr: `webscada_edge_devices_stale{${SITE}}`,
    legend: '{{site}}',
    unit: 'short',
  },
  {
    title: 'Requests a second',
    expr: `sum by (site, status) (rate(${REQUESTS}_count{${SITE}}[5m]))`,
    legend: '{{site}} {{status}}',
    unit: 'reqps',
  },
  {
    title: 'Requests: 95 of 100 are answered within',
    expr: `histogram_quantile(0.95, sum by (site, le) (rate(${REQUESTS}_bucket{${SITE}}[5m])))`,
    legend: '{{site}}',
    unit: 's',
  },
  {
    title: 'Commits: 95 of 100 are on disk within',
    expr: `histogram_quantile(0.95, sum by (site, le) (rate(webscada_edge_store_commit_duration_seconds_bucket{${SITE}}[5m])))`,
    legend: '{{site}}',
    unit: 's',
  },
  {
    title: 'Deliveries: 95 of 100 are answered within',
    expr: `histogram_quantile(0.95, sum by (site, sink, le) (rate(webscada_edge_sink_request_duration_seconds_bucket{${SITE}}[5m])))`,
    legend: '{{site}} {{sink}}',
    unit: 's',
  },
  {
    title: 'Event loop: held by more than 0.2 s, of the looks',
    expr: `1 - sum by (site) (rate(webscada_edge_event_loop_delay_seconds_bucket{${SITE}, le="0.2"}[5m])) / sum by (site) (rate(webscada_edge_event_loop_delay_seconds_count{${SITE}}[5m]))`,
    legend: '{{site}}',
    unit: 'percentunit',
  },
];

/** Grafana's JSON, ready to import or to be found by its sidecar. */
export function grafanaDashboardJson(): string {
  return dashboardJson({
    uid: 'webscada-edge',
    title: 'WebSCADA Edge',
    sites: 'label_values(webscada_edge_info, site)',
    panels: PANELS,
  });
}
