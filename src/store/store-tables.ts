/** Everything the store keeps in one file, opened in the order in which the parts need each other. */
import type { Guard } from './damage-watch.ts';
import type { StoreFiles } from './files.ts';
import { type Cursors, createCursors } from './log/cursors.ts';
import { createLog, type LogTable } from './log/log.ts';
import { createRecentKeys } from './log/recent-keys.ts';
import type { StoreOptions } from './options.ts';
import { createKeySnapshot } from './repair/key-snapshot.ts';
import { diskDeviceOf } from './retention/disk-device.ts';
import { createFlash } from './retention/flash.ts';
import { loadRemoved, type Removed } from './retention/pruner.ts';
import { createRollupRows } from './rollup/rollup-rows.ts';
import { createRollups, type RollupsOptions } from './rollup/rollups.ts';
import type { Sqlite } from './sqlite.ts';
import { createClockBookTable } from './tables/clock-book-table.ts';
import { createCodecSources } from './tables/codecs.ts';
import { createDeviceStates } from './tables/device-states.ts';
import { createDevices } from './tables/devices.ts';
import { createDocuments } from './tables/documents.ts';
import { createKept } from './tables/kept.ts';
import { createMeta, type Meta } from './tables/meta.ts';
import { createProfiles } from './tables/profiles.ts';
import { createQuarantine, type QuarantineTable } from './tables/quarantine.ts';
import { createQuarantineRelease } from './tables/quarantine-release.ts';
import { openSecrets } from './tables/secrets.ts';
import { createSessionsTable } from './tables/sessions-table.ts';

export type StoreTables = ReturnType<typeof openStoreTables>;

export interface StoreTablesOptions extends StoreOptions {
  readonly files: StoreFiles;
  readonly guard: Guard;
  /** Of the quarantine. */
  readonly maxQuarantineBytes: number;
  readonly rollup: Pick<RollupsOptions, 'maxBytes' | 'maxAgeDays' | 'busy' | 'write'>;
  /** Asks for a commit. */
  readonly flush: () => void;
  /** Resolves when everything changed so far is on disk. */
  readonly synced: () => Promise<void>;
}

export function openStoreTables(db: Sqlite, options: StoreTablesOptions) {
  const { files, world, cardEnduranceBytes: enduranceBytes, keyFile = files.secret } = options;
  const { clock } = world;
  const meta = createMeta(db);
  const states = createDeviceStates(db, meta);
  const log = createLog(db, states);
  const clockBook = createClockBookTable(db);
  const removed = loadRemoved(meta);
  const keys = createRecentKeys(db, log.lastSeq());
  const quarantine = createQuarantine(db, world.logger, options.maxQuarantineBytes);
  const cursors = openCursors(db, options, { meta, log, quarantine, removed });
  const release = createQuarantineRelease(cursors, quarantine);
  const flash = createFlash({ world, meta, enduranceBytes, device: diskDeviceOf(files.dir) });
  const secrets = openSecrets(keyFile, holdsSecrets(db));
  const devices = createDevices(db, states, log.lastSeq, secrets);
  const codecs = createCodecSources(db);
  const profiles = createProfiles(db);
  const documents = createDocuments(db);
  const kept = createKept(db);
  const sessions = createSessionsTable(db, meta, secrets);
  const rollupRows = createRollupRows(db, meta);
  const rollups = createRollups({
    ...{ ...options.rollup, rows: rollupRows, log, states, world, timeKnown: options.timeKnown },
    guard: options.guard,
  });
  const core = { meta, cursors, log, removed, devices };
  const keySnapshot = createKeySnapshot({ ...core, files, clock, states, sessions, synced: options.synced });
  return {
    ...core,
    ...{ states, clockBook, keys, quarantine, release, flash, codecs, profiles, sessions, keySnapshot },
    documents,
    kept,
    ...{ rollups, rollupRows },
  };
}

interface CursorsNeed {
  readonly meta: Meta;
  readonly log: LogTable;
  readonly quarantine: QuarantineTable;
  readonly removed: Removed;
}

function openCursors(
  db: Sqlite,
  { world, guard, readers, flush }: StoreTablesOptions,
  { meta, log, quarantine, removed }: CursorsNeed,
): Cursors {
  const count = db.prepare('SELECT count(*) FROM log WHERE seq > ? AND seq <= ?').pluck();
  return createCursors({
    ...{ meta, log, world, readers, flush },
    holesIn(from, to) {
      const end = Math.min(to, removed.sparseTo);
      return end <= from ? 0 : end - from - guard('read', () => count.get(from, end) as number);
    },
    quarantinedIn: (name, from, to) => guard('read', () => quarantine.countIn(name, from, to)),
    removed: () => removed.count,
  });
}

/** Whether the file holds keys that only the key file can open. */
function holdsSecrets(db: Sqlite): boolean {
  const sealed = 'SELECT 1 FROM devices WHERE nwk_s_key IS NOT NULL OR app_key IS NOT NULL';
  return db.prepare(`SELECT EXISTS (${sealed} UNION ALL SELECT 1 FROM network)`).pluck().get() === 1;
}
