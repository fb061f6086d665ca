/** Servers a part of the bench cannot do without. */
import { findServer, type ServerName } from '../../test/support/process.ts';
import { Unavailable } from './figure.ts';

/** Throws Unavailable where it is not installed. */
export function serverOf(name: ServerName): string {
  const found = findServer(name);
  if (found === undefined) throw new Unavailable(`${name} is not installed`);
  return found;
}
