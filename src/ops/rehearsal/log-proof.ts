/**
 * Looks through the log between two numbers for what is missing and what is there twice: every number once, every frame of a
 * device's session once. Piece by piece, with a pause after each; memory is bounded.
 */
import { type LogRecord, uplinkBody } from '../../model/record.ts';
import type { RehearsalCheck } from '../../model/rehearsal.ts';
import type { Log } from '../../store/contract.ts';

const PIECE = 250;
/** Frames whose counters are compared; of more only the numbers are. */
const MAX_FRAMES = 200_000;

export interface LogFindings {
  readonly records: number;
  /** Numbers between the two that are not in the log. */
  readonly missing: number;
  /** Frames that are there twice. */
  readonly doubled: number;
  readonly frames: number;
  /** Counters that devices passed over: frames that never came, by radio or by the broker. */
  readonly notHeard: number;
  /** Not all frames were compared. */
  readonly isPartial: boolean;
}

export interface LogRange {
  readonly log: Pick<Log, 'readAfter'>;
  readonly fromSeq: number;
  readonly toSeq: number;
  /** Lets others have their turn; false: give up. */
  readonly pause: () => Promise<boolean>;
}

/** undefined when it was given up. */
export async function lookThroughLog({
  log,
  fromSeq,
  toSeq,
  pause,
}: LogRange): Promise<LogFindings | undefined> {
  const sessions = new Map<string, Set<number>>();
  let [records, frames, doubled] = [0, 0, 0];
  let after = fromSeq;
  while (after < toSeq) {
    const piece = log.readAfter(after, PIECE).filter(({ seq }) => seq <= toSeq);
    records += piece.length;
    for (const record of piece) {
      if (record.kind !== 'uplink' || frames >= MAX_FRAMES) continue;
      frames += 1;
      if (!noteFrame(sessions, record)) doubled += 1;
    }
    after = piece.at(-1)?.seq ?? toSeq;
    if (!(await pause())) return undefined;
  }
  const notHeard = [...sessions.values()].reduce((sum, counters) => sum + passedOver(counters), 0);
  const missing = toSeq - fromSeq - records;
  return { records, missing, doubled, frames, notHeard, isPartial: frames >= MAX_FRAMES };
}

/** False when that frame was there before. */
function noteFrame(sessions: Map<string, Set<number>>, record: LogRecord): boolean {
  const { devAddr, fCnt } = uplinkBody(record);
  const key = `${record.device} ${devAddr}`;
  const counters = sessions.get(key) ?? new Set();
  sessions.set(key, counters);
  if (counters.has(fCnt)) return false;
  counters.add(fCnt);
  return true;
}

function passedOver(counters: ReadonlySet<number>): number {
  let [least, greatest] = [Number.POSITIVE_INFINITY, 0];
  for (const counter of counters) {
    least = Math.min(least, counter);
    greatest = Math.max(greatest, counter);
  }
  return greatest - least + 1 - counters.size;
}

/** `wasBrokerCut`: what the broker kept has to be there too, which only the counters of the devices can tell. */
export function logChecks(
  found: LogFindings | undefined,
  { fromSeq, toSeq }: Pick<LogRange, 'fromSeq' | 'toSeq'>,
  wasBrokerCut: boolean,
): RehearsalCheck[] {
  if (!found)
    return [{ what: 'log', outcome: 'unproved', text: 'the box was stopped before it was looked through' }];
  const { missing, doubled, frames, notHeard, isPartial } = found;
  const range = `${fromSeq + 1} to ${toSeq}`;
  const compared = isPartial ? `the first ${frames} frames` : `${frames} frames`;
  return [
    {
      what: 'log without gaps',
      outcome: missing === 0 ? 'proved' : 'unproved',
      text:
        missing === 0
          ? `every number of ${range} is there`
          : `${missing} of the numbers ${range} are not there any more: retention takes what is delivered; the readers below tell whether it was`,
    },
    {
      what: 'log without doubles',
      outcome: doubled > 0 ? 'failed' : isPartial ? 'unproved' : 'proved',
      text: doubled > 0 ? `${doubled} of ${compared} are there twice` : `each of ${compared} is there once`,
    },
    ...(wasBrokerCut ? [brokerCheck(frames, notHeard)] : []),
  ];
}

function brokerCheck(frames: number, notHeard: number): RehearsalCheck {
  if (notHeard === 0)
    return {
      what: 'frames kept by the broker',
      outcome: frames > 0 ? 'proved' : 'unproved',
      text:
        frames > 0
          ? `the counters of the devices have no gap in ${frames} frames`
          : 'no device has sent anything',
    };
  return {
    what: 'frames kept by the broker',
    outcome: 'unproved',
    text: `by the counters of the devices ${notHeard} frames beside ${frames} did not come; frames lost on the air look the same`,
  };
}
