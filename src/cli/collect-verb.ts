/** The verb that runs at the centre: reads what the sites have sent and writes it to PostgreSQL, InfluxDB and files. */
import type { CollectConfig } from '../config/collect-schema.ts';
import type { World } from '../model/world.ts';
import { CENTRE_OPTIONS, freshCentreSecrets, loadCentreSettings } from './centre-settings.ts';
import { fail, failWith } from './fail.ts';
import { type CliWorld, EXIT, type Verb } from './verb.ts';

const STOP_MS = 5_000;
const LOOK_MS = 250;

export const collect: Verb = {
  name: 'collect',
  group: 'Centre',
  synopsis: '[--config FILE] [--http HOST:PORT] [--set KEY=VALUE]...',
  summary: 'write what the sites have sent to PostgreSQL, InfluxDB and files, until it is stopped',
  details:
    'Runs at the centre, in any number of copies side by side. New sites are found by themselves. What was written is acknowledged only once it is durable, so that a kill at any moment loses and doubles nothing. Makes and updates its tables by itself. Settings are its own: docs/centre.md.',
  options: {
    ...CENTRE_OPTIONS,
    http: { type: 'string', value: 'HOST:PORT', summary: 'serve metrics and the page of the fleet there' },
  },
  examples: ['webscada-edge collect --config collect.toml --http 127.0.0.1:9180'],
  async run(given, world) {
    const listen = given.text('http');
    const config = await loadCentreSettings(
      given,
      world,
      listen === undefined ? [] : [`http.listen=${listen}`],
    );
    return typeof config === 'number' ? config : runCollect(config, world);
  },
};

async function runCollect(config: CollectConfig, world: CliWorld): Promise<number> {
  if (
    config.postgres.url === undefined &&
    config.influx.url === undefined &&
    config.files.dir === undefined
  ) {
    return fail(world, 'nothing to write to: set postgres.url, influx.url or files.dir', EXIT.config);
  }
  const [{ createLogger }, { createWorld }, { endNow }, { watchSecrets }] = await Promise.all([
    import('../ops/logger.ts'),
    import('../ops/world.ts'),
    import('../ops/process-end.ts'),
    import('../ops/secret-watch.ts'),
  ]);
  const own = createWorld(createLogger(config.log));
  let signal: NodeJS.Signals | undefined;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (signal !== undefined) endNow(EXIT.failure);
      signal = name;
    });
  }
  const freshSecrets = (before: CollectConfig) => freshCentreSecrets(before, world);
  try {
    // A life with each set of passwords: what one of them has taken and not written, the next one finds with Redis.
    for (let current = config; signal === undefined; ) {
      const watch = watchSecrets({ config: current, freshSecrets }, own);
      let next: CollectConfig | undefined;
      void watch.changed.then((changed) => {
        next = changed.config;
      });
      const life = await startLife(current, own);
      await life.until(() => signal !== undefined || next !== undefined);
      watch.stop();
      if (signal === undefined) own.logger.info('collect.secrets_changed');
      else {
        own.logger.info('collect.stopping', { signal });
        own.clock.after(STOP_MS, () => endNow(EXIT.ok));
      }
      await life.stop();
      current = next ?? current;
    }
    own.logger.info('collect.stopped');
    return EXIT.ok;
  } catch (error) {
    return failWith(world, 'collect cannot start', error);
  }
}

interface Life {
  until(isOver: () => boolean): Promise<void>;
  stop(): Promise<void>;
}

async function startLife(config: CollectConfig, own: World): Promise<Life> {
  const [{ pause }, { createCollector }, { serveCentre }] = await Promise.all([
    import('../ops/world.ts'),
    import('../sync/centre/collector.ts'),
    import('../sync/centre/http.ts'),
  ]);
  const tracing = await tracingOf(config, own);
  const collector = await createCollector(config, own, tracing);
  const { listen, token } = config.http;
  const fleet = { prefix: config.redis.prefix, silentAfterMs: config.collect.silentAfterS * 1000 };
  const http =
    listen === undefined ? undefined : await serveCentre({ listen, token, collector, fleet, world: own });
  await tracing?.start();
  await collector.start();
  const sinks = collector.status().sinks.map(({ name }) => name);
  own.logger.info('collect.started', { sinks, url: http?.url() });
  return {
    async until(isOver) {
      while (!isOver()) await pause(LOOK_MS);
    },
    async stop() {
      await http?.stop();
      await collector.stop();
      await tracing?.stop();
    },
  };
}

async function tracingOf(config: CollectConfig, own: World) {
  const { endpoint, ...rest } = config.tracing;
  if (endpoint === undefined) return undefined;
  const [{ centreTracing }, { consumerOf }] = await Promise.all([
    import('../ops/tracing/tracing.ts'),
    import('../sync/centre/collector.ts'),
  ]);
  return centreTracing({ ...rest, endpoint }, consumerOf(config), own);
}
