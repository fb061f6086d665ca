/** Settings: The InfluxDB beside the appliance. */
import * as z from 'zod/mini';
import { setting } from '../declare.ts';
import { text, url, whole } from '../formats.ts';

export const influx = z.strictObject({
  url: setting(url(['http', 'https']), {
    description: 'InfluxDB 2.x. Without it nothing is written to InfluxDB, and the log keeps everything.',
    example: 'http://127.0.0.1:8086',
  }),
  org: setting(text(), { description: 'Organisation in InfluxDB.', default: 'webscada' }),
  bucket: setting(text(), { description: 'Bucket the readings go to.', default: 'webscada' }),
  token: setting(text(4096), { description: 'API token that may write to the bucket.', secret: true }),
  retention_days: setting(whole(1, 36_500), {
    description:
      'How long InfluxDB keeps the readings, for the bucket the appliance makes if there is none and the token allows it.',
    default: 90,
  }),
  measurement: setting(text(), {
    description: 'Measurement the readings are written as.',
    default: 'reading',
  }),
  gzip: setting(z.boolean(), { description: 'Compress what is sent.', default: true }),
  batch_max_records: setting(whole(1, 50_000), {
    description: 'Readings in one request, at most.',
    default: 2000,
  }),
  batch_max_bytes: setting(whole(1024, 50_000_000), {
    description: 'Bytes in one request before compression, at most (about: one reading is never split).',
    default: 1_000_000,
  }),
  batch_max_age_ms: setting(whole(0, 3_600_000), {
    description: 'How long the oldest reading waits for a batch to fill.',
    default: 1000,
  }),
  timeout_ms: setting(whole(100, 600_000), {
    description: 'How long a request may take before it is tried again.',
    default: 10_000,
  }),
});
