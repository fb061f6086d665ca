/** Real sites for proofs of fail-overs: each a store on disk and the sync to a centre, under a load that goes on whatever happens there. */
import { join } from 'node:path';
import type { CentreConfig } from '../../../src/config/schema.ts';
import type { LogRecord, NewRecord } from '../../../src/model/record.ts';
import { createWorld } from '../../../src/ops/world.ts';
import type { Store } from '../../../src/store/contract.ts';
import { openStore } from '../../../src/store/store.ts';
import {
  type CentralSync,
  type CentralSyncOptions,
  createCentralSync,
} from '../../../src/sync/site/central-sync.ts';
import { DEFAULTS } from '../config.ts';
import { uplinkRecord } from '../memory-store.ts';
import { createTestWorld, type TestWorld } from '../world.ts';

export interface ForwardingSite {
  readonly name: string;
  readonly store: Store;
  readonly sync: CentralSync;
  readonly logged: TestWorld['logged'];
}

export interface ForwardingSites {
  readonly all: readonly ForwardingSite[];
  /** Appends records to every site until `rest`. */
  feed(): void;
  rest(): Promise<void>;
  /** Times a site has found the stream's end gone back, and how many records it sent again. */
  resent(): { readonly times: number; readonly records: number };
  stop(): Promise<void>;
}

const TICK_MS = 40;
const MOST_A_TICK = 8;
const COMPRESSIONS = ['none', 'zstd', 'gzip'] as const;

/** Sites of these names that forward to `centre`; each third one in the same way of packing. Started, with nothing in their logs. */
export async function forwardingSites(
  folder: string,
  names: readonly string[],
  centre: Partial<CentreConfig>,
  others: CentralSyncOptions['limits'] = {},
): Promise<ForwardingSites> {
  // One of its own: how often it is asked is a matter of time, and must not change what else is drawn.
  const { random } = createTestWorld(0, 17);
  const all = names.map((name, at): ForwardingSite => {
    const { logger, logged } = createTestWorld();
    const world = createWorld(logger);
    const store = openStore({ dir: join(folder, `store-${name}`), world });
    const compression = COMPRESSIONS[at % COMPRESSIONS.length] ?? 'none';
    const config = { ...DEFAULTS.centre, batchMaxRecords: 50, compression, ...centre };
    const limits = {
      ...{ maxDelayMs: 20, retryMinMs: 20, retryMaxMs: 500 },
      ...{ checkMs: 1_000, commandTimeoutMs: 3_000, connectTimeoutMs: 2_000 },
      ...others,
    };
    return { name, store, logged, sync: createCentralSync({ store, site: name, world, config, limits }) };
  });
  for (const { sync } of all) await sync.start();
  let feeding: Promise<void> | undefined;
  let isOver = false;
  async function run(): Promise<void> {
    while (!isOver) {
      for (const { store } of all) {
        const from = store.log.lastSeq() + 1;
        const count = 1 + Math.floor(random() * MOST_A_TICK);
        const records = Array.from({ length: count }, (_, index) => recordOf(from + index));
        await store.commit({ records, urgent: true });
      }
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  }
  const rest = async (): Promise<void> => {
    isOver = true;
    await feeding;
    feeding = undefined;
  };
  return {
    all,
    feed() {
      isOver = false;
      feeding ??= run();
    },
    rest,
    resent() {
      const found = all.flatMap(({ logged }) => logged.filter(({ event }) => event === 'centre.resend'));
      const records = found.reduce((sum, { fields }) => sum + Number(fields.had) - Number(fields.after), 0);
      return { times: found.length, records };
    },
    async stop() {
      await rest();
      for (const { sync } of all) await sync.stop();
      for (const { store } of all) await store.close();
    },
  };
}

/** A reading; now and then an event, which goes ahead of the log as well. */
function recordOf(seq: number): NewRecord {
  const device = `00000000000000a${seq % 10}`;
  const timeMs = Date.now();
  if (seq % 37 === 0) return { kind: 'system', device: null, timeMs, body: { event: 'note', n: seq } };
  return uplinkRecord(device, timeMs, { seq, temperature: (seq % 400) / 10 });
}

/** All records of a site's log, a part at a time. */
export function* logOf({ store }: ForwardingSite): Generator<LogRecord> {
  for (let after = 0; ; ) {
    const part = store.log.readAfter(after, 1_000);
    yield* part;
    const last = part.at(-1);
    if (!last) return;
    after = last.seq;
  }
}
