/** Node's own warnings in the program's log instead of plain text on standard error, where they would break its lines. */
import type { Logger } from '../model/world.ts';

/** From now on warnings go to `logger`, and to no other. What is deprecated concerns whoever builds this, not its operator. */
export function logProcessWarnings(logger: Logger): void {
  // Node's printing is a listener like any other.
  process.removeAllListeners('warning');
  process.on('warning', (warning: Error & { readonly code?: string }) => {
    const { name, message, code } = warning;
    const level = name === 'DeprecationWarning' ? 'debug' : 'warn';
    logger[level]('process.warning', { name, message, ...(code === undefined ? {} : { code }) });
  });
}
