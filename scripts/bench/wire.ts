/**
 * Bytes on the wire a reading between a site and the centre's Redis, both ways, counted by a TCP proxy (payload of TCP, no
 * headers): a backlog, and live readings ten a second in the company that `max_delay_seconds` gives them (as batches that
 * are appended at once, so that minutes need no minutes). A fleet of 30 devices with Cayenne payloads, values that wander.
 * Options: --records N (20000).
 */
import { parseArgs } from 'node:util';
import type { CentreConfig } from '../../src/config/schema.ts';
import { createWorld } from '../../src/ops/world.ts';
import { createCentralSync } from '../../src/sync/site/central-sync.ts';
import { DEFAULTS } from '../../test/support/config.ts';
import { startLine } from '../../test/support/line.ts';
import { createMemoryStore } from '../../test/support/memory-store.ts';
import { eventually, temporaryFolder } from '../../test/support/process.ts';
import { startRedis } from '../../test/support/redis.ts';
import { createTestWorld } from '../../test/support/world.ts';
import { createReadings } from './readings.ts';

const { values } = parseArgs({ options: { records: { type: 'string', default: '20000' } } });
const count = Number(values.records);
/** Bytes a reading when `batch` readings come at a time; all at once for a backlog. */
async function measure(changes: Partial<CentreConfig>, batch: number): Promise<number> {
  const folder = temporaryFolder();
  const redis = await startRedis(folder.path);
  const line = await startLine(redis.port);
  const store = createMemoryStore();
  const config = { ...DEFAULTS.centre, url: `redis://127.0.0.1:${line.port}`, ...changes };
  const world = createWorld(createTestWorld().logger);
  const sync = createCentralSync({ store, site: 'hut', world, config, limits: { maxDelayMs: 0 } });
  const records = Array.from({ length: count }, createReadings());
  const sent = Math.min(count, batch * 100);
  await sync.start();
  await eventually('connected', () => sync.status().state === 'ok');
  const before = line.bytes.sent + line.bytes.received;
  for (let from = 0; from < sent; from += batch) {
    store.append(records.slice(from, from + batch));
    while (sync.status().pending > 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const bytes = line.bytes.sent + line.bytes.received - before;
  await sync.stop();
  await line.stop();
  await redis.stop();
  folder.remove();
  return bytes / sent;
}

const cases: [string, number][] = [
  ['live, 1 s of company (10 readings)', 10],
  ['live, 5 s (50)', 50],
  ['live, 10 s (100)', 100],
  ['live, 15 s (150)', 150],
  ['live, 30 s (300)', 300],
  ['live, 50 s (500)', 500],
  ['backlog', count],
];
console.log('| bytes a reading | none | gzip | zstd |\n|---|---|---|---|');
for (const [label, batch] of cases) {
  const row: number[] = [];
  for (const compression of ['none', 'gzip', 'zstd'] as const)
    row.push(await measure({ compression }, batch));
  console.log(`| ${label} | ${row.map((bytes) => bytes.toFixed(1)).join(' | ')} |`);
}
