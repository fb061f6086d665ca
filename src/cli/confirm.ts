/** Asks before something is done that cannot be taken back. Where nobody can answer, the answer is no. */
import type { CliWorld, Given } from './verb.ts';

/** Whether `--yes` was given, or somebody at the terminal says yes to the question. */
export async function confirmed(question: string, given: Given, { ask }: CliWorld): Promise<boolean> {
  if (given.flag('yes')) return true;
  const answer = await ask?.(`${question} [y/N] `);
  return answer !== undefined && /^y(es)?$/i.test(answer.trim());
}

/** Asks on the terminal of this process; undefined when there is none, or it closes. */
export async function askOnTerminal(question: string): Promise<string | undefined> {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) return undefined;
  const { createInterface } = await import('node:readline/promises');
  const prompt = createInterface({ input: stdin, output: stdout });
  const closed = new Promise<undefined>((resolve) => prompt.once('close', () => resolve(undefined)));
  try {
    return await Promise.race([prompt.question(question), closed]);
  } finally {
    prompt.close();
  }
}
