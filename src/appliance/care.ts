/** The care for the box, put together: backups by themselves and by the pages, their restoring, files brought to it, its log. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import type { LogLines } from '../model/log-lines.ts';
import type { Part, World } from '../model/world.ts';
import { createCatalogue } from '../ops/backups/catalogue.ts';
import { createRestoreService } from '../ops/backups/restore-service.ts';
import { type BackupService, createBackupService, placeOf } from '../ops/backups/service.ts';
import { createLogMemory } from '../ops/log-memory.ts';
import { release } from '../ops/release.ts';
import { createUpdateService } from '../ops/upgrade/by-page.ts';
import { placeOfProgram } from '../ops/upgrade/place.ts';
import { releaseKeys } from '../ops/upgrade/signature.ts';
import { createVersionService, type VersionService } from '../ops/upgrade/take-version.ts';
import { createUploads, type Uploads } from '../ops/uploads.ts';
import { storeFiles } from '../store/files.ts';
import { freeBytesAt } from '../store/retention/reserve-file.ts';
import type { Services } from '../ui/routes/services.ts';
import { createBoxSupport } from './support.ts';

export interface CareOptions {
  readonly config: Config;
  readonly world: World;
  /** The files the settings are from. */
  readonly settings: readonly string[];
  /** The lines of the log that are kept; none without. */
  readonly logs: LogLines | undefined;
  /** Asks the box's own API, once it is there. */
  readonly ask: (path: string) => Promise<{ readonly json: unknown }>;
  readonly doctor: () => Promise<unknown>;
  /** Where the box answers on this machine. */
  readonly url: () => string;
  /** Ends this life of the appliance and begins the next. */
  readonly restart: (why: string) => void;
}

export interface Care {
  readonly backup: BackupService;
  /** For the centre. */
  readonly versions: VersionService;
  readonly parts: readonly Part[];
  readonly uploads: Uploads;
  /** What the pages ask of it. */
  readonly services: Pick<Services, 'logs' | 'backups' | 'restoring' | 'uploads' | 'support' | 'updates'>;
}

export function createCare({
  config,
  world,
  settings,
  restart,
  ask,
  doctor,
  url,
  ...given
}: CareOptions): Care {
  const logs = given.logs ?? createLogMemory();
  const { store, site } = config;
  const { version } = release();
  const backup = createBackupService({
    ...{ config: config.backup, store, site: site.id, settings, version, world },
  });
  const catalogue = createCatalogue(placeOf(config.backup, store.dir, site.id), world.clock);
  const uploads = createUploads({
    dir: join(store.dir, 'uploads'),
    reserveBytes: store.reserveBytes,
    world,
  });
  const updates = createUpdateService({
    ...{ uploads, dir: store.dir, settings, world, release: release(), keys: releaseKeys() },
    place: placeOfProgram(process.execPath, process.env),
    ...{ url, backUp: () => backUp(backup, config) },
  });
  const versions = createVersionService({
    ...{ version, world, keys: releaseKeys(), url: config.updates.url },
    ...{ orders: updates.orders, folder: updates.folder, turn: updates.turn },
    room: () => freeBytesAt(updates.folder) - store.reserveBytes,
  });
  return {
    backup,
    versions,
    parts: [uploads, updates, backup],
    uploads,
    services: {
      logs,
      uploads,
      updates,
      support: createBoxSupport({ config, logs, nowMs: world.clock.nowMs, ask, doctor }),
      restoring: createRestoreService({ catalogue, uploads, dir: store.dir, world, restart }),
      backups: {
        schedule: config.backup,
        list: catalogue.list,
        send: catalogue.send,
        begin: backup.begin,
        async making() {
          const now = backup.making();
          const bytes = now && (await catalogue.soFar());
          return now && bytes !== undefined ? { ...now, bytes, ofBytes: storeBytes(store.dir) } : now;
        },
      },
    },
  };
}

/** Before an update, where the box makes backups at all; a text says why it could not. */
async function backUp(backup: BackupService, config: Config): Promise<string | undefined> {
  if (!config.backup.enabled) return undefined;
  const { ok, detail } = await backup.now();
  return ok ? undefined : detail;
}

/** What a backup copies, about. */
function storeBytes(dir: string): number {
  return statSync(storeFiles(dir).database, { throwIfNoEntry: false })?.size ?? 0;
}
