/**
 * Breaks the code on purpose, one mutation at a time in a copy of the tree, and says which test notices: a promise nobody
 * holds us to is none. `npm run mutants` runs all, `npm run mutants -- log` those whose name has the word. Exit code 1 when
 * one is not noticed, or no longer fits the code.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

interface Mutation {
  readonly name: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
  /** Files of the tests that should notice. */
  readonly tests: readonly string[];
}

const MUTATIONS: readonly Mutation[] = [
  {
    name: 'anyone may send a downlink',
    file: 'src/ui/routes/downlinks.ts',
    from: "access: allow.admin('write'),\n        responses: {\n          201:",
    to: 'access: allow.everyone,\n        responses: {\n          201:',
    tests: ['test/ui/access-table.test.ts'],
  },
  {
    name: 'anyone may act on the quarantine',
    file: 'src/ui/routes/quarantine.ts',
    from: "access: allow.admin('write'),",
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
    from: "  if (result !== 'closed') for (const { ack } of received) ack();",
    to: '  for (const { ack } of received) ack();',
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
    from: "  'IN865',\n] as const;",
    to: '] as const;',
    tests: [
      'test/gateway/bridge-recordings.test.ts',
      'test/gateway/region',
      'test/gateway/network-bridge.server.test.ts',
      'test/config/config-load.test.ts',
    ],
  },
];

const LIMIT_MS = 180_000;
const root = dirname(import.meta.dirname);

/** A copy of what git knows of the tree; the dependencies are shared. */
function copyTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'wse-mutants-'));
  const listed = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], { cwd: root });
  for (const path of listed.toString().split('\0').filter(Boolean)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(root, path), join(copy, path));
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** The tests of `files` that fail in `copy`; undefined when they all pass. */
function failing(copy: string, files: readonly string[]): readonly string[] | undefined {
  const out = join(copy, 'report.json');
  rmSync(out, { force: true });
  const args = ['node_modules/vitest/vitest.mjs', 'run', ...files, '--reporter=json', `--outputFile=${out}`];
  const { status, error } = spawnSync(process.execPath, args, {
    cwd: copy,
    timeout: LIMIT_MS,
    stdio: 'ignore',
  });
  if (error) return [`not done within ${LIMIT_MS / 1_000} s`];
  if (status === 0) return undefined;
  const { testResults } = JSON.parse(readFileSync(out, 'utf8')) as Report;
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const failed = assertionResults.filter((result) => result.status === 'failed');
    const file = name.slice(copy.length + 1);
    if (failed.length === 0 && message !== '')
      throw new Error(`${file} does not run: ${message.split('\n')[0]}`);
    return failed.map(({ fullName }) => `${file}: ${fullName}`);
  });
}

/** What becomes of the mutation: the tests that notice, or why it counts for nothing. */
function tryOut(
  copy: string,
  { file, from, to, tests }: Mutation,
): { noticed: readonly string[]; fault?: string } {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  if (text.split(from).length !== 2)
    return { noticed: [], fault: `${file} no longer has this once: ${from}` };
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
  try {
    const noticed = failing(copy, tests);
    return noticed?.length ? { noticed } : { noticed: [], fault: `not noticed by ${tests.join(', ')}` };
  } finally {
    writeFileSync(path, text);
  }
}

const word = process.argv[2] ?? '';
const chosen = MUTATIONS.filter(({ name }) => name.includes(word));
const copy = copyTree();
try {
  const sound = failing(copy, [...new Set(chosen.flatMap(({ tests }) => tests))]);
  if (sound) throw new Error(`the tests fail without a mutation: ${sound.join('; ')}`);
  for (const mutation of chosen) {
    const { noticed, fault } = tryOut(copy, mutation);
    if (fault) process.exitCode = 1;
    console.log(`${fault ? 'NOT NOTICED' : 'noticed'}: ${mutation.name}`);
    for (const line of fault ? [fault] : noticed.slice(0, 3)) console.log(`    ${line}`);
    if (noticed.length > 3) console.log(`    and ${noticed.length - 3} more`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
