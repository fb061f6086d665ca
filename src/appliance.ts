/**
 * The composition root: makes every part from its section of the settings, starts them in order, stops them in reverse.
 * With the files in appliance/ the only one that knows all rooms. The store must open and the pages must listen;
 * everything else may be absent.
 */

import { createBoxAlarms } from './appliance/alarms.ts';
import { createAuditTrail } from './appliance/audit-trail.ts';
import { createCare } from './appliance/care.ts';
import { createCentreCommands, doctorOf } from './appliance/centre-commands.ts';
import type { Core } from './appliance/core.ts';
import { createIntake } from './appliance/intake.ts';
import { createBoxNotify } from './appliance/notify.ts';
import { openCatalogue } from './appliance/open-catalogue.ts';
import { openCodecs } from './appliance/open-codecs.ts';
import { createPages } from './appliance/pages.ts';
import type { ConfigSettings } from './appliance/pages-settings.ts';
import { createBoxRehearsal } from './appliance/rehearsal.ts';
import { simulatedSite } from './appliance/simulated-site.ts';
import { createSinks } from './appliance/sinks.ts';
import { statusOf } from './appliance/status.ts';
import { createTimings } from './appliance/timings.ts';
import { openTracing } from './appliance/tracing.ts';
import { createClockProbe } from './clock/clock-probe.ts';
import { createTimekeeper, type Timekeeper } from './clock/timekeeper.ts';
import type { Config } from './config/schema.ts';
import { declareDevices, declaredDevices } from './devices/declared-devices.ts';
import { createLines } from './model/line.ts';
import type { LogLines } from './model/log-lines.ts';
import { createReasonCounters } from './model/reason-counters.ts';
import type { ApplianceStatus } from './model/status.ts';
import type { Part, World } from './model/world.ts';
import { carryOutRestore } from './ops/backups/restore-request.ts';
import { release } from './ops/release.ts';
import { tlsOfSettings } from './ops/tls-of-settings.ts';
import { ownNames } from './ops/tls-source.ts';
import type { Store } from './store/contract.ts';
import { fleetingUnder } from './store/medium.ts';
import { openStoreInTurns } from './store/store.ts';
import { isConfigured } from './sync/site/central-sync.ts';
import { COLLECTED } from './sync/site/collected.ts';
import { accessOfSettings } from './ui/access/access-of-settings.ts';
import { createStartingPages } from './ui/http/starting.ts';

export interface Appliance extends Part {
  /** Where the pages are, once started. */
  url(): string;
  status(): ApplianceStatus;
  /** Why it does not do its work, undefined when it does; other servers being away does not count. */
  check(): Promise<string | undefined>;
}

/** What the process around the appliance wants to hear or may decide. */
export interface Supervision {
  /** The store was found damaged in use. */
  readonly fatal?: (error: Error) => void;
  /** The store is being repaired, by so many percent; what it throws ends the start, and the next one goes on there. */
  readonly repairing?: (percent: number, what?: string) => void;
  /** The files the settings are from, for backups. */
  readonly settings?: readonly string[];
  /** The newest lines of the log, for the pages. */
  readonly logs?: LogLines;
  /** A page wants the box to begin anew, with the same settings. */
  readonly restart?: (why: string) => void;
  /** What the pages may do about settings. */
  readonly pagesSettings?: ConfigSettings;
}

/** Makes the appliance and opens its store. Throws StoreError when the store cannot be opened. */
export async function createAppliance(
  config: Config,
  world: World,
  supervision: Supervision = {},
): Promise<Appliance> {
  const startedMs = world.clock.nowMs();
  const timekeeper = createTimekeeper({ world, probe: createClockProbe(world), config: config.time });
  const store = await openLog(config, timekeeper, supervision, world);
  const lines = createLines(world.clock);
  const tracing = await openTracing(config, store, world);
  const core: Core = { config, world, store, timekeeper, lines, tracing, refused: createReasonCounters() };
  const codecs = openCodecs(core);
  const intake = createIntake(core, codecs);
  const simulator = await simulatedSite(config, store, intake.transport, world);
  const { influx, centre } = createSinks(core, () => ({ status: status(), intake, source }));
  const { timings, loopDelay } = createTimings(core, { influx, centre });
  const notify = createBoxNotify(core, codecs, intake, (id) => alarms.rule(id));
  const { settings = [], logs, restart = () => {} } = supervision;
  const care = createCare({
    ...{ config, world, settings, logs, restart },
    ...{ ask: (path) => ask('GET', path), url: () => http.url() },
    doctor: () => doctorOf({ config, world, ask, url: http.url }),
  });
  const catalogue = openCatalogue(core, codecs, care.uploads);
  const status = (): ApplianceStatus =>
    statusOf(core, startedMs, { intake, influx, centre, care, commands, rehearsal, notify, alarms });
  const reverted = supervision.pagesSettings?.view().reverted;
  const audit = createAuditTrail({ dir: config.store.dir, store, world, reverted });
  const rehearsal = createBoxRehearsal(core, { influx, status, audit });
  const access = accessOfSettings({ ...config, dir: config.store.dir, world });
  const source = tlsOfSettings(config.http, config.store.dir, world);
  const alarms = createBoxAlarms(core, intake.gateway, () => status(), source);
  const { http, ask } = createPages(core, {
    ...{ codecs, influx, access, status, source, audit, catalogue, timings, alarms, notify },
    gateway: intake.gateway,
    care: care.services,
    settings: supervision.pagesSettings,
    rehearsals: rehearsal.care,
  });
  const commands = createCentreCommands(core, {
    ...{ care, ask, url: http.url, centre, audit, line: lines.centre },
    settings: supervision.pagesSettings,
  });
  // The time comes first, so that readings need no second date where the clock is right. Intake opens last and closes first;
  // the store outlives everything.
  const parts = [
    timekeeper,
    codecs.scripts,
    audit,
    access,
    ...(source ? [source] : []),
    ...(tracing ? [tracing] : []),
    http,
    loopDelay,
    influx,
    centre,
    ...care.parts,
    catalogue,
    alarms,
    intake,
    notify,
    commands,
    rehearsal,
    ...simulator,
  ];
  let isStopping = false;

  return {
    url: http.url,
    status,
    check: intake.liveness.check,
    async start() {
      const played = simulator.flatMap((site) => site.devices());
      declareDevices(store, [...declaredDevices(config.devices), ...played]);
      for (const part of parts) if (!isStopping) await part.start();
    },
    async stop() {
      isStopping = true;
      for (const part of [...parts].reverse()) await part.stop();
      await store.close();
    },
  };
}

/** Opens the store; while it is being repaired, the port answers that, so that nobody takes the box for dead. */
async function openLog(
  config: Config,
  timekeeper: Timekeeper,
  { fatal = throwOn, repairing }: Supervision,
  world: World,
): Promise<Store> {
  const { host, port, names } = config.http;
  const starting = createStartingPages({
    ...{ world, host, port, names: [...names, ...ownNames()], version: release().version },
    tls: () => tlsOfSettings(config.http, config.store.dir, world),
  });
  const restoring = 'A backup is being put in place';
  try {
    await carryOutRestore({
      ...{ store: config.store, world },
      async goesOn() {
        await starting.show(0, restoring);
        repairing?.(0, 'putting a backup in place');
      },
    });
    const options = {
      ...config.store,
      world,
      stamp: timekeeper.stamp,
      readers: configuredSinks(config),
      timeKnown: () => timekeeper.status().state === 'ok',
      onDamaged: fatal,
      onLost: fatal,
      // A simulated site has nothing to lose.
      fleeting:
        config.store.mayBeLost || config.simulator.enabled ? undefined : fleetingUnder(config.store.dir),
    };
    const store = await openStoreInTurns(options, async ({ percent }) => {
      await starting.show(percent);
      repairing?.(percent);
    });
    timekeeper.attach(store);
    return store;
  } finally {
    await starting.stop();
  }
}

function throwOn(error: Error): never {
  throw error;
}

/** The readers of the log that somebody has asked for: what they have not taken is undelivered. */
function configuredSinks({ influx, centre }: Config): string[] {
  const atCentre = centre.forget === COLLECTED ? ['centre', COLLECTED] : ['centre'];
  return [...(influx.url ? ['influx'] : []), ...(isConfigured(centre) ? atCentre : [])];
}
