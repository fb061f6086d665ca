/**
 * `collect` in two copies, killed (-9) at random 100 times under load while PostgreSQL is restarted in between: afterwards
 * every record that was written stands in PostgreSQL exactly once. `--short`: ten times.
 */
import { killCollect } from '../test/support/collect-kill.ts';

const kills = process.argv.includes('--short') ? 10 : 100;
const result = await killCollect({
  kills,
  sites: 5,
  restartEvery: 7,
  random: Math.random,
  tell: (words) => console.log(words),
});
console.log(result.words);
const isGood =
  result.stored === result.written && result.distinct === result.written && result.verified === 0;
console.log(JSON.stringify({ ...result, words: undefined, exactlyOnce: isGood }));
process.exit(isGood ? 0 : 1);
