/** Where the program of this process lies, and whether it can be exchanged from here. */
import { accessSync, constants, existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { UpdatePlace } from '../../model/care.ts';
import { type Layout, layoutOf } from '../install/layout.ts';

/** Where the program of this process lies, by its own path. */
export function placeOfProgram(
  execPath: string,
  env: Readonly<Record<string, string | undefined>>,
  mayWrite: (folder: string) => boolean = isWritable,
  inContainer = existsSync('/.dockerenv'),
): UpdatePlace {
  if (env.KUBERNETES_SERVICE_HOST !== undefined || inContainer) return { kind: 'container' };
  const tail = layoutOf('/').executable;
  if (!execPath.endsWith(tail)) return { kind: 'elsewhere' };
  const prefix = execPath.slice(0, -tail.length);
  const { executable, versions } = layoutOf(prefix === '' ? '/' : prefix);
  if (prefix === '') return { kind: 'system', ...(isArmed(layoutOf('/')) ? { byRequest: true } : {}) };
  return mayWrite(dirname(executable)) && mayWrite(versions)
    ? { kind: 'plain', prefix }
    : { kind: 'elsewhere' };
}

/** Root waits for requests. */
function isArmed({ updatesPath, updatesUnit }: Layout): boolean {
  const wanted = join(dirname(updatesPath), 'multi-user.target.wants', basename(updatesPath));
  return [updatesPath, updatesUnit, wanted].every((file) => existsSync(file));
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
