/**
 * Where SQLite's native addon comes from. Run from source, better-sqlite3 finds its own; a bundle has it as a file beside
 * the program; the single executable unpacks the one it carries, whose bytes its signature covers. Where no folder can hold it
 * (all are read-only or noexec), a file beside the executable is taken, if it is the same one, byte for byte.
 */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ADDON = 'better_sqlite3.node';

/** No place was found from which the addon could be loaded; `hint` says what to do. */
export class NativeAddonError extends Error {
  override readonly name = 'NativeAddonError';
  readonly hint =
    `Put the ${ADDON} of this version beside the executable, or set PKG_NATIVE_CACHE_PATH to a writable folder ` +
    'on a file system that is not mounted noexec.';
}

let loaded: object | undefined;

/**
 * The addon for the `nativeBinding` option of better-sqlite3, or undefined when it should look in node_modules itself.
 * Loads once, synchronously. Throws NativeAddonError when every place fails.
 */
export function nativeBinding(): object | undefined {
  if (loaded) return loaded;
  const bundled = join(import.meta.dirname, ADDON);
  if (!existsSync(bundled)) return undefined;
  const packed = 'pkg' in process;
  const beside = join(dirname(process.execPath), ADDON);
  const failures: string[] = [];
  loaded = packed ? unpackAndLoad(bundled, failures) : tryLoad(bundled, failures);
  if (packed && !loaded && existsSync(beside)) loaded = loadSame(beside, bundled, failures);
  if (!loaded) throw new NativeAddonError(`SQLite's native addon cannot be loaded: ${failures.join('; ')}`);
  return loaded;
}

/** Copies the embedded addon to a private folder, loads it and removes the copy: the mapping outlives the file. */
function unpackAndLoad(embedded: string, failures: string[]): object | undefined {
  const { PKG_NATIVE_CACHE_PATH, XDG_CACHE_HOME, HOME } = process.env;
  const folders = [PKG_NATIVE_CACHE_PATH, tmpdir(), XDG_CACHE_HOME, HOME && join(HOME, '.cache'), '/var/tmp'];
  for (const folder of new Set(folders)) {
    if (!folder || !existsSync(folder)) continue;
    let place: string | undefined;
    try {
      place = mkdtempSync(join(folder, 'webscada-edge-'));
      const file = join(place, ADDON);
      writeFileSync(file, readFileSync(embedded));
      const addon = tryLoad(file, failures);
      if (addon) return addon;
    } catch (error) {
      failures.push(`${folder}: ${reason(error)}`);
    } finally {
      if (place) rmSync(place, { recursive: true, force: true });
    }
  }
  return undefined;
}

/**
 * Loads `file` if it is what `embedded` is. It is held open from the look to the load, and may be written by its owner alone,
 * root or this user: anybody else could change it in between.
 */
export function loadSame(file: string, embedded: string, failures: string[]): object | undefined {
  let handle: number | undefined;
  try {
    handle = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    const { uid, mode } = fstatSync(handle);
    if ((uid !== 0 && uid !== process.geteuid?.()) || (mode & 0o022) !== 0) {
      throw new Error('it is not loaded, since others may write it');
    }
    if (!readFileSync(handle).equals(readFileSync(embedded))) {
      throw new Error('it is not loaded, since it is not the one of this program');
    }
    return tryLoad(`/proc/self/fd/${handle}`, failures);
  } catch (error) {
    failures.push(`${file}: ${reason(error)}`);
    return undefined;
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function tryLoad(file: string, failures: string[]): object | undefined {
  const holder: { exports: object } = { exports: {} };
  try {
    process.dlopen(holder, file);
    return holder.exports;
  } catch (error) {
    failures.push(`${file}: ${reason(error)}`);
    return undefined;
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
