/** Whether a mail server speaks with us: TLS as the settings have it, login, and whether it takes mail from us; none is sent. */
import type { NotifyConfig } from '../config/schema.ts';
import { type ConnectionStep, stepTaken } from '../model/connection-test.ts';
import { tell } from '../model/said.ts';
import type { World } from '../model/world.ts';
import { exchange, failureOf } from './channels/email.ts';

export async function mailLoginSteps(config: NotifyConfig, world: World): Promise<readonly ConnectionStep[]> {
  const user = config.smtpUsername;
  const login = stepTaken(
    'login',
    true,
    user === undefined ? tell('step.mailPlain') : tell('step.letInAs', { user }),
  );
  const { signal } = new AbortController();
  try {
    await exchange(config, world, signal, async () => '');
    return [login];
  } catch (error) {
    const { text, said = [], command } = failureOf(error);
    const isLogin = command?.startsWith('AUTH') ?? false;
    if (isLogin)
      return [stepTaken('login', false, tell('step.error', { error: text }, 'step.mailLogin.todo'))];
    const isTls = command === 'STARTTLS' || command === 'CONN';
    const told = isTls
      ? tell('step.error', { error: text }, 'step.tlsAuthority.todo')
      : { detail: text, said };
    return [stepTaken(isTls ? 'tls' : 'login', false, told)];
  }
}
