/**
 * What an answer of InfluxDB (or its absence) means for the records of the request. A status never says which points
 * landed: releases differ, so everything short of "delivered" leads to sending again, which overwrites.
 */
import type { InfluxConfig } from '../../config/schema.ts';
import { retryAfterMs } from '../../model/retry-after.ts';
import { type Told, type ToldTrouble, tell } from '../../model/said.ts';
import { cut } from '../../model/text.ts';
import { wordsIn } from './answer-words.ts';
import { conflictIn, type TypeConflict } from './field-types.ts';
import { foreignAnswer } from './foreign-answer.ts';
import { keptFromIn, tooOldIn } from './too-old.ts';

const MAX_REASON = 500;

/** Why there was no answer. */
export type Failure =
  | 'refused'
  | 'unreachable'
  | 'unknown_host'
  | 'timeout'
  | 'cut'
  | 'tls'
  | 'no_tls'
  | 'aborted'
  | 'rehearsal';

export type Answer =
  | {
      readonly status: number;
      /** At most a few kilobytes. */
      readonly body: string;
      readonly retryAfter?: string | undefined;
      /** The server's own time, HTTP date. */
      readonly date?: string | undefined;
      /** Where a redirect leads. */
      readonly location?: string | undefined;
    }
  | { readonly failure: Failure };

export type WriteOutcome =
  | { readonly kind: 'delivered' }
  /** At least one point is bad; find it. `conflict`: what InfluxDB said about the type of a field. */
  | { readonly kind: 'rejected'; readonly reason: string; readonly conflict?: TypeConflict }
  /** Points lie before what the bucket keeps (`keptFromMs`, where it says so); `dropped` of them, NaN if it does not say. */
  | {
      readonly kind: 'too_old';
      readonly reason: string;
      readonly dropped: number;
      readonly keptFromMs?: number;
    }
  | { readonly kind: 'too_large'; readonly reason: string }
  /** Nothing will pass before someone changes something; look again now and then. `missing`: the bucket may be made. */
  | ({ readonly kind: 'paused'; readonly missing?: true } & ToldTrouble)
  /** The server asks for time; `afterMs` if it says how much. */
  | ({ readonly kind: 'busy'; readonly afterMs?: number } & Told)
  /** `suspect`: InfluxDB's releases before 2.3 answered 500 to a bad point, so this may be one. */
  | ({ readonly kind: 'failed'; readonly suspect: boolean } & Told)
  | { readonly kind: 'aborted' };

/** What the words for the operator need; `server` is the address without credentials. */
export interface Target {
  readonly server: string;
  readonly org: string;
  readonly bucket: string;
}

/** Whom the settings name, by host and port for the operator's eyes: never the credentials a URL may carry. */
export function targetOf({ url = '', org, bucket }: Pick<InfluxConfig, 'url' | 'org' | 'bucket'>): Target {
  return { server: URL.canParse(url) ? new URL(url).host : 'the configured address', org, bucket };
}

/**
 * The meaning of `answer`; `nowMs` is the wall clock, for a Retry-After that is a date. `isEmpty`: nothing was sent, so a refusal
 * is only InfluxDB's when it explains itself as one does.
 */
export function understand(answer: Answer, target: Target, nowMs: number, isEmpty = false): WriteOutcome {
  if ('failure' in answer) return failed(answer.failure, target);
  const { status } = answer;
  // InfluxDB 2, its like and its listeners all answer 204. With 200 answers what took the request for another one: a portal, a
  // proxy, a server that says yes to everything and stores nothing.
  if (status === 204) return { kind: 'delivered' };
  const words = wordsIn(answer.body);
  const foreign = foreignAnswer(status, words, answer.location, target.server);
  if (foreign) return { kind: 'paused', ...foreign };
  const reason = words.text === '' ? `status ${status}` : cut(words.text, MAX_REASON);
  const refused = refusalIn(status, words.text, reason);
  if (refused && isEmpty && words.form !== 'told')
    return {
      kind: 'paused',
      ...tell('influx.foreign', { server: target.server, answer: `${status}: ${reason}` }),
    };
  if (refused) return refused;
  if (status === 413) return { kind: 'too_large', reason };
  if (status === 429 || status === 503 || status === 408 || status === 425) {
    const afterMs = retryAfterMs(answer.retryAfter, answer.date, nowMs);
    const told = tell('influx.busy', { server: target.server, status, reason });
    return afterMs === undefined ? { kind: 'busy', ...told } : { kind: 'busy', ...told, afterMs };
  }
  if (status >= 500) {
    const values = { server: target.server, status, reason };
    return { kind: 'failed', ...tell('influx.failed', values, 'influx.wait.todo'), suspect: status === 500 };
  }
  return paused(status, reason, target);
}

/** What is said against the records themselves. */
function refusalIn(status: number, words: string, reason: string): WriteOutcome | undefined {
  const isRefusal = status === 422 || status === 400;
  const dropped = tooOldIn(words);
  // Status 500 before release 2.3, 403 in InfluxDB's cloud.
  if (dropped !== undefined && (isRefusal || status === 500 || status === 403)) {
    const keptFromMs = keptFromIn(words);
    return { kind: 'too_old', reason, dropped, ...(keptFromMs === undefined ? {} : { keptFromMs }) };
  }
  const conflict = conflictIn(words);
  // Status 500 here, too.
  if (conflict && (isRefusal || status === 201 || status === 500))
    return { kind: 'rejected', reason, conflict };
  return isRefusal || status === 201 ? { kind: 'rejected', reason } : undefined;
}

function paused(status: number, reason: string, target: Target): WriteOutcome {
  const values = { ...target, status, reason };
  const isOrg = /organi[sz]ation/i.test(reason);
  if (status === 401) return { kind: 'paused', ...tell('influx.token', values) };
  if (status === 403) return { kind: 'paused', ...tell('influx.forbidden', values) };
  if (status === 404 && isOrg) return { kind: 'paused', ...tell('influx.noOrg', values) };
  if (status === 404) return { kind: 'paused', ...tell('influx.noBucket', values), missing: true };
  if (status === 200) return { kind: 'paused', ...tell('influx.says200', values) };
  return { kind: 'paused', ...tell('influx.foreign', { server: target.server, answer: `status ${status}` }) };
}

function failed(failure: Failure, { server }: Target): WriteOutcome {
  if (failure === 'aborted') return { kind: 'aborted' };
  if (failure === 'tls' || failure === 'no_tls')
    return { kind: 'paused', ...tell(`influx.${failure}`, { server }) };
  return { kind: 'failed', ...tell(`influx.${failure}`, { server }, 'influx.wait.todo'), suspect: false };
}
