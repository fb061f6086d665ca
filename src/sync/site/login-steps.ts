/** Whether the centre's Redis lets this site in, and lets it read and write its stream; nothing is written. */

import type { CentreConfig } from '../../config/schema.ts';
import type { ConnectionStep } from '../../model/connection-test.ts';
import { stepTaken } from '../../model/connection-test.ts';
import { tell } from '../../model/said.ts';
import type { Clock } from '../../model/world.ts';
import { siteKeys } from '../keys.ts';
import { openClient } from './client.ts';
import { type CentreFault, toFault } from './fault.ts';
import { LIMITS } from './limits.ts';
import type { Client } from './redis-client.ts';

const STEP_MS = 5_000;

export async function centreLoginSteps(
  config: CentreConfig,
  site: string,
  clock: Clock,
): Promise<readonly ConnectionStep[]> {
  const limits = { ...LIMITS, connectTimeoutMs: STEP_MS, commandTimeoutMs: STEP_MS };
  const { log } = siteKeys(config.streamPrefix, site);
  let client: Client;
  try {
    client = await openClient(config, limits, 0, new AbortController().signal, clock);
  } catch (error) {
    return [failed('login', toFault(error))];
  }
  const steps: ConnectionStep[] = [];
  try {
    const length = await client.call('XLEN', log);
    steps.push(stepTaken('login', true, tell('step.letIn')));
    steps.push(stepTaken('read', true, tell('step.entries', { what: log, count: String(length) })));
    // An ID that can never be: refused for that, after the rights were looked at.
    await client.call('XADD', log, 'NOMKSTREAM', '0-0', 'test', '1');
  } catch (error) {
    const fault = toFault(error);
    if (steps.length > 0 && fault.code === 'ERR')
      steps.push(stepTaken('write', true, tell('step.mayWrite', { what: log })));
    else if (steps.length > 0) steps.push(failed('write', fault));
    else steps.push(failed(fault.code === 'NOPERM' ? 'read' : 'login', fault));
  }
  client.close();
  return steps;
}

function failed(step: ConnectionStep['step'], { told }: CentreFault): ConnectionStep {
  return stepTaken(step, false, told);
}
