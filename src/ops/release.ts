/**
 * Which build this is and where its web pages lie. The build defines the constants into the bundle; run from source they
 * are absent and the working tree answers instead.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

declare const WSE_VERSION: string | undefined;
declare const WSE_COMMIT: string | undefined;

export interface Release {
  /** Version of package.json. */
  readonly version: string;
  /** Abbreviated git commit, with '+' for a modified tree; 'source' when not built, 'unknown' when built without git. */
  readonly commit: string;
}

/** What this program was built from. */
export function release(): Release {
  if (typeof WSE_VERSION === 'string') {
    return { version: WSE_VERSION, commit: typeof WSE_COMMIT === 'string' ? WSE_COMMIT : 'unknown' };
  }
  const text = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return { version, commit: 'source' };
}

/** Folder of the built web pages; from source it is the one the last build left in dist. */
export function webFolder(): string {
  const built = typeof WSE_VERSION === 'string';
  return join(import.meta.dirname, built ? 'web' : '../../dist/web');
}
