/** Whether a mail server speaks with us: TLS as the settings have it, login, and whether it takes mail from us; none is sent. */
import type { NotifyConfig } from '../config/schema.ts';
import { type ConnectionStep, stepTaken } from '../model/connection-test.ts';
import { type SaidKey, type Told, tell } from '../model/said.ts';
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
    const { text, said = [], command, todo } = failureOf(error);
    const isLogin = command?.startsWith('AUTH') ?? false;
    const isTls = command === 'STARTTLS' || (todo?.startsWith('step.tls') ?? false);
    const advice = isLogin ? 'step.mailLogin.todo' : todo;
    return [
      stepTaken(
        isTls ? 'tls' : 'login',
        false,
        said.length > 0 ? { detail: text, said } : inWords(text, advice),
      ),
    ];
  }
}

function inWords(error: string, advice: SaidKey | undefined): Told {
  return advice === undefined ? tell('step.error', { error }) : tell('step.error', { error }, advice);
}
