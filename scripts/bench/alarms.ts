/**
 * What 2 000 alarm rules cost at 500 readings a second: the processor time a frame of one appliance without rules and with them, in
 * turn, so that the machine's speed drops out; and whether its memory stays.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import type { Status } from '../../test/support/appliance-process.ts';
import { createFleet, type FleetDevice, frameOf, upEvent } from '../../test/support/fleet.ts';
import { eventually } from '../../test/support/process.ts';
import { type Figure, figure } from './figure.ts';
import { withAppliance, withBroker } from './held-queue.ts';

const RATE = 500;
const TICK_MS = 20;
const MB = 1_048_576;
const FRAMES_A_SET = 10_000;
const NONE = { format: 'webscada-edge-alarm-rules', version: 1, rules: [] };

/** `rounds` of `seconds` each without and with 2 000 rules. */
export async function alarms(seconds: number, rounds: number): Promise<Figure[]> {
  const fleet = createFleet(500, 'alarms');
  const measured = await withBroker((broker) =>
    withAppliance(broker, fleet, {}, async (appliance) => {
      const publisher = await connectAsync(broker.url, { protocolVersion: 5 });
      const load = createLoad(fleet, (topic, payload) => publisher.publish(topic, payload, { qos: 1 }));
      const lastSeq = async () => (await appliance.get<Status>('/api/v1/status')).store.lastSeq;
      async function cpuOf(rules: object): Promise<number> {
        await post(`${appliance.url}/api/v1/alarm-rules/import?mode=replace`, rules);
        // What the rules are made ready for is no frame's cost.
        await load(RATE * 3);
        const [seq, before] = [await lastSeq(), appliance.usage()];
        await load(RATE * seconds);
        await eventually('all are stored', async () => (await lastSeq()) >= seq + RATE * seconds, 60_000);
        return appliance.usage().cpuS - before.cpuS;
      }
      await load(RATE * 10);
      const totals = { without: 0, rules: 0 };
      const rss: number[] = [];
      for (let round = 0; round < rounds; round++) {
        totals.without += await cpuOf(NONE);
        totals.rules += await cpuOf(fileFor(fleet));
        rss.push(appliance.usage().rssBytes);
      }
      await publisher.endAsync();
      return { ...totals, rss };
    }),
  );
  const { without, rules, rss } = measured;
  const set = FRAMES_A_SET / (RATE * seconds * rounds);
  const how = `one appliance hears ${RATE} uplinks a second of 500 devices, ${rounds} times ${seconds} s without rules and with 2 000 in turn (for each device a limit, a rate of change, an expression with a window, silence); none becomes active`;
  return [
    figure('alarms.cpu', 'CPU s per 10 000 uplinks with 2 000 rules', [rules * set, 's'], how, {
      ...{ reference: without * set, to: 'the same without rules' },
    }),
    figure('alarms.memory', 'memory with 2 000 rules, last round', [(rss.at(-1) ?? 0) / MB, 'MB'], how, {
      ...{ reference: (rss[0] ?? 0) / MB, to: 'the first round' },
    }),
  ];
}

function createLoad(fleet: readonly FleetDevice[], publish: (topic: string, payload: Buffer) => void) {
  let sent = 0;
  return async (count: number): Promise<void> => {
    const startedMs = performance.now();
    const until = sent + count;
    for (const from = sent; sent < until; await sleep(TICK_MS)) {
      const due = Math.min(until, from + ((performance.now() - startedMs) * RATE) / 1_000);
      for (; sent < due; sent++) {
        const device = fleet[sent % fleet.length];
        if (!device) return;
        const { topic, payload } = upEvent(frameOf(device, Math.floor(sent / fleet.length)));
        publish(topic, payload);
      }
    }
  };
}

function fileFor(fleet: readonly FleetDevice[]) {
  const rules = fleet.flatMap(({ devEui: device }, n) => {
    const common = { name: `R ${n}`, scope: { kind: 'device', device }, priority: 'high', action: 'look' };
    return [
      {
        ...{ ...common, id: `limit-${n}` },
        condition: { kind: 'limit', field: 'temperature_1', side: 'high', limit: 90, deadband: 1 },
      },
      {
        ...{ ...common, id: `rate-${n}` },
        condition: {
          ...{ kind: 'rate', field: 'temperature_1', perMinute: 9_000 },
          ...{ direction: 'either', windowMs: 60_000 },
        },
      },
      {
        ...{ ...common, id: `mean-${n}` },
        condition: {
          kind: 'expression',
          expression: 'avg(temperature_1, 1m) > 80 and relative_humidity_2 > 10',
        },
      },
      { ...{ ...common, id: `stale-${n}` }, condition: { kind: 'stale', intervals: 30 } },
    ];
  });
  return { ...NONE, rules };
}

async function post(url: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`POST ${url}: ${response.status} ${await response.text()}`);
}
