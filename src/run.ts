/**
 * The life of the process that runs the appliance: starts it, says where it is, and takes it down cleanly at the first
 * SIGINT or SIGTERM, also in the middle of a start; a second one, or `STOP_MS`, cuts the stop short. Under systemd SIGHUP
 * reads the settings again and begins anew with them if they are valid; the pages may ask for that too, with others on trial.
 * Nothing acknowledged is lost either way.
 */
import { existsSync } from 'node:fs';
import { createPagesSettings, type PagesSettings, type Reverted } from './appliance/pages-settings.ts';
import type { Appliance } from './appliance.ts';
import type { LoadedConfig } from './cli/verb.ts';
import { EXIT } from './cli/verb.ts';
import { ownerBesideRoot } from './files/folder-owner.ts';
import { errorText } from './model/error-text.ts';
import type { World } from './model/world.ts';
import { createLogMemory, type LogMemory } from './ops/log-memory.ts';
import { createLogger } from './ops/logger.ts';
import { createNotifier, createRepairNotices, type Notifier } from './ops/notify.ts';
import { endNow } from './ops/process-end.ts';
import { logProcessWarnings } from './ops/process-warnings.ts';
import { watchSecrets } from './ops/secret-watch.ts';
import { createWorld } from './ops/world.ts';
import { StoreError } from './store/errors.ts';
import { storeFiles } from './store/files.ts';

const STOP_MS = 5_000;
/** How long after everything has stopped the process may take to end by itself. */
const END_MS = 1_000;

/** The settings read once more, or the exit code when they are wrong, which has been told. */
export type Reload = (pages?: 'next') => Promise<LoadedConfig | number>;

/** Runs the appliance until it is told to stop; resolves to the exit code. */
export async function runAppliance(first: LoadedConfig, reload?: Reload): Promise<number> {
  // A terminal that closes says SIGHUP as well, and means the end.
  const signals = createSignals(reload !== undefined && Boolean(process.env.NOTIFY_SOCKET));
  const logs = createLogMemory();
  let next: LoadedConfig | number = first;
  let reverted: Reverted | undefined;
  while (typeof next !== 'number') {
    const loaded: LoadedConfig = next;
    const world = createWorld(createLogger({ ...loaded.config.log, keep: logs.add }));
    const pages = createPagesSettings({ loaded, world, reverted });
    next = await live(loaded, { signals, reload, pages, logs, world });
    reverted = goesOn(next)
      ? undefined
      : pages.revert(typeof next === 'number' ? 'not_started' : 'not_confirmed');
    // A start that fails with settings on trial is none with those before.
    if (reverted && typeof next === 'number') next = (await reload?.()) ?? next;
  }
  endSoon(next, first);
  return next;
}

/** Whether a trial of settings is not over: the box goes on with them, or was told to end, and starts with those before. */
function goesOn(next: LoadedConfig | number): boolean {
  return typeof next === 'number' ? next === EXIT.ok : next.isTried === true;
}

/** What hangs in the system, at a network mount whose server is gone for one, keeps a process from ending by itself. */
function endSoon(code: number, { config }: LoadedConfig): void {
  const { clock, logger } = createWorld(createLogger(config.log));
  clock.after(END_MS, () => {
    logger.warn('appliance.hung', { hint: 'something still waits for the system, a network mount perhaps' });
    endNow(code);
  });
}

/** What stays around a life of the appliance. */
interface Around {
  readonly signals: Signals;
  readonly reload: Reload | undefined;
  readonly pages: PagesSettings;
  readonly logs: LogMemory;
  readonly world: World;
}

/** One life of the appliance: resolves to the exit code, or to the settings to go on with. */
async function live(loaded: LoadedConfig, around: Around): Promise<LoadedConfig | number> {
  const { config, warnings } = loaded;
  const { signals, world, pages, logs } = around;
  const { logger } = world;
  logProcessWarnings(logger);
  for (const { path, message } of warnings) logger.warn('config.warning', { path, message });
  const owner = foreignOwner(config.store.dir);
  if (owner !== undefined) {
    const hint = `start it as that user (sudo -u ${owner} …): what root writes there the service can no longer use. To run it as root for good, give root the folder: chown -R root`;
    logger.error('appliance.wrong_user', { store: config.store.dir, owner, hint });
    return EXIT.permission;
  }
  const { createAppliance } = await import('./appliance.ts');
  const repair = createRepairNotices(process.env, world);
  const restart = createRestart();
  let appliance: Appliance;
  try {
    appliance = await createAppliance(config, world, {
      fatal: (error) => endAtOnce(error, world),
      settings: loaded.files,
      pagesSettings: pages,
      logs,
      restart: restart.ask,
      repairing(percent, what) {
        signals.listen();
        if (signals.ending()) throw new Interrupted();
        repair.advanced(percent, what);
      },
    });
  } catch (error) {
    if (error instanceof Interrupted) {
      logger.info('appliance.stopped', { hint: 'the repair of the store goes on at the next start' });
      return EXIT.ok;
    }
    const event = error instanceof StoreError ? 'appliance.no_store' : 'appliance.not_made';
    logger.error(event, { error: errorText(error) });
    return error instanceof StoreError && !error.retryable ? EXIT.failure : EXIT.temporary;
  }
  // Not before: opening a store takes a moment in which nobody would hear them. Until here they end the process.
  signals.listen();
  const started = await startUnlessStopped(appliance, signals, world);
  if (started !== 'started') return started;
  logger.info('appliance.started', { url: appliance.url(), site: config.site.id, store: config.store.dir });
  const notifier = createNotifier({ env: process.env, check: appliance.check, world });
  await notifier.ready(`site ${config.site.id}, pages at ${appliance.url()}`);
  pages.started();
  const secrets = watchSecrets(loaded, world);
  const again = Promise.race([
    secrets.changed.then((fresh) => ({ next: fresh, why: 'secrets have changed in their files' })),
    restart.asked.then((why) => ({ next: loaded, why })),
  ]);
  const next = await untilOver(around, again);
  secrets.stop();
  pages.stop();
  await stop(appliance, next, notifier, world);
  return next;
}

/** Root in the folder of another user; where there is a store, its owner counts: a container may have begun it as root. */
function foreignOwner(dir: string): string | undefined {
  const { database } = storeFiles(dir);
  return ownerBesideRoot(existsSync(database) ? database : dir);
}

/** Starts it, or takes down what there is of it: when it cannot be started, or when a signal says so meanwhile. */
async function startUnlessStopped(
  appliance: Appliance,
  signals: Signals,
  world: World,
): Promise<'started' | number> {
  const { clock, logger } = world;
  const starting = appliance.start().then(
    () => 'started' as const,
    (error: unknown) => ({ error }),
  );
  const first = await Promise.race([starting, signals.untilEnd()]);
  if (first === 'started') return first;
  const isFailure = typeof first === 'object';
  if (isFailure) logger.error('appliance.not_started', { error: errorText(first.error) });
  else logger.info('appliance.stopping', { signal: signals.take(), hint: 'in the middle of its start' });
  const code = isFailure ? EXIT.unavailable : EXIT.ok;
  const cancelCut = clock.after(STOP_MS, () => endNow(code));
  await appliance.stop();
  cancelCut();
  logger.info('appliance.stopped');
  return code;
}

/** A life that is to begin in the place of this one, and why. */
interface Again {
  readonly next: LoadedConfig;
  readonly why: string;
}

/** A page asks for a life to end and the next to begin. */
function createRestart(): { readonly ask: (why: string) => void; readonly asked: Promise<string> } {
  const { promise, resolve } = Promise.withResolvers<string>();
  return { ask: resolve, asked: promise };
}

/** A stop was asked for while the store was being repaired. */
class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** The store cannot go on: the next start repairs it. What was not acknowledged stays with the broker. */
function endAtOnce(error: Error, { logger }: World): never {
  logger.error('appliance.damaged', { error: error.message, hint: 'starting again repairs the store' });
  endNow(EXIT.temporary);
}

/** Waits for a signal that ends this life. Wrong settings do not: the box goes on with those it has. */
async function untilOver(
  { signals, reload, pages, world: { logger } }: Around,
  again: Promise<Again>,
): Promise<LoadedConfig | number> {
  for (;;) {
    const changed = await Promise.race([signals.some(), again, pages.asked()]);
    const signal = signals.take();
    if (signal === undefined && typeof changed === 'string') {
      const loaded = await reload?.(changed === 'next' ? changed : undefined);
      if (typeof loaded === 'object') {
        logger.info('appliance.reloading', {
          why: changed === 'next' ? 'asked on the pages' : 'not confirmed',
        });
        return loaded;
      }
      logger.error('config.not_reloaded', {
        hint: 'the settings are wrong; still running with the old ones',
      });
      continue;
    }
    if (signal === undefined) {
      if (typeof changed !== 'object') continue;
      logger.info('appliance.reloading', { why: changed.why });
      return changed.next;
    }
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
  const cut = (): void => endNow(EXIT.failure);
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
  /** From now on SIGINT and SIGTERM are waited for here, and no longer end the process by themselves. */
  listen(): void;
  /** Resolves when one is there that ends this life; it is left for `take`. */
  untilEnd(): Promise<void>;
  /** One that means the end has come and is not taken yet. */
  ending(): boolean;
  /** Resolves when there is one; it is left for `take`. */
  some(): Promise<undefined>;
  /** The signal that came last, once; undefined when there is none. */
  take(): Signal | undefined;
}

function createSignals(hangupReloads: boolean): Signals {
  let pending: Signal | undefined;
  let isListening = false;
  const waiting = new Set<() => void>();
  const come = (signal: Signal): void => {
    // An end is not forgotten over a reload.
    if (pending === undefined || pending === 'reload') pending = signal;
    for (const wake of waiting) wake();
    waiting.clear();
  };
  const another = (): Promise<void> => new Promise((resolve) => void waiting.add(resolve));
  process.on('SIGHUP', () => come(hangupReloads ? 'reload' : 'SIGHUP'));
  return {
    listen() {
      if (isListening) return;
      isListening = true;
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, come);
    },
    async untilEnd() {
      while (pending === undefined || pending === 'reload') await another();
    },
    ending: () => pending !== undefined && pending !== 'reload',
    async some() {
      while (pending === undefined) await another();
      return undefined;
    },
    take() {
      const signal = pending;
      pending = undefined;
      return signal;
    },
  };
}
