/** Messages of 200 MB, from the site's broker and from strangers at the embedded one (S2): `node scripts/attack/mqtt-large.ts`. */
import { publishLarge } from '../../test/support/large-publish.ts';
import { startMosquitto } from '../../test/support/mosquitto.ts';
import { eventually } from '../../test/support/process.ts';
import { underAttack } from './box.ts';

const BYTES = 200 * 1024 ** 2;

for (const protocol of ['5', '3.1.1']) {
  const broker = await startMosquitto();
  const mqtt = { mode: 'external', url: broker.url, protocol };
  await underAttack(`outside broker, MQTT ${protocol}, 2 x 200 MB`, { mqtt }, async ({ appliance }) => {
    await eventually('connected', async () => {
      const { broker: state } = await appliance.get<{ broker: { state: string } }>('/api/v1/status');
      return state.state === 'ok';
    });
    for (let n = 0; n < 2; n++)
      await publishLarge({ port: broker.port, topic: 'gateway/x/event/up', bytes: BYTES, qos: 1 });
  });
  await broker.stop();
}
await underAttack('embedded broker, 3 strangers with 200 MB each', {}, ({ brokerPort }) =>
  Promise.all(
    [1, 2, 3].map((n) => publishLarge({ port: brokerPort, topic: `any/${n}`, bytes: BYTES + n, qos: 0 })),
  ),
);
