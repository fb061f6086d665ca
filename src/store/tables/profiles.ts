/**
 * The site's device profiles, by name. Few rows, held in memory since every frame asks, written at once; each has a checksum,
 * since a profile changed by a failing disk would let a device be answered on the wrong channel.
 */
import { crc32 } from 'node:zlib';
import type { DeviceProfile } from '../../model/profile.ts';
import { wellFormedValue } from '../../model/text.ts';
import type { Profiles } from '../contract.ts';
import type { Sqlite } from '../sqlite.ts';

/** Inserts or replaces a profile in `db`. */
export function prepareProfileRow(db: Sqlite): (profile: DeviceProfile) => void {
  const put = db.prepare('INSERT OR REPLACE INTO profiles (name, crc, body) VALUES (?, ?, ?)');
  return (profile) => {
    const body = JSON.stringify(profile);
    put.run(profile.name, crc32(body), body);
  };
}

export function createProfiles(db: Sqlite): Profiles {
  const put = prepareProfileRow(db);
  const drop = db.prepare('DELETE FROM profiles WHERE name = ?');
  const listeners = new Set<() => void>();
  const profiles = new Map<string, DeviceProfile>();
  for (const row of db.prepare('SELECT name, crc, body FROM profiles').raw().all() as unknown[][]) {
    const profile = readProfileRow(row);
    if (profile) profiles.set(profile.name, profile);
  }
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  return {
    list: () => [...profiles.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    get: (name) => profiles.get(name),
    put(given) {
      const profile = wellFormedValue(given);
      put(profile);
      profiles.set(profile.name, profile);
      changed();
    },
    remove(name) {
      if (drop.run(name).changes === 0) return false;
      profiles.delete(name);
      changed();
      return true;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The profile of a row [name, crc, body]; undefined unless it is as it was written. */
export function readProfileRow([name, crc, body]: readonly unknown[]): DeviceProfile | undefined {
  if (typeof name !== 'string' || typeof body !== 'string' || crc !== crc32(body)) return undefined;
  const profile = JSON.parse(body) as DeviceProfile;
  return profile.name === name ? profile : undefined;
}
