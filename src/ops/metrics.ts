/**
 * The figures for Prometheus. Nothing is counted here: each scrape reads the status functions, so a figure on the page
 * and a figure in Prometheus cannot differ. prom-client is loaded at the first scrape; a site without one pays nothing.
 */
import type { Counter, Gauge, Registry } from 'prom-client';
import type {
  ApplianceStatus,
  GatewayStatus,
  SinkStatus,
  State,
  UnknownDeviceStatus,
} from '../model/status.ts';
import type { World } from '../model/world.ts';

export interface MetricsDeps {
  readonly world: World;
  readonly status: () => ApplianceStatus;
  readonly gateways: () => readonly GatewayStatus[];
  readonly unknownDevices: () => readonly UnknownDeviceStatus[];
}

/** What a scrape answers. */
export interface Scrape {
  readonly contentType: string;
  readonly body: string;
}

const PREFIX = 'webscada_edge_';
const STATES: readonly State[] = ['ok', 'connecting', 'degraded', 'down', 'not_configured'];

/** The function behind /metrics. */
export function createMetrics(deps: MetricsDeps): () => Promise<Scrape> {
  let made: Promise<Registry> | undefined;
  return async () => {
    made ??= makeRegistry(deps);
    const registry = await made;
    return { contentType: registry.contentType, body: await registry.metrics() };
  };
}

type Labels = Readonly<Record<string, string>>;
type Samples = readonly { readonly labels?: Labels; readonly value: number | undefined }[];

/** One figure: its samples are read anew at each scrape. */
interface Figure {
  readonly kind: 'counter' | 'gauge';
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  readonly read: () => Samples;
}

async function makeRegistry(deps: MetricsDeps): Promise<Registry> {
  const prom = (await import('prom-client')).default;
  const registry = new prom.Registry();
  // Addresses of pods repeat from site to site; this does not, however the figures get to where they are looked at.
  registry.setDefaultLabels({ site: deps.status().site });
  for (const figure of [
    ...siteFigures(deps),
    ...sinkFigures(deps),
    ...radioFigures(deps),
    ...processFigures(deps),
  ]) {
    const Metric: typeof Counter | typeof Gauge = figure.kind === 'counter' ? prom.Counter : prom.Gauge;
    new Metric({
      name: figure.name,
      help: figure.help,
      labelNames: [...(figure.labels ?? [])],
      registers: [registry],
      // prom-client keeps sums of its own; they are thrown away so that the status functions stay the only truth.
      collect() {
        this.reset();
        // What is not known is absent: a metric without labels would be 0 now.
        if (!figure.labels) this.remove();
        for (const { labels = {}, value } of figure.read()) {
          if (value !== undefined && Number.isFinite(value)) this.inc(labels, value);
        }
      },
    });
  }
  return registry;
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
    {
      kind: 'gauge',
      name: `${PREFIX}store_size_bytes`,
      help: 'Size of the database and its write-ahead log on disk.',
      read: () => [{ value: status().store.sizeBytes }],
    },
    {
      kind: 'gauge',
      name: `${PREFIX}store_written_bytes_today`,
      help: 'Written to the disk since midnight UTC, as the operating system counts.',
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

function radioFigures({ gateways, unknownDevices: strangers }: MetricsDeps): Figure[] {
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
      name: `${PREFIX}strangers`,
      help: 'DevAddrs heard that belong to no known device.',
      read: () => [{ value: strangers().length }],
    },
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
