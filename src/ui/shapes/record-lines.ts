/**
 * Records as lines of NDJSON, for programs that take the log over: the same content as an entry of the site's stream at the
 * centre, the body byte for byte as it is in the log. Where records are gone between two lines, a line says so; the last line
 * holds the cursor to go on with.
 */
import type { LogRecord } from '../../model/record.ts';
import { recordId } from './position.ts';

/** `{"id":"<epoch>-<seq>","time":<epoch ms>,"kind":…,"device":…,"body":{…}}`; without `device` where none is concerned. */
export function recordLine(epoch: number, { seq, timeMs, kind, device, body }: LogRecord): string {
  const concerned = device === null ? '' : `,"device":${JSON.stringify(device)}`;
  return `{"id":"${recordId(epoch, seq)}","time":${timeMs},"kind":"${kind}"${concerned},"body":${body}}\n`;
}

/** Records `from` to `to` are not in the log any more. */
export function gapLine(epoch: number, from: number, to: number): string {
  const gap = { from: recordId(epoch, from), to: recordId(epoch, to), count: to - from + 1 };
  return `${JSON.stringify({ gap, reason: 'removed' })}\n`;
}

export interface PullEnd {
  /** To be handed back as `after`. */
  readonly next: string;
  /** Whether there is more at once. */
  readonly more: boolean;
  /** Names the store; another one means another box, or one begun anew. */
  readonly store: string;
}

export function endLine(end: PullEnd): string {
  return `${JSON.stringify(end)}\n`;
}
