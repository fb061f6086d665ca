/**
 * MQTT packets that would fill memory (S2, C, X): from the site's broker and from strangers at the embedded one; of 200 MB,
 * in pieces of one byte, never ended, or full of topics. `node scripts/attack/mqtt-large.ts`. Bounded, on loopback.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MAX_PACKET_BYTES } from '../../src/gateway/mqtt/bounded-stream.ts';
import {
  connectRaw,
  packet,
  publishHead,
  publishLarge,
  writePieces,
} from '../../test/support/large-publish.ts';
import { startMosquitto } from '../../test/support/mosquitto.ts';
import { eventually } from '../../test/support/process.ts';
import { type Box, underAttack } from './box.ts';

const BYTES = 200 * 1024 ** 2;
/** Taken in, with its head; and not. */
const NEARLY = MAX_PACKET_BYTES - 1_000;
const LONGER = MAX_PACKET_BYTES + 1_000;

async function connected({ appliance }: Box): Promise<void> {
  await eventually('connected', async () => {
    const { broker } = await appliance.get<{ broker: { state: string } }>('/api/v1/status');
    return broker.state === 'ok';
  });
}

for (const protocol of ['5', '3.1.1']) {
  const broker = await startMosquitto();
  const mqtt = { mode: 'external', url: broker.url, protocol };
  await underAttack(`outside broker, MQTT ${protocol}, 2 x 200 MB`, { mqtt }, async (box) => {
    await connected(box);
    for (let n = 0; n < 2; n++)
      await publishLarge({ port: broker.port, topic: 'gateway/x/event/up', bytes: BYTES, qos: 1 });
  });
  for (const bytes of [NEARLY, LONGER]) {
    const title = `outside broker, MQTT ${protocol}, 1000 x ${Math.floor(bytes / 1_000)} kB`;
    await underAttack(title, { mqtt }, async (box) => {
      await connected(box);
      for (let n = 0; n < 1_000; n++)
        await publishLarge({
          port: broker.port,
          topic: 'gateway/0016c001f153a14c/event/stats',
          bytes,
          qos: 1,
        });
    });
  }
  await broker.stop();
}
await underAttack('embedded broker, 3 strangers with 200 MB each', {}, ({ brokerPort }) =>
  Promise.all(
    [1, 2, 3].map((n) => publishLarge({ port: brokerPort, topic: `any/${n}`, bytes: BYTES + n, qos: 0 })),
  ),
);
await underAttack(
  `embedded broker, 3 strangers with ${Math.floor(NEARLY / 1_000)} kB in pieces of one byte`,
  {},
  ({ brokerPort }) =>
    Promise.all(
      [1, 2, 3].map(async (n) => {
        const socket = await connectRaw(brokerPort, `slow-${n}`);
        socket.write(publishHead({ topic: 'any', bytes: NEARLY, qos: 0 }));
        for (let at = 0; at < NEARLY - 1 && !socket.destroyed; at++) {
          socket.write('a');
          // So that each is a segment of its own.
          await nextTurn();
        }
        socket.destroy();
      }),
    ),
);
await underAttack(
  'embedded broker, 60 connections of packets that do not end',
  {},
  async ({ brokerPort }) => {
    const sockets = await Promise.all(
      Array.from({ length: 60 }, (_, n) => connectRaw(brokerPort, `open-${n}`)),
    );
    for (const socket of sockets) {
      socket.write(publishHead({ topic: 'any', bytes: NEARLY, qos: 0 }));
      await writePieces(socket, NEARLY - 1);
      await nextTurn();
    }
    for (const socket of sockets) socket.destroy();
  },
);
await underAttack('embedded broker, one SUBSCRIBE to 200 000 topics', {}, async ({ brokerPort }) => {
  const socket = await connectRaw(brokerPort, 'many');
  const topic = (n: number) => Buffer.from([0, 2, 0x21 + (n % 90), 0x21 + (Math.floor(n / 90) % 90), 0]);
  const topics = Array.from({ length: 200_000 }, (_, n) => topic(n));
  socket.write(packet(0x82, Buffer.concat([Buffer.of(0, 1), ...topics])));
  await eventually('answered or ended', () => socket.bytesRead > 4 || socket.destroyed, 30_000);
  socket.destroy();
});
for (const bytes of [NEARLY, LONGER]) {
  const title = `embedded broker, 60 gateways with 10 x ${Math.floor(bytes / 1_000)} kB at once`;
  await underAttack(title, {}, ({ brokerPort: port }) =>
    Promise.all(
      Array.from({ length: 60 }, async (_, gateway) => {
        for (let n = 0; n < 10; n++) {
          const message = {
            port,
            topic: `gateway/${String(gateway).padStart(16, '0')}/event/up`,
            bytes: bytes - gateway,
            qos: 1,
          } as const;
          await publishLarge(message);
        }
      }),
    ),
  );
}
