/**
 * Stores what messages and timers bring, and carries out what waits for that: an answer is sent, messages are acknowledged.
 * What comes within one turn of the event loop goes to the store together, so that a burst of frames costs one promise and
 * not several each.
 *
 * Invariants: changes reach the store in the order of the calls; nothing is sent or acknowledged before its change, and
 * everything before it, is stored. A change that can never be stored is counted and let go; when the store is closed the
 * messages stay with their sender.
 */
import type { Change, CommitOutcome, Store } from '../store/contract.ts';
import type { Inbound } from './mqtt/transport.ts';
import type { Transmission } from './network/transmitter.ts';
import type { Refusals } from './refusals.ts';
import type { TracedFrame } from './traced-frame.ts';

/** 'closed': nobody knows, and nothing may be acknowledged. */
export type CommitResult = 'stored' | 'refused' | 'closed';

/** A change, and what is to be done once it is stored. */
export interface Carried {
  readonly change: Change;
  /** Sent, or abandoned where the change was not stored. */
  readonly transmission?: Transmission | undefined;
  /** Acknowledge the messages; called unless the store is closed. Not the messages: thousands may wait. */
  readonly acks: readonly Inbound['ack'][];
  /** Told when it is stored. */
  readonly traced?: TracedFrame | undefined;
}

export interface Commits {
  /** Never rejects. */
  commit(change: Change, traced?: TracedFrame): Promise<CommitResult>;
  carryOut(carried: Carried): void;
  /** How many are under way. */
  inFlight(): number;
  /** Resolves when none is under way. */
  idle(): Promise<void>;
}

type Entry =
  | Carried
  | (Pick<Carried, 'change' | 'traced'> & { readonly resolve: (result: CommitResult) => void });

interface CommitsContext {
  readonly store: Pick<Store, 'commitAll' | 'closed'>;
  readonly refusals: Refusals;
  /** Of this turn of the event loop. */
  turn: Entry[];
  inFlight: number;
  waiting: (() => void)[];
}

/** See the head of the file. */
export function createCommits(store: CommitsContext['store'], refusals: Refusals): Commits {
  const context: CommitsContext = { store, refusals, turn: [], inFlight: 0, waiting: [] };
  return {
    commit: (change, traced) => new Promise((resolve) => add(context, { change, traced, resolve })),
    carryOut: (carried) => add(context, carried),
    inFlight: () => context.inFlight,
    idle: () =>
      context.inFlight === 0
        ? Promise.resolve()
        : new Promise((resolve) => void context.waiting.push(resolve)),
  };
}

function add(context: CommitsContext, entry: Entry): void {
  context.inFlight++;
  if (context.turn.push(entry) === 1) queueMicrotask(() => void storeTurn(context));
}

async function storeTurn(context: CommitsContext): Promise<void> {
  const { turn, store } = context;
  context.turn = [];
  const outcomes = await store.commitAll(turn.map(({ change }) => change));
  for (let index = 0; index < turn.length; index++) {
    const entry = turn[index];
    const outcome = outcomes[index];
    if (entry && outcome) {
      conclude(entry, resultOf(context, outcome));
      if ('firstSeq' in outcome) entry.traced?.stored(outcome.firstSeq);
    }
  }
  context.inFlight -= turn.length;
  if (context.inFlight === 0) for (const resolve of context.waiting.splice(0)) resolve();
}

function resultOf({ store, refusals }: CommitsContext, outcome: CommitOutcome): CommitResult {
  if (!('error' in outcome)) return 'stored';
  if (store.closed()) return 'closed';
  const { error } = outcome;
  refusals.count('not_storable', { error: error instanceof Error ? error.message : String(error) });
  return 'refused';
}

function conclude(entry: Entry, result: CommitResult): void {
  if ('resolve' in entry) return entry.resolve(result);
  const { transmission, acks } = entry;
  // The device waits for an answer within milliseconds; the messages' senders do not.
  if (result === 'stored') transmission?.send();
  else transmission?.abandon();
  if (result !== 'closed') for (const ack of acks) ack();
}
