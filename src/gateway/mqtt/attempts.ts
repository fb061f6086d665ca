/**
 * How the connections to a broker went so far, and what follows for the next: the MQTT version it speaks and how long to
 * wait for it. Two boxes with one client id throw each other out for ever; such unsteady connections are tried ever less often.
 *
 * Invariant: MQTT 3.1.1 that was only guessed, since the broker or what stands before it hung up without an answer, is never
 * kept for the next connection without trying 5 again: a broker that is just starting hangs up as well.
 */
import type { MqttConfig } from '../../config/schema.ts';
import { backoffMs } from '../../model/backoff.ts';
import type { World } from '../../model/world.ts';

export interface Attempts {
  /** What the connection being made speaks. */
  version(): 4 | 5;
  /** The network part of it is there. */
  opened(): void;
  /** It is, and the broker has not answered yet. */
  isUnanswered(): boolean;
  /** The broker has let us in. */
  letIn(): void;
  /** The broker has said that it does not speak this version. */
  versionRefused(): void;
  /** The connection is over, or could not be made; says how far it had come. */
  ended(): 'unreachable' | 'unanswered' | 'let_in';
  /** Connections end again and again soon after we are let in. */
  isUnsteady(): boolean;
  /** The connection has lasted, or its end has a cause that waiting does not mend. */
  steady(): void;
  /** Until the next. */
  delayMs(): number;
}

const RETRY = { minMs: 500, maxMs: 5_000 };
/** Longer than others wait, so that one of two boxes hears the gateways for a while at least. */
const UNSTEADY_RETRY = { minMs: 500, maxMs: 30_000 };
/** A connection that has lasted so long is no part of such a struggle: longer than the longest wait of the other. */
export const STEADY_MS = 60_000;
/** Short lives in a row that are no coincidence. */
const UNSTEADY_LIVES = 3;
/** Times that MQTT 5 may go unanswered before 3.1.1 is tried; once where that has helped before. */
const UNANSWERED_TRIES = 2;

export function createAttempts(protocol: MqttConfig['protocol'], { clock, random }: World): Attempts {
  let version: 4 | 5 = protocol === '3.1.1' ? 4 : 5;
  let stage: ReturnType<Attempts['ended']> = 'unreachable';
  let letInMs = 0;
  let failures = 0;
  let shortLives = 0;
  let unanswered = 0;
  let isGuess = false;
  let hasHelped = false;

  function guess(how: typeof stage): void {
    if (protocol !== 'auto') return;
    if (version === 4 && isGuess && how !== 'unreachable') {
      version = 5;
      isGuess = false;
      unanswered = 0;
    } else if (version === 5 && how === 'unanswered') {
      unanswered += 1;
      if (unanswered < (hasHelped ? 1 : UNANSWERED_TRIES)) return;
      version = 4;
      isGuess = true;
    }
  }

  return {
    version: () => version,
    opened() {
      stage = 'unanswered';
    },
    isUnanswered: () => stage === 'unanswered',
    letIn() {
      stage = 'let_in';
      letInMs = clock.monotonicMs();
      unanswered = 0;
      hasHelped = isGuess;
    },
    versionRefused() {
      if (protocol !== 'auto') return;
      version = version === 5 ? 4 : 5;
      isGuess = false;
      stage = 'unreachable';
    },
    ended() {
      const how = stage;
      stage = 'unreachable';
      if (how === 'let_in') {
        const hasLasted = clock.monotonicMs() - letInMs >= STEADY_MS;
        shortLives = hasLasted ? 0 : shortLives + 1;
        failures = shortLives;
      } else {
        failures += 1;
      }
      guess(how);
      return how;
    },
    isUnsteady: () => shortLives >= UNSTEADY_LIVES,
    steady() {
      shortLives = 0;
      failures = 0;
    },
    delayMs() {
      const range = shortLives >= UNSTEADY_LIVES ? UNSTEADY_RETRY : RETRY;
      return backoffMs(Math.max(0, failures - 1), range, random);
    },
  };
}
