/** What sites say of themselves in figures, for Prometheus: so a box that nobody can ask is seen all the same. */
import type { KeyFigures } from '../../model/key-figures.ts';
import type { SiteView } from './fleet.ts';

interface SiteFigure {
  readonly name: string;
  readonly kind: 'gauge';
  readonly help: string;
  readonly labels: readonly string[];
  samples(of: {
    readonly fleet: readonly SiteView[] | undefined;
  }): Iterable<readonly [value: number, ...labels: string[]]>;
}

function told(
  name: string,
  help: string,
  of: (figures: KeyFigures) => number | undefined,
  labels: readonly [label: string, value: string] | readonly [] = [],
): SiteFigure {
  const [label, value] = labels;
  return {
    name: `webscada_collect_site_${name}`,
    kind: 'gauge',
    help,
    labels: label === undefined ? ['site'] : ['site', label],
    samples: ({ fleet = [] }) =>
      fleet.flatMap(({ site, report }) => {
        const found = of(report?.figures ?? {});
        if (found === undefined) return [];
        return [value === undefined ? ([found, site] as const) : ([found, site, value] as const)];
      }),
  };
}

const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1_000);

function gateways(): SiteFigure {
  const [online, offline] = (['online', 'offline'] as const).map((state) =>
    told(
      'gateways',
      'Gateways of a site, by state.',
      ({ gatewaysOnline, gatewaysOffline }) => (state === 'online' ? gatewaysOnline : gatewaysOffline),
      ['state', state],
    ),
  );
  if (!online || !offline) throw new Error('two states');
  return { ...online, samples: (of) => [...online.samples(of), ...offline.samples(of)] };
}

export const SITE_FIGURES: readonly SiteFigure[] = [
  told('start_timestamp_seconds', 'When the program of a site was started.', ({ startedMs }) =>
    seconds(startedMs),
  ),
  told('disk_free_bytes', 'Left on the disk of a site’s store.', ({ freeBytes }) => freeBytes),
  told('store_size_bytes', 'Size of a site’s store.', ({ storeBytes }) => storeBytes),
  told('devices', 'Devices a site knows.', ({ devices }) => devices),
  told('devices_heard', 'Of them, those heard within the last 24 hours.', ({ devicesHeard }) => devicesHeard),
  gateways(),
  told('influx_pending_records', 'Records that wait for a site’s own InfluxDB.', (of) => of.influxPending),
  told('backup_timestamp_seconds', 'When a site’s newest backup was found whole.', (of) =>
    seconds(of.backupMs),
  ),
  told('certificate_expiry_timestamp_seconds', 'When the certificate of a site’s pages expires.', (of) =>
    seconds(of.certificateMs),
  ),
  told(
    'device_life_used_ratio',
    'Of the life of a site’s card, used up at most.',
    ({ cardLifeUsedPercent }) => (cardLifeUsedPercent === undefined ? undefined : cardLifeUsedPercent / 100),
  ),
];
