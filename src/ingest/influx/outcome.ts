/**
 * What an answer of InfluxDB (or its absence) means for the records of the request. A status never says which points
 * landed: releases differ, so everything short of "delivered" leads to sending again, which overwrites.
 */
import { cut } from '../../model/text.ts';
import { conflictIn, type TypeConflict } from './field-types.ts';
import { retryAfterMs } from './retry-after.ts';
import { tooOldIn } from './too-old.ts';

const MAX_REASON = 500;

/** Why there was no answer. */
export type Failure = 'refused' | 'unreachable' | 'unknown_host' | 'timeout' | 'cut' | 'tls' | 'aborted';

export type Answer =
  | {
      readonly status: number;
      /** At most a few kilobytes. */
      readonly body: string;
      readonly retryAfter?: string | undefined;
      /** The server's own time, HTTP date. */
      readonly date?: string | undefined;
    }
  | { readonly failure: Failure };

export type WriteOutcome =
  | { readonly kind: 'delivered' }
  /** At least one point is bad; find it. `conflict`: what InfluxDB said about the type of a field. */
  | { readonly kind: 'rejected'; readonly reason: string; readonly conflict?: TypeConflict }
  /** Points lie before what the bucket keeps; `dropped` of them, NaN if it does not say. */
  | { readonly kind: 'too_old'; readonly reason: string; readonly dropped: number }
  | { readonly kind: 'too_large'; readonly reason: string }
  /** Nothing will pass before someone changes something; look again now and then. `missing`: the bucket may be made. */
  | { readonly kind: 'paused'; readonly detail: string; readonly hint: string; readonly missing?: true }
  /** The server asks for time; `afterMs` if it says how much. */
  | { readonly kind: 'busy'; readonly detail: string; readonly afterMs?: number }
  /** `suspect`: InfluxDB's releases before 2.3 answered 500 to a bad point, so this may be one. */
  | { readonly kind: 'failed'; readonly detail: string; readonly suspect: boolean }
  | { readonly kind: 'aborted' };

/** What the words for the operator need; `server` is the address without credentials. */
export interface Target {
  readonly server: string;
  readonly org: string;
  readonly bucket: string;
}

/** The meaning of `answer`; `nowMs` is the wall clock, for a Retry-After that is a date. */
export function understand(answer: Answer, target: Target, nowMs: number): WriteOutcome {
  if ('failure' in answer) return failed(answer.failure, target);
  const { status } = answer;
  const words = wordsOf(answer.body);
  const reason = words === '' ? `status ${status}` : cut(words, MAX_REASON);
  // InfluxDB 2, its like and its listeners all answer 204. With 200 answers what took the request for another one: a portal, a
  // proxy, a server that says yes to everything and stores nothing.
  if (status === 204) return { kind: 'delivered' };
  const dropped = tooOldIn(words);
  // Status 500 before release 2.3.
  if (dropped !== undefined && (status === 422 || status === 400 || status === 500)) {
    return { kind: 'too_old', reason, dropped };
  }
  const conflict = conflictIn(words);
  // Status 500 here, too.
  if (conflict && (status === 422 || status === 400 || status === 201 || status === 500)) {
    return { kind: 'rejected', reason, conflict };
  }
  if (status === 400 || status === 422 || status === 201) return { kind: 'rejected', reason };
  if (status === 413) return { kind: 'too_large', reason };
  if (status === 429 || status === 503 || status === 408 || status === 425) {
    const afterMs = retryAfterMs(answer.retryAfter, answer.date, nowMs);
    const detail = `InfluxDB at ${target.server} is busy (${status}: ${reason})`;
    return afterMs === undefined ? { kind: 'busy', detail } : { kind: 'busy', detail, afterMs };
  }
  if (status >= 500) {
    const detail = `InfluxDB at ${target.server} failed (${status}: ${reason})`;
    return { kind: 'failed', detail, suspect: status === 500 };
  }
  return paused(status, reason, target);
}

/** The server's own words: InfluxDB answers `{"code": …, "message": …}`. */
function wordsOf(body: string): string {
  let text = body;
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null) {
      const { message, error } = parsed as { message?: unknown; error?: unknown };
      text = typeof message === 'string' ? message : typeof error === 'string' ? error : body;
    }
  } catch {
    // Not JSON: a proxy's page; its first words must do.
  }
  return text.replace(/\s+/g, ' ').trim();
}

function paused(status: number, reason: string, { server, org, bucket }: Target): WriteOutcome {
  if (status === 401) {
    return {
      kind: 'paused',
      detail: `InfluxDB at ${server} does not accept the token (401: ${reason})`,
      hint: `Put a token with write permission on bucket "${bucket}" of organisation "${org}" into the settings.`,
    };
  }
  if (status === 403) {
    return {
      kind: 'paused',
      detail: `The token may not write to bucket "${bucket}" (403: ${reason})`,
      hint: `Give the token write permission on bucket "${bucket}" of organisation "${org}", or use another.`,
    };
  }
  if (status === 404 && /organi[sz]ation/i.test(reason)) {
    return {
      kind: 'paused',
      detail: `InfluxDB at ${server} has no organisation "${org}" (404: ${reason})`,
      hint: 'Correct the organisation (influx.org) in the settings.',
    };
  }
  if (status === 404) {
    return {
      kind: 'paused',
      detail: `InfluxDB at ${server} has no bucket "${bucket}" in organisation "${org}" (404: ${reason})`,
      hint: 'Create the bucket or correct organisation and bucket in the settings.',
      missing: true,
    };
  }
  if (status === 200) {
    return {
      kind: 'paused',
      detail: `What answers at ${server} does not behave like InfluxDB 2: a write is answered with status 200, not 204, so nobody knows whether it was stored`,
      hint: 'Check the address in the settings; a proxy or a login page may be in between. Nothing counts as delivered until a write is answered with 204.',
    };
  }
  return {
    kind: 'paused',
    detail: `What answers at ${server} does not behave like InfluxDB 2 (status ${status})`,
    hint: 'Check the address in the settings; a proxy or a login page may be in between.',
  };
}

function failed(failure: Failure, { server }: Target): WriteOutcome {
  const words: Record<Exclude<Failure, 'aborted' | 'tls'>, string> = {
    refused: 'refuses the connection: it is not running or listens elsewhere',
    unreachable: 'cannot be reached over the network',
    unknown_host: 'has a name that cannot be resolved',
    timeout: 'does not answer in time',
    cut: 'cut the connection',
  };
  if (failure === 'aborted') return { kind: 'aborted' };
  if (failure === 'tls') {
    return {
      kind: 'paused',
      detail: `The certificate of InfluxDB at ${server} is not trusted`,
      hint: "Install the certificate's authority on this machine, or check the machine's date.",
    };
  }
  return { kind: 'failed', detail: `InfluxDB at ${server} ${words[failure]}`, suspect: false };
}
