/** The files of a store's folder, by what they are for. */
import { join } from 'node:path';

export interface StoreFiles {
  readonly dir: string;
  readonly database: string;
  readonly wal: string;
  readonly shm: string;
  /** Says that the database was found damaged in use; the next opening repairs it and removes this. */
  readonly damageNote: string;
  /** The database as it was before the last repair. */
  readonly damaged: string;
  readonly damagedWal: string;
  /** A repaired database on its way to its place. */
  readonly salvaging: string;
  readonly salvaged: string;
  /** Snapshot of devices, keys and counters. */
  readonly keys: string;
  /** Key of the sealed device keys, unless the settings put it elsewhere. */
  readonly secret: string;
  readonly ballast: string;
  /** A backup on its way to its place. */
  readonly restoring: string;
}

export function storeFiles(dir: string): StoreFiles {
  const file = (name: string): string => join(dir, name);
  return {
    dir,
    database: file('edge.db'),
    wal: file('edge.db-wal'),
    shm: file('edge.db-shm'),
    damageNote: file('damaged.txt'),
    damaged: file('damaged.db'),
    damagedWal: file('damaged.db-wal'),
    salvaging: file('salvaging.db'),
    salvaged: file('salvaged.db'),
    keys: file('keys.json'),
    secret: file('device.key'),
    ballast: file('ballast'),
    restoring: file('restoring'),
  };
}
