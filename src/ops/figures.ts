/** What Prometheus is told: each figure with its name, its help, and how it is read from the status functions. */
import type { NotifyService } from '../model/notify-service.ts';
import type {
  ApplianceStatus,
  GatewayStatus,
  InfluxStatus,
  SinkStatus,
  State,
  UnknownDeviceStatus,
} from '../model/status.ts';
import type { World } from '../model/world.ts';
import { writtenBytes } from '../store/retention/reserve-file.ts';
import { certificateExpiryMs } from './certificate-expiry.ts';
import { type AlarmFiguresDeps, alarmFigures } from './figures/alarms.ts';
import { deviceFigures, type Freshness } from './figures/devices.ts';
import { durationFigures, type Timings } from './figures/durations.ts';
import { type AnyFigure, type Figure, PREFIX, type Samples } from './figures/figure.ts';
import { notifyFigures } from './figures/notify.ts';
import { type RequestTime, requestFigures } from './figures/requests.ts';
import { tracingFigures } from './figures/tracing.ts';

export interface MetricsDeps extends AlarmFiguresDeps {
  readonly world: World;
  readonly status: () => ApplianceStatus;
  readonly gateways: () => readonly GatewayStatus[];
  readonly unknownDevices: () => readonly UnknownDeviceStatus[];
  /** When each known device was last heard, epoch milliseconds, 0 for never. */
  readonly devices?: () => readonly { readonly lastSeenMs: number }[];
  /** How many of them are heard as often as they should be; looked up before the figures are read. */
  readonly freshness?: (() => Promise<Freshness>) | undefined;
  /** The requests that were answered, by what they have in common. */
  readonly requests?: { list(): readonly RequestTime[] };
  /** Messages to people. */
  readonly notify?: Pick<NotifyService, 'status'>;
  /** The certificate the pages are served with, PEM; undefined where they are not served by TLS. */
  readonly certificate?: () => string | undefined;
  readonly timings?: Timings;
}

const STATES: readonly State[] = ['ok', 'connecting', 'degraded', 'down', 'not_configured'];

/** `freshness` is what was looked up last. */
export function applianceFigures(
  deps: MetricsDeps,
  freshness: () => Freshness | undefined = () => undefined,
): AnyFigure[] {
  return [
    ...siteFigures(deps),
    ...storeFigures(deps),
    ...sinkFigures(deps),
    ...influxFigures(deps),
    ...radioFigures(deps),
    ...deviceFigures(deps, freshness),
    ...careFigures(deps),
    ...alarmFigures(deps),
    ...requestFigures(deps.requests),
    ...durationFigures(deps.timings),
    ...notifyFigures(deps.notify, deps.world),
    ...tracingFigures(() => deps.status().tracing),
    ...processFigures(deps),
  ];
}

function siteFigures({ status }: MetricsDeps): Figure[] {
  return [
    {
      kind: 'gauge',
      name: `${PREFIX}info`,
      help: 'Site and version, always 1.',
      labels: ['version'],
      read: () => [{ labels: { version: status().version }, value: 1 }],
    },
    {
      kind: 'gauge',
      name: `${PREFIX}part_state`,
      help: 'State of each part: 1 for the state it is in, 0 for the others.',
      labels: ['part', 'state'],
      read() {
        const { broker, influx, centre, store } = status();
        return Object.entries({ broker, influx, centre, store }).flatMap(([part, now]) =>
          STATES.map((state) => ({ labels: { part, state }, value: Number(now.state === state) })),
        );
      },
    },
    {
      kind: 'gauge',
      name: `${PREFIX}clock_trusted`,
      help: '1 when the time is known, 0 while readings are dated by a guess.',
      read() {
        const { time } = status();
        return time ? [{ value: Number(time.state === 'ok') }] : [];
      },
    },
    {
      kind: 'counter',
      name: `${PREFIX}mqtt_messages_total`,
      help: 'Messages received from the broker.',
      read: () => [{ value: status().broker.messages }],
    },
    {
      kind: 'counter',
      name: `${PREFIX}refused_total`,
      help: 'Messages and frames refused, by reason.',
      labels: ['reason'],
      read: () => Object.entries(status().refused).map(([reason, value]) => ({ labels: { reason }, value })),
    },
  ];
}

function storeFigures({ status }: MetricsDeps): Figure[] {
  return [
    {
      kind: 'gauge',
      name: `${PREFIX}store_size_bytes`,
      help: 'Size of the database and its write-ahead log on disk.',
      read: () => [{ value: status().store.sizeBytes }],
    },
    {
      kind: 'gauge',
      name: `${PREFIX}store_written_bytes_today`,
      help: 'Written to the disk since midnight UTC; for one release, use written_bytes_total.',
      read: () => [{ value: status().store.writtenBytesToday }],
    },
    {
      kind: 'gauge',
      name: `${PREFIX}store_write_budget_bytes`,
      help: 'How much should be written to the disk a day at most.',
      read: () => [{ value: status().store.dailyBudgetBytes }],
    },
    {
      kind: 'gauge',
      name: `${PREFIX}store_bytes_per_reading`,
      help: 'Written to the disk for each record, on average since the start.',
      read: () => [{ value: status().store.bytesPerReading }],
    },
    {
      kind: 'gauge',
      name: `${PREFIX}store_device_bytes_today`,
      help: 'Written to the device since midnight UTC, by everybody, as it is counted there.',
      read: () => [{ value: status().store.deviceBytesToday }],
    },
    {
      kind: 'gauge',
      name: `${PREFIX}store_device_life_used_ratio`,
      help: 'Of the life of the card, used up at most, by its own word.',
      read: () => [{ value: ratioOf(status().store.deviceLifeUsedPercent) }],
    },
    {
      kind: 'gauge',
      name: `${PREFIX}store_projected_wear_years`,
      help: 'Life of a new card at the rate of writing since the start; absent in the first hour.',
      read: () => [{ value: status().store.projectedWearYears }],
    },
    {
      kind: 'gauge',
      name: `${PREFIX}store_epoch`,
      help: 'Incarnation of the store.',
      read: () => [{ value: status().store.epoch }],
    },
    {
      kind: 'gauge',
      name: `${PREFIX}log_first_seq`,
      help: 'Number of the oldest record kept.',
      read: () => [{ value: status().store.firstSeq }],
    },
    {
      kind: 'gauge',
      name: `${PREFIX}log_last_seq`,
      help: 'Number of the newest record.',
      read: () => [{ value: status().store.lastSeq }],
    },
  ];
}

const SINK_FIGURES = [
  ['counter', 'accepted', 'Records a sink has to deliver: delivered + pending + quarantined + expired.'],
  ['counter', 'delivered', 'Records delivered.'],
  ['gauge', 'pending', 'Records still to deliver.'],
  ['counter', 'quarantined', 'Records the sink refused for good, set aside.'],
  ['counter', 'expired', 'Records that went undelivered to keep the disk from filling.'],
] as const;

function sinkFigures({ status, world }: MetricsDeps): Figure[] {
  const each = (read: (sink: SinkStatus) => number | undefined) => (): Samples => {
    const { influx, centre } = status();
    return Object.entries({ influx, centre })
      .filter(([, sink]) => sink.state !== 'not_configured')
      .map(([name, sink]) => ({ labels: { sink: name }, value: read(sink) }));
  };
  return [
    ...SINK_FIGURES.map(
      ([kind, what, help]): Figure => ({
        kind,
        name: `${PREFIX}sink_${what}${kind === 'counter' ? '_total' : '_records'}`,
        help,
        labels: ['sink'],
        read: each((sink) => sink[what]),
      }),
    ),
    {
      kind: 'gauge',
      name: `${PREFIX}sink_oldest_pending_age_seconds`,
      help: 'Age of the oldest record still to deliver, 0 when there is none.',
      labels: ['sink'],
      read: each(({ oldestPendingMs }) =>
        oldestPendingMs === undefined ? 0 : Math.max(0, world.clock.nowMs() - oldestPendingMs) / 1000,
      ),
    },
  ];
}

/** What was looked up in InfluxDB, and what waits there; absent before there is something to tell. */
function influxFigures({ status }: MetricsDeps): Figure[] {
  const gauge = (what: string, help: string, read: (influx: InfluxStatus) => number | undefined): Figure => ({
    kind: 'gauge',
    name: `${PREFIX}influx_${what}`,
    help,
    read: () => [{ value: read(status().influx) }],
  });
  return [
    gauge(
      'check_missing',
      'Delivered readings that InfluxDB has lost, of those looked up last.',
      ({ check }) => (check?.state === 'missing' || check?.state === 'complete' ? check.missing : undefined),
    ),
    gauge('check_timestamp_seconds', 'When they were looked up.', ({ check }) =>
      check?.state === 'missing' || check?.state === 'complete' ? check.checkedMs / 1000 : undefined,
    ),
    gauge('rewind_progress', 'How much of the log was written again, 0 to 1.', ({ rewind }) =>
      rewind?.state === 'running' ? rewind.share : undefined,
    ),
    gauge(
      'late_aggregates',
      'Hourly aggregates to be made again, since readings came late.',
      ({ state, late }) => (state === 'not_configured' ? undefined : (late?.hours ?? 0)),
    ),
  ];
}

function radioFigures({ gateways, unknownDevices }: MetricsDeps): Figure[] {
  const unknown = () => unknownDevices().filter(({ reason }) => /(^|_)unknown_device$/.test(reason)).length;
  return [
    {
      kind: 'gauge',
      name: `${PREFIX}gateways`,
      help: 'Gateways heard, by state.',
      labels: ['state'],
      read: () =>
        ['online', 'offline'].map((state) => ({
          labels: { state },
          value: gateways().filter((gateway) => gateway.state === state).length,
        })),
    },
    {
      kind: 'counter',
      name: `${PREFIX}gateway_uplinks_total`,
      help: 'Uplinks heard by a gateway.',
      labels: ['gateway'],
      read: () =>
        gateways().map(({ gatewayId, uplinks }) => ({ labels: { gateway: gatewayId }, value: uplinks })),
    },
    {
      kind: 'gauge',
      name: `${PREFIX}gateway_last_seen_timestamp_seconds`,
      help: 'Newest sign of life of a gateway.',
      labels: ['gateway'],
      read: () =>
        gateways().map(({ gatewayId, lastSeenMs }) => ({
          labels: { gateway: gatewayId },
          value: lastSeenMs / 1000,
        })),
    },
    {
      kind: 'gauge',
      name: `${PREFIX}unknown_devices`,
      help: 'DevAddrs, and DevEUIs of joins, heard that belong to no known device.',
      read: () => [{ value: unknown() }],
    },
    {
      kind: 'gauge',
      name: `${PREFIX}strangers`,
      help: 'The former name of unknown_devices, for one release.',
      read: () => [{ value: unknown() }],
    },
  ];
}

/** What somebody has to see to before it is too late: the disk, the certificate, the backups. */
function careFigures({ status, certificate, world }: MetricsDeps): Figure[] {
  const expiryMs = () => certificateExpiryMs(certificate?.());
  const since = (timeMs: number | undefined): number | undefined =>
    timeMs === undefined ? undefined : (world.clock.nowMs() - timeMs) / 1000;
  const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000);
  const gauge = (name: string, help: string, read: () => number | undefined): Figure => ({
    kind: 'gauge',
    name: `${PREFIX}${name}`,
    help,
    read: () => [{ value: read() }],
  });
  return [
    {
      kind: 'counter',
      name: `${PREFIX}written_bytes_total`,
      help: 'Bytes this process had written to disks since its start, as the operating system counts.',
      read: () => [{ value: writtenBytes() }],
    },
    gauge('disk_free_bytes', 'Left on the disk of the store for everybody.', () => status().store.freeBytes),
    gauge('certificate_expiry_timestamp_seconds', 'When the certificate of the pages expires.', () =>
      seconds(expiryMs()),
    ),
    gauge('certificate_expires_in_seconds', 'Until the certificate of the pages expires.', () => {
      const left = since(expiryMs());
      return left === undefined ? undefined : -left;
    }),
    gauge(
      'backup_last_success_timestamp_seconds',
      'When the newest backup was last found whole and up to date; absent while there is none.',
      () => seconds(status().backup?.lastSuccessMs),
    ),
    gauge('backup_age_seconds', 'Since then.', () => since(status().backup?.lastSuccessMs)),
    gauge('backup_failed', '1 while no backup can be made or the last one is too old, else 0.', () => {
      const { backup } = status();
      return backup && backup.state !== 'not_configured' ? Number(backup.state === 'degraded') : undefined;
    }),
    gauge('backup_size_bytes', 'Size of the newest backup.', () => status().backup?.lastBytes),
    gauge('backups', 'Backups that are kept.', () => status().backup?.kept),
    gauge('restore_rehearsal_timestamp_seconds', 'When restoring a backup was tried out last.', () =>
      seconds(status().backup?.rehearsal?.endedMs),
    ),
    gauge('restore_rehearsal_failed', '1 when no whole store came of it, else 0.', () => {
      const rehearsal = status().backup?.rehearsal;
      return rehearsal && Number(!rehearsal.isProved);
    }),
    gauge(
      'rehearsal_lines_cut',
      'Lines that an outage rehearsal has cut on purpose.',
      () => status().rehearsal?.lines.length ?? 0,
    ),
  ];
}

/** The usual names of the process, without the loop-delay histogram: its timer would wake the box 100 times a second. */
function processFigures({ status }: MetricsDeps): Figure[] {
  return [
    {
      kind: 'counter',
      name: 'process_cpu_seconds_total',
      help: 'User and system CPU time spent.',
      read() {
        const { user, system } = process.cpuUsage();
        return [{ value: (user + system) / 1e6 }];
      },
    },
    {
      kind: 'gauge',
      name: 'process_resident_memory_bytes',
      help: 'Resident memory size.',
      read: () => [{ value: process.memoryUsage.rss() }],
    },
    {
      kind: 'gauge',
      name: 'process_start_time_seconds',
      help: 'Start time of the process.',
      read: () => [{ value: status().startedMs / 1000 }],
    },
    {
      kind: 'gauge',
      name: 'nodejs_heap_size_used_bytes',
      help: 'Used size of the JavaScript heap.',
      read: () => [{ value: process.memoryUsage().heapUsed }],
    },
    {
      kind: 'gauge',
      name: 'nodejs_version_info',
      help: 'Version of Node.js, always 1.',
      labels: ['version'],
      read: () => [{ labels: { version: process.version }, value: 1 }],
    },
  ];
}

function ratioOf(percent: number | undefined): number | undefined {
  return percent === undefined ? undefined : percent / 100;
}
