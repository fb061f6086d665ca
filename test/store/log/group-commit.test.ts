/**
 * Group commit against a model of its promises, on a disk that takes, refuses for a while, fails to sync, takes its time, or
 * cannot take one change: answers in the order of the calls, none before it is synced, a barrier after all before it, poison
 * alone in its fate.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change, Committed } from '../../../src/store/contract.ts';
import { StoreError } from '../../../src/store/errors.ts';
import { createGroupCommit, type GroupCommit } from '../../../src/store/log/group-commit.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';

type Kind = 'records' | 'barrier' | 'poison';

type RefusesAt = 'begin' | 'end' | 'sync';

/** One transaction for each of `room`; then it refuses, as it begins, when it is written, or when it is to be made durable. */
interface Disk {
  room: number;
  refusesAt: RefusesAt;
  /** Ids of the changes that a transaction has taken, in order. */
  written: number[];
  /** Those of them that a sync has taken as well. */
  synced: number[];
  /** A sync under way that ends when it is told to. */
  slow: boolean;
  endSync: (() => void) | undefined;
}

interface Answer {
  readonly id: number;
  readonly outcome: 'stored' | 'poison' | 'closed';
  readonly firstSeq?: number;
  /** What the disk had when the caller heard. */
  readonly synced: readonly number[];
}

/** The kinds of the calls so far, the first has id 1. */
interface Model {
  readonly calls: Kind[];
}

interface Subject {
  readonly world: TestWorld;
  readonly group: GroupCommit;
  readonly disk: Disk;
  readonly answers: Answer[];
}

type Command = fc.AsyncCommand<Model, Subject>;

const MAX_DELAY_MS = 50;
const RETRY_MS = 1_000;
const EAGER = 4;
const REFUSALS: readonly RefusesAt[] = ['begin', 'end', 'sync'];
const HEALTHY = Number.POSITIVE_INFINITY;

const full = new StoreError('commit', 'edge.db', Object.assign(new Error('full'), { code: 'SQLITE_FULL' }));

/** As the store does it: all changes or none. */
function applyTo(disk: Disk, changes: readonly Change[]): Committed[] {
  if (disk.room === 0 && disk.refusesAt === 'begin') throw full;
  const committed = changes.map(({ records }) => {
    const record = records?.[0];
    if (record?.device === 'poison') throw new TypeError('poison');
    return { firstSeq: record?.timeMs ?? 0 };
  });
  if (disk.room === 0 && disk.refusesAt === 'end') throw full;
  if (disk.refusesAt !== 'sync') disk.room -= 1;
  disk.written = [
    ...disk.written,
    ...committed.flatMap(({ firstSeq }) => (firstSeq === 0 ? [] : [firstSeq])),
  ];
  return committed;
}

async function syncOf(disk: Disk): Promise<void> {
  expect(disk.endSync, 'two syncs at a time').toBeUndefined();
  const { written } = disk;
  if (disk.slow) {
    await new Promise<void>((resolve) => {
      disk.endSync = resolve;
    });
    disk.endSync = undefined;
  }
  if (disk.refusesAt === 'sync' && disk.room === 0) throw full;
  if (disk.refusesAt === 'sync') disk.room -= 1;
  disk.synced = written;
}

function createSubject(): Subject {
  const world = createTestWorld();
  const disk: Disk = {
    ...{ room: HEALTHY, refusesAt: 'begin', written: [], synced: [] },
    ...{ slow: false, endSync: undefined },
  };
  const apply = (changes: readonly Change[]) => applyTo(disk, changes);
  const sync = () => syncOf(disk);
  const group = createGroupCommit({
    ...{ world, apply, sync, maxDelayMs: MAX_DELAY_MS, eager: EAGER, maxBatch: 5 },
  });
  return { world, group, disk, answers: [] };
}

function changeOf(id: number, kind: Kind, urgent: boolean): Change {
  if (kind === 'barrier') return { urgent };
  return { urgent, records: [{ kind: 'system', timeMs: id, device: kind, body: { event: 'test' } }] };
}

const commit = (kind: Kind, urgent: boolean): Command => ({
  check: () => true,
  async run(model, subject) {
    const { group, disk, answers } = subject;
    model.calls.push(kind);
    const id = model.calls.length;
    group.commit(changeOf(id, kind, urgent)).then(
      ({ firstSeq }) => answers.push({ id, outcome: 'stored', firstSeq, synced: disk.synced }),
      (error) => {
        const outcome = error instanceof TypeError ? 'poison' : 'closed';
        answers.push({ id, outcome, synced: disk.synced });
      },
    );
    await expectPromises(model, subject, urgent && !group.trouble());
  },
  toString: () => `commit(${kind}${urgent ? ', urgent' : ''})`,
});

const wait = (forMs: number): Command => ({
  check: () => true,
  async run(model, subject) {
    const due = forMs >= RETRY_MS || !subject.group.trouble();
    subject.world.advance(forMs);
    await expectPromises(model, subject, due);
  },
  toString: () => `wait(${forMs})`,
});

const flush = (): Command => ({
  check: () => true,
  async run(model, subject) {
    subject.group.flush();
    await expectPromises(model, subject, true);
  },
  toString: () => 'flush()',
});

/** Syncs take until the next of these. */
const setSlow = (slow: boolean): Command => ({
  check: () => true,
  async run(model, subject) {
    const { disk } = subject;
    disk.slow = slow;
    disk.endSync?.();
    await expectPromises(model, subject, false);
  },
  toString: () => `slow(${slow})`,
});

const setDisk = (room: number, refusesAt: RefusesAt): Command => ({
  check: () => true,
  async run(_, { disk }) {
    Object.assign(disk, { room, refusesAt });
  },
  toString: () => `disk(${room}, ${refusesAt})`,
});

/** Compares with the model; when all is `due` and the disk takes it, nobody waits any more. */
async function expectPromises({ calls }: Model, { group, disk, answers }: Subject, due: boolean) {
  // An urgent change goes with the immediate queued before this one; its sync ends, and the next group's as well.
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  const idsOf = (kind: Kind, upTo = calls.length) =>
    calls.flatMap((one, index) => (one === kind && index < upTo ? [index + 1] : []));

  expect(answers.map(({ id }) => id)).toEqual(answers.map((_, index) => index + 1));
  for (const { id, outcome, firstSeq, synced } of answers) {
    const kind = calls[id - 1];
    if (outcome === 'closed') {
      expect(synced).not.toContain(id);
      continue;
    }
    expect(outcome).toBe(kind === 'poison' ? 'poison' : 'stored');
    if (outcome === 'stored') {
      expect(firstSeq).toBe(kind === 'barrier' ? 0 : id);
      expect(synced).toEqual(expect.arrayContaining(idsOf('records', id)));
    }
  }
  const records = idsOf('records');
  expect(disk.synced).toEqual(records.slice(0, disk.synced.length));
  if (due && disk.room === HEALTHY && !disk.slow) expect(answers.length).toBe(calls.length);
  expect(group.queued()).toBe(calls.length - answers.length);
}

/** At the end every caller hears: of the disk if it takes, of the closing if not. */
async function closeAndExpect(model: Model, subject: Subject): Promise<void> {
  subject.disk.slow = false;
  const closed = subject.group.close();
  subject.disk.endSync?.();
  await closed;
  await expectPromises(model, subject, true);
  expect(subject.answers.length).toBe(model.calls.length);
  await expect(subject.group.commit({})).rejects.toThrow('the store is closed');
}

test('keeps its promises under any mix of changes, barriers, poison and a disk that refuses', async () => {
  const kind = fc.oneof(
    { weight: 3, arbitrary: fc.constant('records' as const) },
    { weight: 2, arbitrary: fc.constantFrom('barrier' as const, 'poison' as const) },
  );
  const room = fc.constantFrom(0, 1, 2, HEALTHY, HEALTHY);
  const commits = fc.tuple(kind, fc.boolean()).map((given) => commit(...given));
  const commands = fc.commands(
    [
      ...[commits, commits, commits],
      fc.constantFrom(MAX_DELAY_MS, RETRY_MS).map(wait),
      fc.constant(undefined).map(flush),
      fc.tuple(room, fc.constantFrom(...REFUSALS)).map((given) => setDisk(...given)),
      fc.boolean().map(setSlow),
    ],
    { size: '+1', maxCommands: 60 },
  );
  await fc.assert(
    fc.asyncProperty(commands, async (given) => {
      const model: Model = { calls: [] };
      const real = createSubject();
      await fc.asyncModelRun(() => ({ model, real }), given);
      await closeAndExpect(model, real);
    }),
    { numRuns: 300 },
  );
});

test('tries again after a refusal, also when the change that waited can never be stored', async () => {
  const model: Model = { calls: [] };
  const real = createSubject();
  const steps = [setDisk(0, 'end'), flush(), commit('poison', false), flush(), setDisk(HEALTHY, 'end')];
  for (const step of [...steps, commit('records', false), wait(RETRY_MS)]) await step.run(model, real);
  expect(real.disk.synced).toEqual([2]);
});

test('what comes during a sync is the next group, and waits for its own', async () => {
  const { group, disk } = createSubject();
  disk.slow = true;
  const told: string[] = [];
  const stored = (id: number) =>
    group.commit(changeOf(id, 'records', true)).then(() => told.push(`stored ${id}`));
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const first = stored(1);
  await turn();
  const [second, barrier] = [stored(2), group.commit({}).then(() => told.push('barrier'))];
  const beside = group.synced().then(() => told.push('beside'));
  await turn();
  expect([disk.written, disk.synced, told]).toEqual([[1], [], []]);
  disk.endSync?.();
  await first;
  await turn();
  expect([disk.written, disk.synced, told]).toEqual([[1, 2], [1], ['stored 1']]);
  disk.slow = false;
  disk.endSync?.();
  await Promise.all([second, barrier, beside]);
  expect(told).toEqual(['stored 1', 'stored 2', 'barrier', 'beside']);
});

test('a sync that fails leaves the commit waiting, writes nothing more, and tells those who wait beside', async () => {
  const { group, disk, world } = createSubject();
  Object.assign(disk, { room: 0, refusesAt: 'sync' });
  const told: number[] = [];
  const first = group.commit(changeOf(1, 'records', true)).then(() => told.push(1));
  await expect.poll(() => group.trouble()?.message).toContain('full');
  const second = group.commit(changeOf(2, 'records', true)).then(() => told.push(2));
  await expect(group.synced()).rejects.toThrow('full');
  world.advance(RETRY_MS);
  await new Promise((resolve) => setImmediate(resolve));
  expect([disk.written, told]).toEqual([[1], []]);
  disk.room = HEALTHY;
  world.advance(RETRY_MS);
  await Promise.all([first, second]);
  expect([disk.synced, told, group.trouble()]).toEqual([[1, 2], [1, 2], undefined]);
});

test('a change that comes alone hardly waits; where others are to be expected it waits for them, an urgent one never', async () => {
  const { group, disk, world } = createSubject();
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  let id = 0;
  const come = () => void group.commit(changeOf(++id, 'records', false));
  come();
  world.advance(20);
  await turn();
  expect(disk.synced).toEqual([1]);
  for (let n = 0; n < 40; n++) {
    world.advance(MAX_DELAY_MS / 3);
    come();
  }
  group.flush();
  await turn();
  await turn();
  const before = disk.synced.length;
  expect(before).toBe(id);
  come();
  world.advance(MAX_DELAY_MS / 2);
  come();
  await turn();
  expect(disk.synced.length).toBe(before);
  world.advance(MAX_DELAY_MS / 2);
  await turn();
  expect(disk.synced.length).toBe(before + 2);
  come();
  void group.commit(changeOf(++id, 'records', true));
  await turn();
  await turn();
  expect(disk.synced.length).toBe(before + 4);
});

test('a call of several has the outcome of each, over as many batches as it takes', async () => {
  const { group, world } = createSubject();
  const kinds: Kind[] = [
    'records',
    'records',
    'poison',
    'barrier',
    'records',
    'records',
    'records',
    'records',
  ];
  const outcomes = group.commitAll(kinds.map((kind, index) => changeOf(index + 1, kind, false)));
  world.advance(MAX_DELAY_MS);
  const stored = (firstSeq: number) => ({ firstSeq });
  expect(await outcomes).toEqual([
    ...[stored(1), stored(2), { error: expect.any(TypeError) }, stored(0)],
    ...[stored(5), stored(6), stored(7), stored(8)],
  ]);
  expect(await group.commitAll([])).toEqual([]);
  await group.close();
  expect(await group.commitAll([changeOf(9, 'records', false)])).toEqual([{ error: expect.any(Error) }]);
});
