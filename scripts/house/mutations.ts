/** What `npm run mutants` breaks, one at a time; a test holds that each still fits the code. */

export interface Mutation {
  readonly name: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
  /** Files of the tests that should notice. */
  readonly tests: readonly string[];
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'anyone may send a downlink',
    file: 'src/ui/routes/downlinks.ts',
    from: "access: allow.operator('operate'),\n        responses: {\n          201:",
    to: 'access: allow.everyone,\n        responses: {\n          201:',
    tests: ['test/ui/access-table.test.ts'],
  },
  {
    name: 'anyone may act on the quarantine',
    file: 'src/ui/routes/quarantine.ts',
    from: "access: allow.technician('write'),",
    to: 'access: allow.everyone,',
    tests: ['test/ui/access-table.test.ts'],
  },
  {
    name: 'an empty change resolves before those queued before it',
    file: 'src/store/log/group-commit.ts',
    from: 'if (queue.length > 0 || !isBarrier(waiting.change))',
    to: 'if (!isBarrier(waiting.change))',
    tests: ['test/store/log/group-commit.test.ts'],
  },
  {
    name: 'the log is not synced',
    file: 'src/store/log/wal-sync.ts',
    from: 'await context.syncData(fd);',
    to: '',
    tests: ['test/store/store-faults.server.test.ts'],
  },
  {
    name: 'records are seen before they are on disk',
    file: 'src/store/log/log.ts',
    from: 'context.after.iterate(afterSeq, context.last, limit)',
    to: 'context.after.iterate(afterSeq, context.appended, limit)',
    tests: ['test/store/log/wal-sync.test.ts'],
  },
  {
    name: 'a failed sync is tried again without writing again',
    file: 'src/store/log/wal-sync.ts',
    from: 'if (context.failed) writeAgain(context, fd);',
    to: '',
    tests: ['test/store/log/wal-sync.test.ts'],
  },
  {
    name: 'a poison change takes its batch with it',
    file: 'src/store/log/group-commit.ts',
    from: 'if (batch.length > 1) return applyEach',
    to: 'if (batch.length > 9_999) return applyEach',
    tests: ['test/store/log/group-commit.test.ts'],
  },
  {
    name: 'what InfluxDB refuses is not written into the quarantine',
    file: 'src/ingest/influx/refused-batch.ts',
    from: 'quarantine.add(SINK, items, world.clock.nowMs())',
    to: '[]',
    tests: ['test/ingest/quarantine.test.ts', 'test/ingest/influx.server.test.ts'],
  },
  {
    name: 'a downlink is sent before it is stored',
    file: 'src/gateway/commits.ts',
    from: '  const outcomes = await store.commitAll(',
    to: "  for (const entry of turn) if (!('resolve' in entry)) entry.transmission?.send();\n  const outcomes = await store.commitAll(",
    tests: ['test/gateway/network-downlinks.test.ts', 'test/gateway/network-crash.test.ts'],
  },
  {
    name: 'a message is acknowledged although the store is closed',
    file: 'src/gateway/commits.ts',
    from: "  if (result !== 'closed') for (const ack of acks) ack();",
    to: '  for (const ack of acks) ack();',
    tests: ['test/gateway/closed-store.test.ts'],
  },
  {
    name: 'a batch is delivered before the replicas have it',
    file: 'src/sync/site/redis-centre.ts',
    from: '  if (landed > 0) await replicated(context);\n',
    to: '',
    tests: ['test/sync/site/sync-access.server.test.ts'],
  },
  {
    name: 'a region is missing from the list',
    file: 'src/model/lorawan.ts',
    from: "  'IN865',\n",
    to: '',
    tests: [
      'test/gateway/bridge-recordings.test.ts',
      'test/gateway/region',
      'test/gateway/network-bridge.server.test.ts',
      'test/config/config-load.test.ts',
    ],
  },
];
