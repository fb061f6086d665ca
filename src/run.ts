/**
 * The life of the process that runs the appliance: starts it, says where it is, and takes it down cleanly at the first
 * SIGINT or SIGTERM; a second one, or `STOP_MS`, cuts the stop short. Under systemd SIGHUP reads the settings again and
 * begins anew with them if they are valid. Nothing acknowledged is lost either way.
 */
import type { Appliance } from './appliance.ts';
import type { LoadedConfig } from './cli/verb.ts';
import { EXIT } from './cli/verb.ts';
import type { World } from './model/world.ts';
import { createLogger } from './ops/logger.ts';
import { createNotifier, type Notifier } from './ops/notify.ts';
import { logProcessWarnings } from './ops/process-warnings.ts';
import { createWorld } from './ops/world.ts';
import { StoreError } from './store/errors.ts';

const STOP_MS = 5_000;

/** The settings read once more, or the exit code when they are wrong, which has been told. */
export type Reload = () => Promise<LoadedConfig | number>;

/** Runs the appliance until it is told to stop; resolves to the exit code. */
export async function runAppliance(first: LoadedConfig, reload?: Reload): Promise<number> {
  // A terminal that closes says SIGHUP as well, and means the end.
  const signals = createSignals(reload !== undefined && Boolean(process.env.NOTIFY_SOCKET));
  let next: LoadedConfig | number = first;
  while (typeof next !== 'number') next = await live(next, signals, reload);
  return next;
}

/** One life of the appliance: resolves to the exit code, or to the settings to go on with. */
async function live(
  { config, warnings }: LoadedConfig,
  signals: Signals,
  reload: Reload | undefined,
): Promise<LoadedConfig | number> {
  const logger = createLogger(config.log);
  const world = createWorld(logger);
  logProcessWarnings(logger);
  for (const { path, message } of warnings) logger.warn('config.warning', { path, message });
  const { createAppliance } = await import('./appliance.ts');
  let appliance: Appliance;
  try {
    appliance = await createAppliance(config, world, (error) => endAtOnce(error, world));
  } catch (error) {
    logger.error('appliance.no_store', { error: error instanceof Error ? error.message : String(error) });
    return error instanceof StoreError && !error.retryable ? EXIT.failure : EXIT.temporary;
  }
  try {
    await appliance.start();
  } catch (error) {
    logger.error('appliance.not_started', { error: error instanceof Error ? error.message : String(error) });
    await appliance.stop();
    return EXIT.unavailable;
  }
  logger.info('appliance.started', { url: appliance.url(), site: config.site.id, store: config.store.dir });
  const notifier = createNotifier({ env: process.env, check: appliance.check, world });
  await notifier.ready(`site ${config.site.id}, pages at ${appliance.url()}`);
  const next = await untilOver(signals, reload, world);
  await stop(appliance, next, notifier, world);
  return next;
}

/** The store cannot go on: the next start repairs it. What was not acknowledged stays with the broker. */
function endAtOnce(error: Error, { logger }: World): never {
  logger.error('appliance.damaged', { error: error.message, hint: 'starting again repairs the store' });
  process.exit(EXIT.temporary);
}

/** Waits for a signal that ends this life. Wrong settings do not: the box goes on with those it has. */
async function untilOver(
  signals: Signals,
  reload: Reload | undefined,
  { logger }: World,
): Promise<LoadedConfig | number> {
  for (;;) {
    const signal = await signals.next();
    if (signal !== 'reload' || !reload) {
      logger.info('appliance.stopping', { signal });
      return EXIT.ok;
    }
    const loaded = await reload();
    if (typeof loaded !== 'number') {
      logger.info('appliance.reloading');
      return loaded;
    }
    logger.error('config.not_reloaded', { hint: 'the settings are wrong; still running with the old ones' });
  }
}

async function stop(
  appliance: Appliance,
  next: LoadedConfig | number,
  notifier: Notifier,
  { clock, logger }: World,
): Promise<void> {
  const cut = (): void => process.exit(EXIT.failure);
  const ending = typeof next === 'number';
  if (ending) for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, cut);
  const cancelCut = clock.after(STOP_MS, cut);
  // Not waited for: to stop is more urgent than to say so.
  void (ending ? notifier.stopping() : notifier.reloading());
  await appliance.stop();
  cancelCut();
  logger.info('appliance.stopped');
}

type Signal = NodeJS.Signals | 'reload';

interface Signals {
  /** The next signal; one that came in the meantime counts. */
  next(): Promise<Signal>;
}

function createSignals(hangupReloads: boolean): Signals {
  let pending: Signal | undefined;
  let wake = (): void => {};
  const come = (signal: Signal): void => {
    // An end is not forgotten over a reload.
    if (pending === undefined || pending === 'reload') pending = signal;
    wake();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, come);
  process.on('SIGHUP', () => come(hangupReloads ? 'reload' : 'SIGHUP'));
  return {
    async next() {
      while (pending === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const signal = pending;
      pending = undefined;
      return signal;
    },
  };
}
