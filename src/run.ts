/**
 * The life of the process that runs the appliance: starts it, says where it is, and takes it down cleanly at the first
 * SIGINT or SIGTERM; a second one, or `STOP_MS`, cuts the stop short. Nothing acknowledged is lost either way.
 */

import type { Appliance } from './appliance.ts';
import type { LoadedConfig } from './cli/verb.ts';
import { EXIT } from './cli/verb.ts';
import { createLogger } from './ops/logger.ts';
import { createWorld } from './ops/world.ts';
import { StoreError } from './store/errors.ts';

const STOP_MS = 5_000;

/** Runs the appliance until it is told to stop; resolves to the exit code. */
export async function runAppliance({ config, warnings }: LoadedConfig): Promise<number> {
  const logger = createLogger(config.log);
  const world = createWorld(logger);
  for (const { path, message } of warnings) logger.warn('config.warning', { path, message });
  const stopped = stopSignal();
  const { createAppliance } = await import('./appliance.ts');
  let appliance: Appliance;
  try {
    appliance = await createAppliance(config, world);
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
  const signal = await stopped;
  logger.info('appliance.stopping', { signal });
  const cancelCut = world.clock.after(STOP_MS, () => process.exit(EXIT.failure));
  process.once('SIGINT', () => process.exit(EXIT.failure));
  process.once('SIGTERM', () => process.exit(EXIT.failure));
  await appliance.stop();
  cancelCut();
  logger.info('appliance.stopped');
  return EXIT.ok;
}

function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}
