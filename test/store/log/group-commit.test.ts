/**
 * Group commit against a model of its promises, on a disk that takes, refuses for a while, or cannot take one change:
 * answers in the order of the calls, none before it is synced, a barrier after all before it, poison alone in its fate.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change, Committed } from '../../../src/store/contract.ts';
import { StoreError } from '../../../src/store/errors.ts';
import { createGroupCommit, type GroupCommit } from '../../../src/store/log/group-commit.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';

type Kind = 'records' | 'barrier' | 'poison';

/** One transaction for each of `room`; then it refuses, as it begins or when it is to be made durable. */
interface Disk {
  room: number;
  refusesAt: 'begin' | 'end';
  /** Ids of the changes that a transaction and its sync have taken, in order. */
  synced: number[];
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
const HEALTHY = Number.POSITIVE_INFINITY;

/** As the store does it: all changes or none, and it comes back only after the sync. */
function applyTo(disk: Disk, changes: readonly Change[]): Committed[] {
  const full = new StoreError('commit', 'edge.db', Object.assign(new Error('full'), { code: 'SQLITE_FULL' }));
  if (disk.room === 0 && disk.refusesAt === 'begin') throw full;
  const committed = changes.map(({ records }) => {
    const record = records?.[0];
    if (record?.device === 'poison') throw new TypeError('poison');
    return { firstSeq: record?.timeMs ?? 0 };
  });
  if (disk.room === 0) throw full;
  disk.room -= 1;
  disk.synced = [...disk.synced, ...committed.flatMap(({ firstSeq }) => (firstSeq === 0 ? [] : [firstSeq]))];
  return committed;
}

function createSubject(): Subject {
  const world = createTestWorld();
  const disk: Disk = { room: HEALTHY, refusesAt: 'begin', synced: [] };
  const apply = (changes: readonly Change[]) => applyTo(disk, changes);
  const group = createGroupCommit({ world, apply, maxDelayMs: MAX_DELAY_MS, eager: EAGER, maxBatch: 5 });
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

const setDisk = (room: number, refusesAt: Disk['refusesAt']): Command => ({
  check: () => true,
  async run(_, { disk }) {
    Object.assign(disk, { room, refusesAt });
  },
  toString: () => `disk(${room}, ${refusesAt})`,
});

/** Compares with the model; when all is `due` and the disk takes it, nobody waits any more. */
async function expectPromises({ calls }: Model, { group, disk, answers }: Subject, due: boolean) {
  // An urgent change goes with the immediate queued before this one.
  await new Promise((resolve) => setImmediate(resolve));
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
  if (due && disk.room === HEALTHY) expect(answers.length).toBe(calls.length);
  expect(group.queued()).toBe(calls.length - answers.length);
}

/** At the end every caller hears: of the disk if it takes, of the closing if not. */
async function closeAndExpect(model: Model, subject: Subject): Promise<void> {
  subject.group.close();
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
      fc.tuple(room, fc.constantFrom('begin' as const, 'end' as const)).map((given) => setDisk(...given)),
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
