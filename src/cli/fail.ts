/** How a verb ends that cannot do what it was asked: a line on standard error, and the exit code that fits. */
import { errorText } from '../model/error-text.ts';
import { type CliWorld, EXIT } from './verb.ts';

/** Says the problem; returns the exit code. */
export function fail(
  { stderr }: Pick<CliWorld, 'stderr'>,
  problem: string,
  code: number = EXIT.failure,
): number {
  stderr.write(`webscada-edge: ${problem}\n`);
  return code;
}

/** The same for what was thrown: missing rights have an exit code of their own. */
export function failWith(world: Pick<CliWorld, 'stderr'>, what: string, error: unknown): number {
  return fail(world, `${what}: ${errorText(error)}`, exitCodeOf(error));
}

/** A file named on the command line that cannot be read: missing rights, or else the wrong name. */
export function failToRead(world: Pick<CliWorld, 'stderr'>, file: string, error: unknown): number {
  const code = error instanceof Error && 'code' in error ? String(error.code) : errorText(error);
  const words = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
  const denied = exitCodeOf(error) === EXIT.permission;
  return fail(world, `${file} ${words}`, denied ? EXIT.permission : EXIT.usage);
}

export function exitCodeOf(error: unknown): number {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EACCES' || code === 'EPERM' ? EXIT.permission : EXIT.failure;
}
