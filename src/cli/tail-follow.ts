/**
 * How `tail` follows a box: the records by the cursor of the log, the frames by the live view. Both go on where they were when
 * the box comes back; what cannot be gone on from is said.
 */
import type { Box, Failure } from './box-api.ts';
import type { TailFrame, TailReading } from './tail-lines.ts';

/** How long the box waits for a new record before it answers with none. */
const WAIT_S = 30;
/** The box may say nothing for that long; the live view beats every 15 s. */
export const SILENCE_MS = 1_000 * (WAIT_S + 15);

/** An answer without anything new that came sooner was not waited for. */
const HASTY_MS = 1_000;

export interface Follower {
  readonly box: Pick<Box, 'follow'>;
  readonly signal: AbortSignal;
  readonly pause: () => Promise<void>;
  readonly monotonicMs: () => number;
  /** In the order of the log. */
  readonly readings: (readings: readonly TailReading[]) => Promise<void>;
  readonly frame: (frame: TailFrame) => void;
  readonly tell: (text: string) => void;
  readonly outage: Outage;
}

/** Says once that the box is away, and once that it is back, however many ask it. */
export interface Outage {
  lost(asker: string, problem: string): void;
  back(asker: string): void;
}

export function createOutage(tell: (text: string) => void): Outage {
  const away = new Set<string>();
  return {
    lost(asker, problem) {
      if (away.size === 0) tell(`${problem}; trying again`);
      away.add(asker);
    },
    back(asker) {
      if (away.delete(asker) && away.size === 0) tell('the box answers again; going on where it was');
    },
  };
}

/** Whether trying again does not mend it. */
function isFinal({ status }: Failure): boolean {
  return status !== undefined && status < 500 && status !== 429;
}

interface RecordLine {
  readonly id: string;
  readonly time: number;
  readonly kind: string;
  readonly device?: string;
  readonly body: ReadingBody;
}

interface ReadingBody extends Pick<TailReading, 'fields' | 'data' | 'fPort' | 'fCnt' | 'problem'> {
  readonly clock?: { readonly source?: string };
}

type PulledLine =
  | RecordLine
  | { readonly gap: { readonly count: number } }
  | { readonly next: string; readonly store: string };

/** Until `signal`, or a refusal that is none for now: that. */
export async function followRecords(follower: Follower, begin: string): Promise<Failure | undefined> {
  const { box, signal, outage, readings, pause } = follower;
  let after = begin;
  let store: string | undefined;
  while (!signal.aborted) {
    const askedMs = follower.monotonicMs();
    const answer = await box.follow(`/api/v1/records?after=${after}&wait=${WAIT_S}`, { signal });
    if (signal.aborted) return undefined;
    const pulled = answer.ok ? pulledOf(answer.text) : undefined;
    if (pulled) {
      outage.back('records');
      if (store !== undefined && store !== pulled.store)
        follower.tell('this is another store than before: what came meanwhile may be missing here');
      if (pulled.gone > 0) follower.tell(`${pulled.gone} records are not in the log any more`);
      await readings(pulled.readings);
      // A box about to stop does not wait any more.
      if (pulled.next === after && follower.monotonicMs() - askedMs < HASTY_MS) await pause();
      ({ next: after, store } = pulled);
      continue;
    }
    const goesOn = answer.ok ? undefined : goesOnFrom(answer, follower);
    if (goesOn !== undefined) after = goesOn;
    else if (!answer.ok && isFinal(answer)) return answer;
    else {
      outage.lost('records', answer.ok ? 'the answer of the box was cut' : answer.problem);
      await pause();
    }
  }
  return undefined;
}

interface Pulled {
  readonly readings: readonly TailReading[];
  readonly gone: number;
  readonly next: string;
  readonly store: string;
}

/** Undefined for an answer without its end. */
function pulledOf(text: string): Pulled | undefined {
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map(parsed);
  const last = lines.at(-1);
  if (last === undefined || !('next' in last)) return undefined;
  const gaps = lines.flatMap((line) => (line !== undefined && 'gap' in line ? [line.gap.count] : []));
  return {
    readings: lines.flatMap((line) =>
      line !== undefined && 'kind' in line && line.kind === 'uplink' ? [readingOf(line)] : [],
    ),
    gone: gaps.reduce((sum, count) => sum + count, 0),
    next: last.next,
    store: last.store,
  };
}

function parsed(line: string): PulledLine | undefined {
  try {
    return JSON.parse(line) as PulledLine;
  } catch {
    return undefined;
  }
}

function readingOf({ id, time, device = '', body }: RecordLine): TailReading {
  const { fields, data, fPort, fCnt, problem, clock } = body;
  return {
    id,
    time: new Date(time).toISOString(),
    ...(clock === undefined ? {} : { timeQuality: clock.source === 'gateway' ? 'gateway' : 'estimated' }),
    ...{ device, fields, data, fPort, fCnt },
    ...(problem === undefined ? {} : { problem }),
  };
}

/** Where to go on after 410, which it says; undefined for any other answer. */
function goesOnFrom({ status, json }: Failure, { tell }: Follower): string | undefined {
  if (status !== 410) return undefined;
  const { reason, oldest, newest, continues, missing } = json as {
    readonly reason?: string;
    readonly oldest?: string;
    readonly newest?: string;
    readonly continues?: string;
    readonly missing?: { readonly count: number };
  };
  if (continues !== undefined) return continues;
  if (reason === 'trimmed' && oldest !== undefined) {
    tell(`${missing?.count ?? 'some'} records are not in the log any more`);
    return oldest;
  }
  if (newest !== undefined)
    tell(
      `the log was put back or begun anew (${reason}): going on with its next record, ${newest} is its newest`,
    );
  return newest;
}

/** The same for frames; those before `sinceMs` are not shown. */
export async function followFrames(follower: Follower, sinceMs: number): Promise<Failure | undefined> {
  const { box, signal, outage, pause, frame } = follower;
  let after: string | undefined;
  let isFirst = true;
  while (!signal.aborted) {
    const take = createEventReader(({ id, event, data }) => {
      if (event !== 'frames') return;
      for (const one of JSON.parse(data) as readonly TailFrame[])
        if (Date.parse(one.time) >= sinceMs) frame(one);
      after = id ?? after;
    });
    // Without a place only new ones come: right at the start, and never after a break.
    const place = after ?? (isFirst ? undefined : '0-0');
    const query = `only=frames${place === undefined ? '' : `&after=${place}`}`;
    const answer = await box.follow(`/api/v1/events?${query}`, {
      signal,
      take(piece) {
        isFirst = false;
        outage.back('frames');
        take(piece);
      },
    });
    if (signal.aborted) return undefined;
    if (!answer.ok && isFinal(answer)) return answer;
    outage.lost('frames', answer.ok ? 'the box ended the live view' : answer.problem);
    await pause();
  }
  return undefined;
}

export interface ServerEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/** Takes server-sent events as they come, in pieces of any size. */
export function createEventReader(take: (event: ServerEvent) => void): (piece: string) => void {
  let rest = '';
  return (piece) => {
    const blocks = `${rest}${piece}`.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const lines = block.split('\n').map((line) => /^([a-z]+): ?(.*)$/.exec(line) ?? []);
      const all = (name: string) => lines.filter(([, key]) => key === name).map(([, , value = '']) => value);
      take({ id: all('id').at(-1), event: all('event').at(-1) ?? 'message', data: all('data').join('\n') });
    }
  };
}
