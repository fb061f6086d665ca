/** The commands of the centre, put together: what they may ask of the box, as functions. */
import { whyNotByCommand } from '../config/command-settings.ts';
import type { Config } from '../config/schema.ts';
import type { Line } from '../model/line.ts';
import type { CentralSync } from '../sync/site/central-sync.ts';
import { type CommandService, createCommandService } from '../sync/site/commands/command-service.ts';
import { sumLog } from '../sync/site/commands/log-sums.ts';
import type { SettableSettings } from '../sync/site/commands/settings-put.ts';
import type { DoctorFinding } from '../sync/site/commands/table.ts';
import type { AskInside } from '../ui/routes/inside.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { Care } from './care.ts';
import type { Core } from './core.ts';
import type { ConfigSettings } from './pages-settings.ts';

/** What the line to the centre has in hand at any time is no backlog. */
const BUSY_RECORDS = 100;

export interface CentreCommandsOptions {
  /** To the centre. */
  readonly line: Line;
  readonly care: Pick<Care, 'backup' | 'versions'>;
  /** Absent where settings cannot be changed. */
  readonly settings: ConfigSettings | undefined;
  /** The line for records. */
  readonly centre: Pick<CentralSync, 'status'>;
  readonly audit: Pick<AuditTrail, 'note'>;
  /** The API, in the name of the centre. */
  readonly ask: AskInside;
  /** Where the pages are. */
  readonly url: () => string;
}

export function createCentreCommands(core: Core, options: CentreCommandsOptions): CommandService {
  const { config, store, world, timekeeper } = core;
  const { care, line, ask, url, settings, centre, audit } = options;
  return createCommandService({
    ...{ store, world, line, site: config.site.id, config: config.centre },
    settings: settings && settableSettings(settings, config, audit),
    versions: care.versions,
    recordsGo: () => centre.status().state === 'ok',
    isBusy: () => store.cursor('centre').state().pending > BUSY_RECORDS,
    ports: {
      ask,
      backup: care.backup.now,
      doctor: () => doctorOf({ config, world, ask, url }),
      sums: (fromSeq, toSeq) => sumLog(store, config.site.id, fromSeq, toSeq),
    },
    ownTime() {
      const { nowMs, trusted } = timekeeper.ownTime();
      return trusted ? nowMs : undefined;
    },
  });
}

function settableSettings(
  trials: ConfigSettings,
  { centre }: Config,
  { note }: Pick<AuditTrail, 'note'>,
): SettableSettings {
  return {
    trials,
    whyNot: (path, value) => whyNotByCommand(path, value, centre.commandSettings),
    noteChange: (paths) =>
      note({ who: 'centre', from: '', what: 'saveSettings', detail: { settings: paths } }),
  };
}

/** The box itself tells of its servers and its clock, so neither is looked at from outside. */
export async function doctorOf({
  config,
  world,
  ask,
  url,
}: Pick<Core, 'config' | 'world'> & Pick<CentreCommandsOptions, 'ask' | 'url'>): Promise<
  readonly DoctorFinding[]
> {
  const { brokerFindings } = await import('../ops/broker-findings.ts');
  const { examine } = await import('../ops/doctor.ts');
  const { thisMachine } = await import('../ops/install/machine.ts');
  return examine({
    machine: thisMachine(),
    clock: world.clock,
    url: url().replace(/\/+$/, ''),
    askStatus: async () => ({ kind: 'status', json: (await ask('GET', '/api/v1/status')).json }),
    storeDir: config.store.dir,
    reserveBytes: config.store.reserveBytes,
    known: brokerFindings(config.mqtt),
    servers: [],
  });
}
