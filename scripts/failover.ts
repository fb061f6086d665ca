/**
 * Fail-overs of the centre under load, again and again; afterwards every record that a site wrote stands in PostgreSQL exactly
 * once. Prints a line a round and a verdict; exit code 1 when a record is lost, doubled or another one.
 *
 * `node scripts/failover.ts KIND [--rounds N] [--seed N]`; KIND:
 * - `sentinel`: the replica is stopped, the primary killed or frozen, Sentinel promotes, the old primary's writes are thrown away
 * - `cluster`: the same with a shard of a Redis Cluster of six
 * - `postgres`: the primary is killed and the replica promoted, with synchronous commits or losing some; now and then the old
 *   primary is back beside the new one for a while
 * - `collect`: a copy is stopped for longer than the claim, or the answer to a COMMIT is lost
 * - `line`: a site's way to Redis at 1 Mbit/s, 600 ms round trip and 5 % loss, flapping every 20 s; --rounds are minutes (3), without
 *   and with compression; the stream holds each record once, and bytes a reading are told. --redis URL --interface NAME: over a line
 *   that somebody else has made poor (scripts/netem.sh)
 */
import { parseArgs } from 'node:util';
import { proveCollectInTrouble } from '../test/support/failover/collect-proof.ts';
import { provePoorLine } from '../test/support/failover/line-proof.ts';
import { lossyCluster, lossySentinel } from '../test/support/failover/lossy-redis.ts';
import { provePostgresFailOver } from '../test/support/failover/postgres-proof.ts';
import { proveRedisFailOver } from '../test/support/failover/redis-proof.ts';
import { isExactlyOnce, type Verdict, verdictLine } from '../test/support/failover/verdict.ts';
import { createTestWorld } from '../test/support/world.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    redis: { type: 'string' },
    interface: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

interface Run {
  readonly rounds: number;
  readonly random: () => number;
  readonly tell: (words: string) => void;
}

const PROOFS: Readonly<Record<string, (run: Run) => Promise<Verdict>>> = {
  sentinel: (run) => proveRedisFailOver({ ...run, open: lossySentinel }),
  cluster: (run) => proveRedisFailOver({ ...run, open: lossyCluster }),
  postgres: provePostgresFailOver,
  collect: proveCollectInTrouble,
};

const [kind = ''] = positionals;
const rounds = Number(values.rounds ?? (kind === 'line' ? 3 : 50));
const { random } = createTestWorld(0, Number(values.seed));
console.log(`${kind}, ${rounds} rounds, --seed ${values.seed}`);
if (kind === 'line') process.exit((await proveLines()) ? 0 : 1);
const proof = PROOFS[kind];
if (!proof) {
  console.error(`which proof? one of ${[...Object.keys(PROOFS), 'line'].join(', ')}`);
  process.exit(64);
}
const verdict = await proof({ rounds, random, tell: (words) => console.log(words) });
if (verdict.verified !== 0) console.log(verdict.words);
console.log(verdictLine(verdict));
process.exit(isExactlyOnce(verdict) ? 0 : 1);

async function proveLines(): Promise<boolean> {
  let isGood = true;
  const { redis: url, interface: networkInterface } = values;
  const outside =
    url === undefined || networkInterface === undefined ? {} : { outside: { url, networkInterface } };
  for (const compression of ['none', 'zstd'] as const) {
    const given = { seconds: rounds * 60, random, compression, flapMs: 20_000, ...outside };
    const line = await provePoorLine(given);
    console.log(JSON.stringify({ compression, ...line, exactlyOnce: line.faults.length === 0 }));
    isGood &&= line.faults.length === 0;
  }
  return isGood;
}
