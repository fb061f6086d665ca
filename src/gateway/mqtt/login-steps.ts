/** Whether a broker lets us in and gives us what the gateways publish; as somebody else than the box, whose session it leaves alone. */

import type { MqttConfig } from '../../config/schema.ts';
import type { ConnectionStep } from '../../model/connection-test.ts';
import { stepTaken } from '../../model/connection-test.ts';
import { errorText } from '../../model/error-text.ts';
import { tell } from '../../model/said.ts';
import type { World } from '../../model/world.ts';
import { readFiles } from './certificate-files.ts';

const STEP_MS = 5_000;

class Closed extends Error {}

export async function brokerLoginSteps(
  config: MqttConfig,
  topics: readonly string[],
  world: World,
): Promise<readonly ConnectionStep[]> {
  const { connectTo } = await import('./library.ts');
  const files = await readFiles(config, world);
  if ('unreadable' in files) return [stepTaken('login', false, files.unreadable)];
  const { username, password, url = '' } = config;
  const client = connectTo(url, {
    ...files,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    clientId: `wse-test-${world.random().toString(36).slice(2, 10)}`,
    protocolVersion: 4,
    clean: true,
    reconnectPeriod: 0,
    connectTimeout: STEP_MS,
  });
  try {
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve());
      client.once('error', reject);
      client.once('close', () => reject(new Closed()));
    });
  } catch (error) {
    client.on('error', () => {});
    client.end(true);
    const told =
      error instanceof Closed
        ? tell('step.closed', {}, 'step.brokerLogin.todo')
        : tell('step.error', { error: errorText(error) }, 'step.brokerLogin.todo');
    return [stepTaken('login', false, told)];
  }
  const letIn = username === undefined ? tell('step.letInNobody') : tell('step.letInAs', { user: username });
  const login = stepTaken('login', true, letIn);
  try {
    const granted = await client.subscribeAsync([...topics], { qos: 1 });
    const refused = granted.filter(({ qos }) => qos > 2).map(({ topic }) => topic);
    return [login, readStep(refused)];
  } catch (error) {
    const told = tell('step.error', { error: errorText(error) }, 'step.brokerRead.todo');
    return [login, stepTaken('read', false, told)];
  } finally {
    client.on('error', () => {});
    client.end(true);
  }
}

function readStep(refused: readonly string[]): ConnectionStep {
  if (refused.length === 0) return stepTaken('read', true, tell('step.maySubscribe'));
  const told = tell('step.mayNotSubscribe', { topics: refused.join(', ') }, 'step.brokerRead.todo');
  return stepTaken('read', false, told);
}
