/** What comes in one turn goes to the store in the order it came, and is carried out by what became of it. */
import { describe, expect, test } from 'vitest';
import { createCommits } from '../../src/gateway/commits.ts';
import { createRefusals } from '../../src/gateway/refusals.ts';
import { createReasonCounters } from '../../src/model/reason-counters.ts';
import type { Change, CommitOutcome } from '../../src/store/contract.ts';

function createSubject(outcomeOf: (change: Change) => CommitOutcome, isClosed = false) {
  const calls: (readonly Change[])[] = [];
  const done: string[] = [];
  const refused = createReasonCounters();
  let store = () => {};
  const stored = new Promise<void>((resolve) => {
    store = resolve;
  });
  const commits = createCommits(
    {
      async commitAll(changes) {
        calls.push(changes);
        await stored;
        return changes.map(outcomeOf);
      },
      closed: () => isClosed,
    },
    createRefusals(refused, () => {}),
  );
  const frame = (name: string) => ({
    change: changeOf(name),
    transmission: {
      gatewayId: '0016c001f153a14c',
      send: () => done.push(`${name} sent`),
      abandon: () => done.push(`${name} abandoned`),
    },
    acks: [() => done.push(`${name} acknowledged`)],
  });
  return { commits, calls, done, refused, store, frame };
}

function changeOf(event: string): Change {
  return { records: [{ kind: 'system', timeMs: 1, device: null, body: { event } }] };
}

const good = (): CommitOutcome => ({ firstSeq: 1 });
const poison = (change: Change): CommitOutcome =>
  change.records?.some(({ body }) => 'event' in body && body.event === 'b')
    ? { error: new Error('poison') }
    : { firstSeq: 1 };

describe('createCommits', () => {
  test('one turn is one call, in the order things came; nothing is carried out before it is stored', async () => {
    const { commits, calls, done, store, frame } = createSubject(good);
    commits.carryOut(frame('a'));
    const timer = commits.commit(changeOf('timer'));
    commits.carryOut(frame('b'));
    await Promise.resolve();
    expect(calls).toEqual([[changeOf('a'), changeOf('timer'), changeOf('b')]]);
    expect(commits.inFlight()).toBe(3);
    expect(done).toEqual([]);
    store();
    expect(await timer).toBe('stored');
    await commits.idle();
    expect(done).toEqual(['a sent', 'a acknowledged', 'b sent', 'b acknowledged']);
    expect(commits.inFlight()).toBe(0);
  });

  test('what can never be stored is counted, its answer abandoned, its message let go; the others are not touched', async () => {
    const { commits, done, refused, store, frame } = createSubject(poison);
    store();
    commits.carryOut(frame('a'));
    commits.carryOut(frame('b'));
    await commits.idle();
    expect(done).toEqual(['a sent', 'a acknowledged', 'b abandoned', 'b acknowledged']);
    expect(refused.counts()).toEqual({ not_storable: 1 });
  });

  test('a closed store acknowledges nothing', async () => {
    const { commits, done, store, frame } = createSubject(poison, true);
    store();
    commits.carryOut(frame('b'));
    expect(await commits.commit(changeOf('b'))).toBe('closed');
    expect(done).toEqual(['b abandoned']);
  });
});
