/** Whether an InfluxDB takes our token, has the bucket, and lets us write; nothing is written. */

import type { InfluxConfig } from '../../config/schema.ts';
import type { ConnectionStep } from '../../model/connection-test.ts';
import { stepTaken } from '../../model/connection-test.ts';
import { type SaidKey, tell } from '../../model/said.ts';
import type { Clock } from '../../model/world.ts';
import { connectInflux } from './client.ts';

const ADVICE: Readonly<Record<number, SaidKey>> = {
  401: 'step.influx401.todo',
  403: 'step.influx403.todo',
  404: 'step.influx404.todo',
};

export async function influxLoginSteps(
  config: InfluxConfig,
  clock: Clock,
): Promise<readonly ConnectionStep[]> {
  const client = await connectInflux(config, clock);
  if ('unusable' in client) return [stepTaken('login', false, client.unusable)];
  // No line: refused for what is wrong with token or bucket, and for nothing else.
  const answer = await client.write('', new AbortController().signal);
  client.close();
  if ('failure' in answer)
    return [stepTaken('login', false, tell('step.influxNone', { failure: answer.failure }))];
  const { status } = answer;
  if (status < 300 || status === 400)
    return [
      stepTaken('login', true, tell('step.influxToken')),
      stepTaken('write', true, tell('step.mayWrite', { what: config.bucket })),
    ];
  const told = tell('step.influxStatus', { status }, ADVICE[status] ?? 'step.influxStatus.todo');
  return [stepTaken(status === 401 ? 'login' : 'write', false, told)];
}
