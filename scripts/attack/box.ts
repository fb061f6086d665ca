/** The bundle under attack, with its figures printed. */
import { attackBox, type Box, type Damage } from '../../test/support/attacked-box.ts';

export type { Box, Damage };

/** Runs `attack` against a box with `settings` (sections as in a settings file) and prints what it did. */
export async function underAttack(
  name: string,
  settings: Readonly<Record<string, unknown>>,
  attack: (box: Box) => Promise<unknown>,
): Promise<Damage> {
  const damage = await attackBox(settings, attack);
  const { growthMb, longestAnswerMs, isAlive } = damage;
  console.log(
    `${name}: memory grew by ${growthMb.toFixed(0)} MB, longest answer ${longestAnswerMs.toFixed(0)} ms, ${isAlive ? 'alive' : 'DEAD'}`,
  );
  return damage;
}
