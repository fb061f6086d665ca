/** The readers of the log that deliver elsewhere, each over a line that a rehearsal may cut: InfluxDB and the centre. */
import { connectInflux } from '../ingest/influx/client.ts';
import { createDeviceNames } from '../ingest/influx/device-names.ts';
import { overLine } from '../ingest/influx/over-line.ts';
import { createInfluxWriter, type InfluxWriter } from '../ingest/influx/writer.ts';
import { type CentralSync, createCentralSync } from '../sync/site/central-sync.ts';
import { boxStateOf } from '../sync/site/site-report.ts';
import type { Core } from './core.ts';
import { type KeyFigureParts, keyFiguresOf } from './key-figures.ts';
import { timeZoneOf } from './status.ts';

export interface Sinks {
  readonly influx: InfluxWriter;
  readonly centre: CentralSync;
}

/** `status` is asked once they run. */
export function createSinks(
  { config, store, timekeeper, lines, tracing, world }: Core,
  box: () => Omit<KeyFigureParts, 'store' | 'world'>,
): Sinks {
  const { id: site } = config.site;
  const tracer = tracing?.tracer;
  return {
    influx: createInfluxWriter({
      ...{ store, site, world, config: config.influx, dating: timekeeper, tracer },
      deviceName: createDeviceNames(store, world.logger),
      connect: overLine(lines.influx, connectInflux),
    }),
    centre: createCentralSync({
      ...{ store, site, world, config: config.centre, line: lines.centre, tracer },
      timeZone: timeZoneOf(config),
      box() {
        const now = box();
        return { ...boxStateOf(now.status), figures: keyFiguresOf({ ...now, store, world }) };
      },
    }),
  };
}
