/** What can be asked of notifications and done about them, by the API's routes and the command line. A change is on disk when it is answered. */
import type {
  NotifyBook,
  NotifyChannelStatus,
  NotifyInputs,
  NotifyKind,
  NotifyKinds,
  NotifyProof,
  NotifyWaiting,
} from './notify.ts';
import type { Said } from './said.ts';
import type { PartStatus } from './status.ts';
import type { Part } from './world.ts';

export interface NotifyRefusal {
  readonly refused: 'unknown' | 'stale' | 'invalid' | 'too-many' | 'in-use' | 'busy';
  readonly detail: string;
  readonly errors?:
    | readonly { readonly pointer: string; readonly detail: string; readonly said: readonly Said[] }[]
    | undefined;
}

/** Messages to people, as a part of the box. */
export interface NotifyStatus extends PartStatus {
  /** Messages, or news that will be one, that could have left by now. */
  readonly queued: number;
  /** Since when the oldest of them waits, epoch milliseconds. */
  readonly oldestUnsentMs?: number | undefined;
  readonly channels: readonly NotifyChannelStatus[];
}

/** Of what was told, only this; all without. */
export interface NotifyProofsWanted {
  /** Id. */
  readonly person?: string | undefined;
  readonly channel?: NotifyProof['channel'] | undefined;
}

/** A test message, by address. */
export interface NotifyTrial {
  readonly channel: NotifyProof['channel'];
  readonly to: string;
  readonly isOk: boolean;
  /** The server's, or why there was none. */
  readonly answer: string;
  /** The answer piece by piece, where the words are ours. */
  readonly said?: readonly Said[] | undefined;
  readonly messageId: string;
}

export interface NotifyService extends Part {
  book(): NotifyBook;
  /** Adds it where `revision` is 0; else it must be that of what it replaces. */
  put<Kind extends NotifyKind>(
    kind: Kind,
    id: string,
    input: NotifyInputs[Kind],
    revision: number,
    by: string,
  ): { readonly value: NotifyKinds[Kind]; readonly isNew: boolean } | NotifyRefusal;
  remove(kind: NotifyKind, id: string, revision: number): { readonly done: true } | NotifyRefusal;
  /** Sends a message to each address of a person, now; `channel` ('email', 'webhook:night-shift'): only to those it leads to. */
  test(person: string, channel?: string): Promise<readonly NotifyTrial[] | NotifyRefusal>;
  status(): NotifyStatus;
  waiting(): readonly NotifyWaiting[];
  /** Newest first, n < `before`. */
  proofs(before: number, limit: number, wanted?: NotifyProofsWanted): readonly NotifyProof[];
}
