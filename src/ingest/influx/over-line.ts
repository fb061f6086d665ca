/** The client of InfluxDB over a line that a rehearsal may cut: what is under way is cut off, what comes meanwhile goes nowhere. */
import type { InfluxConfig } from '../../config/schema.ts';
import { abortedWith, type Line } from '../../model/line.ts';
import type { Clock } from '../../model/world.ts';
import type { InfluxClient, Unusable } from './client.ts';
import type { Answer } from './outcome.ts';

type Connect = (config: InfluxConfig, clock: Clock) => Promise<InfluxClient | Unusable>;

export function overLine(line: Line, connect: Connect): Connect {
  const cutOff = async (signal: AbortSignal, send: (signal: AbortSignal) => Promise<Answer>) => {
    if (line.isCut()) return { failure: 'rehearsal' } as const;
    const { signal: inner, release } = abortedWith(line, signal);
    try {
      const answer = await send(inner);
      // Whatever the server did with it, its answer was lost on the way.
      return line.isCut() && !signal.aborted ? ({ failure: 'rehearsal' } as const) : answer;
    } finally {
      release();
    }
  };
  return async (config, clock) => {
    const client = await connect(config, clock);
    if ('unusable' in client) return client;
    const { api } = client;
    return {
      ...client,
      write: (lines, signal) => cutOff(signal, (inner) => client.write(lines, inner)),
      ...(api
        ? {
            api: (method, path, body, signal) => cutOff(signal, (inner) => api(method, path, body, inner)),
          }
        : {}),
    };
  };
}
