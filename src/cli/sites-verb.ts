/** The verb that lists the fleet: every site, what needs somebody first. */
import type { FleetOptions, SiteView } from '../sync/centre/fleet.ts';
import { CENTRE_OPTIONS, loadCentreSettings } from './centre-settings.ts';
import { failWith } from './fail.ts';
import { EXIT, type Verb } from './verb.ts';

const WATCH_MS = 2_000;
const CLEAR = '\u001b[H\u001b[2J';

export const sites: Verb = {
  name: 'sites',
  group: 'Centre',
  synopsis: '[--watch] [--json] [--config FILE] [--set KEY=VALUE]...',
  summary: 'list the sites of the fleet, what needs somebody first',
  details:
    'Asks the Redis of the centre. Exit code 0: all is quiet; 3: at least one site needs somebody; 69: Redis cannot be asked. Whether anything is missing proves verify-sync.',
  options: {
    ...CENTRE_OPTIONS,
    watch: { type: 'boolean', summary: 'again every two seconds, until Ctrl-C' },
    json: { type: 'boolean', summary: 'as JSON, a line a site' },
  },
  examples: ['webscada-edge sites --config collect.toml --watch'],
  async run(given, world) {
    const config = await loadCentreSettings(given, world);
    if (typeof config === 'number') return config;
    const [{ createLogger }, { createWorld, pause }, { openRedis }, { readFleet }] = await Promise.all([
      import('../ops/logger.ts'),
      import('../ops/world.ts'),
      import('../sync/centre/redis-link.ts'),
      import('../sync/centre/fleet.ts'),
    ]);
    const own = createWorld(createLogger({ level: 'error', format: 'pretty' }));
    const redis = await openRedis(config.redis, own);
    try {
      for (;;) {
        const options: FleetOptions = {
          ...{ redis, prefix: config.redis.prefix, silentAfterMs: config.collect.silentAfterS * 1000 },
          ...{ nowMs: own.clock.nowMs(), isThorough: true },
        };
        const fleet = await readFleet(options);
        const text = given.flag('json')
          ? fleet.map(siteJson).join('')
          : await fleetTable(fleet, options.nowMs);
        world.stdout.write(given.flag('watch') && world.stdout.isTTY ? `${CLEAR}${text}` : text);
        if (!given.flag('watch') || world.stdout.closed)
          return fleet.some(({ findings }) => findings.length > 0) ? EXIT.degraded : EXIT.ok;
        await pause(WATCH_MS);
      }
    } catch (error) {
      failWith(world, 'Redis cannot be asked', error);
      return EXIT.unavailable;
    } finally {
      redis.close();
    }
  },
};

/** One line of JSON. */
function siteJson({ watermarks, ...view }: SiteView): string {
  return `${JSON.stringify({ ...view, watermarks: Object.fromEntries(watermarks) })}\n`;
}

async function fleetTable(fleet: readonly SiteView[], nowMs: number): Promise<string> {
  const { duration, positionText } = await import('../sync/centre/fleet.ts');
  const rows = fleet.map(({ site, report, lag, last, findings }) => [
    site,
    report?.lastSeenMs === undefined ? 'never' : `${duration(nowMs - report.lastSeenMs)} ago`,
    report?.health ?? '?',
    String(lag ?? '?'),
    positionText(last),
    report?.version ?? '?',
    findings.map(({ detail }) => detail).join('; '),
  ]);
  const needing = fleet.filter(({ findings }) => findings.length > 0).length;
  return `${table(['SITE', 'HEARD', 'HEALTH', 'BEHIND', 'NEWEST', 'VERSION', 'NEEDS SOMEBODY'], rows)}${fleet.length} sites, ${needing} need somebody\n`;
}

/** Columns as wide as their widest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, at) => all.reduce((most, row) => Math.max(most, row[at]?.length ?? 0), 0));
  return all
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
