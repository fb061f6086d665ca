/** A centre that is hostile (S8), and whether the box serves on: `node scripts/attack/redis.ts`. Bounded, on loopback. */
import { eventually } from '../../test/support/process.ts';
import {
  array,
  bulk,
  flood,
  type Misbehaviour,
  on,
  startHostileRedis,
  streamAt,
} from '../../test/support/redis-hostile.ts';
import { underAttack } from './box.ts';

const MB = 1024 ** 2;
const FLOOD_BYTES = 1_000 * MB;

function flooding(head: string, chunk: string): Misbehaviour {
  return (socket) => {
    flood(socket, head, Buffer.from(chunk), FLOOD_BYTES);
    return true;
  };
}

/** A bulk in single bytes: each would be an object of its own. */
const dripping: Misbehaviour = (socket) => {
  socket.setNoDelay(true);
  socket.write('$4000000\r\n');
  let left = 200_000;
  const more = () => {
    if (left-- > 0 && !socket.destroyed) socket.write('x', () => setImmediate(more));
  };
  more();
  return true;
};

const ATTACKS: Readonly<Record<string, Misbehaviour>> = {
  'epoch 999999999999999': streamAt('999999999999999-1'),
  'ID above 2^53': streamAt('1-9007199254740993'),
  'bulk of 2 GB': flooding('$2147483647\r\n', 'x'.repeat(MB)),
  'array of 100 million': flooding('*100000000\r\n', ':1\r\n'.repeat(250_000)),
  'endless bulks': flooding('*20000\r\n', `$${MB}\r\n${'x'.repeat(MB)}\r\n`),
  'arrays in arrays': flooding('', '*1\r\n'.repeat(100_000)),
  'error word of 3 MB': on({ HGETALL: `-${'X'.repeat(3 * MB)}\r\n` }),
  'error word of 3 MB in a batch': on({ EVALSHA: array(':0\r\n', bulk(''), bulk('X'.repeat(3 * MB))) }),
  'nulls nobody asked for': flooding('', '$-1\r\n'.repeat(100_000)),
  'bulk in single bytes': dripping,
};

for (const [name, attack] of Object.entries(ATTACKS)) {
  const redis = await startHostileRedis(attack);
  await underAttack(name, { centre: { url: redis.url } }, async ({ appliance }) => {
    const sink = await eventually(
      'the box says why',
      async () => {
        const text = JSON.stringify(await appliance.get('/api/v1/status'));
        return text.includes('"down"') && text;
      },
      30_000,
    );
    await eventually('it tries again', () => redis.connections() >= 2, 90_000);
    console.log(`  status of ${sink.length} characters, ${redis.connections()} connections`);
  });
  await redis.stop();
}
