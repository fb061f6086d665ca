/** Whether an InfluxDB takes our token, has the bucket, and lets us write, in the words of the writer; nothing is written. */

import type { InfluxConfig } from '../../config/schema.ts';
import type { ConnectionStep } from '../../model/connection-test.ts';
import { stepTaken } from '../../model/connection-test.ts';
import { tell } from '../../model/said.ts';
import type { Clock } from '../../model/world.ts';
import { connectInflux } from './client.ts';
import { targetOf, understand } from './outcome.ts';

export async function influxLoginSteps(
  config: InfluxConfig,
  clock: Clock,
): Promise<readonly ConnectionStep[]> {
  const client = await connectInflux(config, clock);
  if ('unusable' in client) return [stepTaken('login', false, client.unusable)];
  // No line: refused for what is wrong with token or bucket, and for nothing else.
  const answer = await client.write('', new AbortController().signal);
  client.close();
  const outcome = understand(answer, targetOf(config), clock.nowMs(), true);
  if ('said' in outcome) {
    const step = 'status' in answer && answer.status !== 401 ? 'write' : 'login';
    return [stepTaken(step, false, outcome)];
  }
  return [
    stepTaken('login', true, tell('step.influxToken')),
    stepTaken('write', true, tell('step.mayWrite', { what: config.bucket })),
  ];
}
