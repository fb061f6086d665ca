/** What every way out of the box has in common: one message to one address, and what became of it. */
import type { NotifyAddress } from '../../model/notify.ts';
import type { Said, SaidKey, Told } from '../../model/said.ts';
import { cut, oneLine } from '../../model/text.ts';
import type { MessageContent } from '../plan/state.ts';

export interface Outgoing {
  /** The same for each attempt. */
  readonly messageId: string;
  readonly madeMs: number;
  readonly subject: string;
  readonly text: string;
  readonly content: MessageContent;
  readonly address: NotifyAddress;
  readonly personName: string;
  readonly site: string;
  readonly page: string | undefined;
}

/** What the other side said, or what we say where it said nothing. */
export interface Answer {
  readonly answer: string;
  /** Where the words are ours. */
  readonly said?: readonly Said[] | undefined;
}

export type SendOutcome =
  | ({ readonly kind: 'sent' } & Answer)
  /** Try again: `isOfChannel` where nothing else will pass either; `maybeArrived` where the answer was lost. */
  | (Answer & {
      readonly kind: 'retry';
      readonly isOfChannel: boolean;
      readonly maybeArrived: boolean;
      /** What to do about it. */
      readonly todo?: SaidKey | undefined;
      /** Milliseconds it asks to be left alone. */
      readonly waitMs?: number;
    })
  /** This message, to this address; another attempt is worth little. */
  | ({ readonly kind: 'refused' } & Answer);

export interface ChannelSender {
  /** Never rejects; ends at once when `signal` is aborted. */
  send(message: Outgoing, signal: AbortSignal): Promise<SendOutcome>;
}

const MAX_ANSWER = 300;

export function answered({ detail, said }: Told): Answer {
  return { answer: briefly(detail), ...(said.length === 0 ? {} : { said }) };
}

/** A server's words, on one line and not too many; they are printed in terminals. */
export function briefly(answer: string): string {
  return cut(oneLine(answer).replace(/\s+/g, ' '), MAX_ANSWER);
}
