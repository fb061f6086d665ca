/** A connection to the centre over a line that a rehearsal may cut. */
import { abortedWith, type Line } from '../../model/line.ts';
import { tell } from '../../model/said.ts';
import { openClient } from './client.ts';
import { CentreFault } from './fault.ts';
import type { Client } from './redis-client.ts';

type Open = typeof openClient;

/** `openClient`, refused while `line` is cut; what is open is cut off with it. Without a line as it is. */
export function overLine(line: Line | undefined): Open {
  if (!line) return openClient;
  return async (centre, limits, attempt, signal, clock): Promise<Client> => {
    if (line.isCut()) throw new CentreFault('REHEARSAL', tell('centre.rehearsal'));
    const { signal: inner, release } = abortedWith(line, signal);
    try {
      const client = await openClient(centre, limits, attempt, inner, clock);
      client.onEnd(release);
      return client;
    } catch (error) {
      release();
      throw error;
    }
  };
}
