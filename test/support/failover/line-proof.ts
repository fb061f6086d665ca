/**
 * A site's way to Redis over a poor line: 1 Mbit/s, 600 ms round trip, 5 % of the segments lost, flapping; live readings and a
 * backlog. Then every record stands in the stream once, and it is said how many bytes a reading took.
 */
import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import type { CentreConfig } from '../../../src/config/schema.ts';
import { type PoorLine, startPoorLine } from '../poor-line.ts';
import { eventually, temporaryFolder } from '../process.ts';
import { startRedis } from '../redis.ts';
import { streamFaults } from './collecting.ts';
import { forwardingSites } from './sites.ts';

export interface LineProofOptions {
  readonly seconds: number;
  readonly random: () => number;
  readonly compression: CentreConfig['compression'];
  /** Up, then down for a quarter of it; never down without. */
  readonly flapMs?: number;
  /** A Redis behind a line that somebody else has made poor, and the interface that leads there. */
  readonly outside?: { readonly url: string; readonly networkInterface: string };
}

export interface LineVerdict {
  readonly records: number;
  readonly faults: readonly string[];
  /** Both ways, what was sent again included: payload of TCP here, everything on the wire of a line of somebody else's. */
  readonly bytesPerRecord: number;
  readonly seen: PoorLine['seen'] | undefined;
  readonly seconds: number;
}

const WAIT_MS = 300_000;

export async function provePoorLine({
  seconds,
  random,
  compression,
  flapMs,
  outside,
}: LineProofOptions): Promise<LineVerdict> {
  const folder = temporaryFolder();
  const way = outside ? outsideWay(outside) : await ownWay(folder.path, random, flapMs);
  // The times of the settings' defaults, but for the pauses between attempts.
  const limits = { maxDelayMs: 5_000, commandTimeoutMs: 15_000, connectTimeoutMs: 10_000 };
  const sites = await forwardingSites(
    folder.path,
    ['hut'],
    { url: way.url, compression, batchMaxRecords: 500 },
    limits,
  );
  const startMs = performance.now();
  try {
    sites.feed();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    await sites.rest();
    const [site] = sites.all;
    if (!site) throw new Error('no site');
    await eventually(
      'everything is at the centre',
      () => site.sync.status().state === 'ok' && site.sync.status().pending === 0,
      WAIT_MS,
    );
    const [records, bytes] = [site.store.log.lastSeq(), way.bytes()];
    return {
      records,
      faults: await streamFaults(site, way.client),
      bytesPerRecord: Number((bytes / records).toFixed(1)),
      seen: way.seen,
      seconds: Math.round((performance.now() - startMs) / 1000),
    };
  } finally {
    await sites.stop();
    await way.stop();
    folder.remove();
  }
}

interface Way {
  readonly url: string;
  readonly client: Redis;
  bytes(): number;
  readonly seen: PoorLine['seen'] | undefined;
  stop(): Promise<void>;
}

async function ownWay(folder: string, random: () => number, flapMs: number | undefined): Promise<Way> {
  const redis = await startRedis(folder);
  const line = await startPoorLine(redis.port, {
    ...{ bitsPerSecond: 1_000_000, roundTripMs: 600, loss: 0.05, random },
    ...(flapMs === undefined ? {} : { upMs: flapMs, downMs: flapMs / 4 }),
  });
  return {
    url: `redis://127.0.0.1:${line.port}`,
    client: redis.client,
    bytes: () => line.bytes.sent + line.bytes.received,
    seen: line.seen,
    async stop() {
      await line.stop();
      await redis.stop();
    },
  };
}

function outsideWay({ url, networkInterface }: NonNullable<LineProofOptions['outside']>): Way {
  const count = (name: string) =>
    Number(readFileSync(`/sys/class/net/${networkInterface}/statistics/${name}`, 'utf8'));
  const before = count('tx_bytes') + count('rx_bytes');
  const client = new Redis(url, { protocol: 2, retryStrategy: () => 1_000 });
  client.on('error', () => {});
  return {
    ...{ url, client, seen: undefined },
    bytes: () => count('tx_bytes') + count('rx_bytes') - before,
    async stop() {
      await client.flushall();
      client.disconnect();
    },
  };
}
