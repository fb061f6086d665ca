/**
 * The frame counter rule of LoRaWAN 1.0.x (§4.3.1.5): a frame carries the lower 16 of 32 bits, and the receiver, who
 * knows the next one expected, infers the rest. Several full values are possible; the MIC decides which one was meant.
 */

/**
 * 'new': not seen before. 'retransmission': equal to the last one taken. 'replay': smaller than that: an old frame sent
 * again, or a device that has started counting anew.
 */
export type CounterVerdict = 'new' | 'retransmission' | 'replay';

export interface CounterCandidate {
  /** The full 32-bit counter. */
  readonly fCnt: number;
  readonly verdict: CounterVerdict;
}

const PERIOD = 0x1_0000;
const MAX_FCNT = 0xffff_ffff;

/**
 * The full counters that `fCnt16` may stand for, the likeliest first, without repetition; one to three of them.
 * `nextFCnt` is the next one expected, 0 before the first frame, 2^32 when the session is used up: then nothing is
 * 'new' any more.
 */
export function counterCandidates(nextFCnt: number, fCnt16: number): CounterCandidate[] {
  const candidates: CounterCandidate[] = [];
  const ahead = nextFCnt + modulo(fCnt16 - nextFCnt);
  const behind = ahead - PERIOD;
  if (behind >= 0 && behind === nextFCnt - 1) candidates.push({ fCnt: behind, verdict: 'retransmission' });
  if (ahead <= MAX_FCNT) candidates.push({ fCnt: ahead, verdict: 'new' });
  if (behind >= 0 && behind < nextFCnt - 1) candidates.push({ fCnt: behind, verdict: 'replay' });
  // A device that was reset counts from 0 again, which is further back than one period in an old session.
  if (fCnt16 < behind) candidates.push({ fCnt: fCnt16, verdict: 'replay' });
  return candidates;
}

/** The remainder in 0..65535, also of a negative number; `&` alone would not do above 2^31. */
function modulo(value: number): number {
  return ((value % PERIOD) + PERIOD) % PERIOD;
}
