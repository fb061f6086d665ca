/**
 * 20 000 uplinks that come at once from 100 devices, and a steady 200 a second: what each costs beside MQTT.js receiving the
 * very same messages and doing nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import type { Status } from '../../test/support/appliance-process.ts';
import { createFleet, frameOf, upEvent } from '../../test/support/fleet.ts';
import { eventually } from '../../test/support/process.ts';
import { type Figure, figure } from './figure.ts';
import { fillQueue, mqttAlone, withAppliance, withBroker } from './held-queue.ts';

const MB = 1_048_576;
const FRAMES_A_SET = 10_000;
const TO = 'MQTT.js doing nothing';
const TICK_MS = 20;

/** `frames` at once: published as fast as the broker takes them, to an appliance that is there and idle. */
export async function burst(frames: number): Promise<Figure[]> {
  const fleet = createFleet(100, 'burst');
  const alone = await withBroker(async (broker) => {
    await fillQueue(broker, 'alone', { fleet, frames });
    return mqttAlone(broker, 'alone', frames);
  });
  const ours = await withBroker((broker) =>
    withAppliance(broker, fleet, {}, async (appliance) => {
      await eventually('the box is at the broker', async () => {
        const { broker: part } = await appliance.get<Status>('/api/v1/status');
        return part.state === 'ok';
      });
      const before = appliance.usage();
      const publisher = await connectAsync(broker.url, { protocolVersion: 5 });
      for (let index = 0; index < frames; index++) {
        const device = fleet[index % fleet.length];
        if (!device) break;
        const { topic, payload } = upEvent(frameOf(device, Math.floor(index / fleet.length)));
        publisher.publish(topic, payload, { qos: 1 });
      }
      const giveUpMs = performance.now() + 120_000;
      // Seldom: to be asked costs the box as well.
      while ((await appliance.get<Status>('/api/v1/status')).store.lastSeq < frames) {
        if (performance.now() > giveUpMs) throw new Error(`not all of ${frames} are stored after 120 s`);
        await sleep(100);
      }
      const after = appliance.usage();
      await publisher.endAsync();
      return { cpuS: after.cpuS - before.cpuS, peakBytes: after.peakBytes };
    }),
  );
  const set = FRAMES_A_SET / frames;
  const how = `${frames} uplinks of 100 devices are published at once to a box that is up and idle, until all are stored; MQTT.js alone drains them from a queue`;
  return [
    figure(
      'burst.cpu',
      `${frames} uplinks at once, 100 devices: CPU s per 10 000`,
      [ours.cpuS * set, 's'],
      how,
      {
        ...{ reference: alone.cpuS * set, to: TO },
      },
    ),
    figure('burst.peak', `${frames} uplinks at once: peak memory`, [ours.peakBytes / MB, 'MB'], how, {
      ...{ reference: alone.peakBytes / MB, to: TO },
    }),
  ];
}

/** `rate` uplinks a second over `seconds`, seen by the appliance and by MQTT.js alone at the same time. */
export async function steady(rate: number, seconds: number): Promise<Figure[]> {
  const fleet = createFleet(100, 'steady');
  const frames = rate * seconds;
  const measured = await withBroker((broker) =>
    withAppliance(broker, fleet, {}, async (appliance) => {
      await fillQueue(broker, 'alone', { fleet, frames: 0 });
      const publisher = await connectAsync(broker.url, { protocolVersion: 5 });
      const stored = async () => (await appliance.get<Status>('/api/v1/status')).store.lastSeq;
      let sent = 0;
      const publish = async (count: number): Promise<void> => {
        const startedMs = performance.now();
        const until = sent + count;
        for (const from = sent; sent < until; await sleep(TICK_MS)) {
          const due = Math.min(until, from + ((performance.now() - startedMs) * rate) / 1_000);
          for (; sent < due; sent++) {
            const device = fleet[sent % fleet.length];
            if (!device) return;
            const { topic, payload } = upEvent(frameOf(device, Math.floor(sent / fleet.length)));
            publisher.publish(topic, payload, { qos: 1 });
          }
        }
        await eventually('all are stored', async () => (await stored()) >= until, 60_000);
      };
      // What is compiled and first seen in the first seconds is not what a box spends for years.
      const alone = mqttAlone(broker, 'alone', frames + rate * 5);
      await publish(rate * 5);
      const before = appliance.usage();
      await publish(frames);
      const cpuS = appliance.usage().cpuS - before.cpuS;
      await publisher.endAsync();
      return { cpuS, alone: await alone };
    }),
  );
  const { cpuS, alone } = measured;
  return [
    figure(
      'steady.cpu',
      `CPU s per 10 000 uplinks at ${rate}/s`,
      [cpuS * (FRAMES_A_SET / frames), 's'],
      `${rate} uplinks a second of 100 devices for ${seconds} s after 5 s; MQTT.js alone hears the same at the same time, the first 5 s included`,
      { reference: alone.cpuS * (FRAMES_A_SET / (frames + rate * 5)), to: TO },
    ),
  ];
}
