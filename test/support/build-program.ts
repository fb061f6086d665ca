/** Builds the program before the tests that start it, where it is missing or older than its source. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const BUILD = join(import.meta.dirname, '../../scripts/build.ts');

export function setup(): void {
  execFileSync(process.execPath, [BUILD, '--bundle', '--if-stale', '--quiet'], { stdio: 'inherit' });
}
