/**
 * Telegraf over the same frames, for `--telegraf`: mqtt_consumer at QoS 1 with a persistent session, a buffer on disk,
 * influxdb_v2. It gets them as the bridge's JSON, since it reads no protobuf without a schema; it neither checks, decrypts
 * nor decodes. Done when the broker holds nothing for it any more: it acknowledges what InfluxDB has taken.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { processUsage } from '../../test/support/appliance-process.ts';
import type { Mosquitto } from '../../test/support/mosquitto.ts';
import { eventually, startServer, temporaryFolder } from '../../test/support/process.ts';
import { fillQueue, type Queue, withBroker } from './held-queue.ts';

/** Where an InfluxDB is and what lets us in. */
export interface InfluxTarget {
  readonly url: string;
  readonly token: string;
  readonly org: string;
  readonly bucket: string;
}

const CLIENT_ID = 'telegraf';
const HELD = '$SYS/broker/store/messages/count';
const DRAIN_MS = 600_000;
/** Retained messages of $SYS itself count as stored. */
const MAX_OWN = 100;

/** The cost of draining the queue with the Telegraf at `program`. */
export async function telegrafDrain(
  program: string,
  queue: Queue,
  influx: InfluxTarget,
): Promise<{ readonly seconds: number; readonly cpuS: number; readonly peakBytes: number }> {
  return withBroker(
    async (broker) => {
      await fillQueue(broker, CLIENT_ID, queue, 'json');
      const folder = temporaryFolder();
      const file = join(folder.path, 'telegraf.conf');
      writeFileSync(file, settings(broker, influx, folder.path));
      const held = await watchHeld(broker);
      const startedMs = performance.now();
      const telegraf = await startServer(program, ['--config', file], { text: 'Loaded inputs' });
      try {
        await eventually('Telegraf has everything', () => held.count() < MAX_OWN, DRAIN_MS);
        const seconds = (performance.now() - startedMs) / 1_000;
        const { cpuS, peakBytes } = processUsage(telegraf.process.pid ?? 0);
        return { seconds, cpuS, peakBytes };
      } finally {
        await telegraf.stop();
        await held.stop();
        folder.remove();
      }
    },
    ['sys_interval 1'],
  );
}

async function watchHeld(broker: Mosquitto) {
  const client = await connectAsync(broker.url, { protocolVersion: 5 });
  let count = Number.POSITIVE_INFINITY;
  client.on('message', (_, payload) => {
    count = Number(payload.toString());
  });
  await client.subscribeAsync(HELD);
  await eventually(
    'the broker tells what it holds',
    () => count > MAX_OWN && count < Number.POSITIVE_INFINITY,
  );
  return { count: () => count, stop: () => client.endAsync() };
}

function settings(broker: Mosquitto, { url, token, org, bucket }: InfluxTarget, folder: string): string {
  const quoted = (text: string) => JSON.stringify(text);
  return `[agent]
  interval = "1s"
  flush_interval = "1s"
  metric_batch_size = 5000
  metric_buffer_limit = 1000000
  buffer_strategy = "disk"
  buffer_directory = ${quoted(join(folder, 'buffer'))}
[[inputs.mqtt_consumer]]
  servers = [${quoted(`tcp://127.0.0.1:${broker.port}`)}]
  topics = ["gateway/+/event/+"]
  qos = 1
  persistent_session = true
  client_id = ${quoted(CLIENT_ID)}
  max_undelivered_messages = 10000
  data_format = "json"
  json_string_fields = ["phyPayload"]
[[outputs.influxdb_v2]]
  urls = [${quoted(url)}]
  token = ${quoted(token)}
  organization = ${quoted(org)}
  bucket = ${quoted(bucket)}
`;
}
