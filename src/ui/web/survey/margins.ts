/** What a survey looks at: the newest frames of one device, and what is to spare of each. Pure. */
import { marginDb } from '../../../model/link-margin.ts';
import type { ReadingView } from '../../shapes/records.ts';

/** Dots shown. */
export const DOTS = 20;

export interface Dot {
  readonly id: string;
  readonly timeMs: number;
  readonly fCnt: number;
  /** Of the best reception; undefined where the data rate is none of LoRa's. */
  readonly marginDb: number | undefined;
  readonly dataRate: string;
  readonly gatewayId: string;
  readonly rssi: number;
  readonly snr: number;
  readonly gateways: number;
  /** Frames before it that nobody heard. */
  readonly missed: number;
}

/** The newest dots, oldest first; `reading` may be one of them already. */
export function withReading(dots: readonly Dot[], reading: ReadingView): readonly Dot[] {
  const [best] = reading.receptions;
  if (!best || dots.some(({ id }) => id === reading.id)) return dots;
  const { id, fCnt, dataRate } = reading;
  const before = dots.at(-1);
  const dot: Dot = {
    ...{ id, fCnt, dataRate, timeMs: Date.parse(reading.time), marginDb: marginDb(best.snr, dataRate) },
    ...{ gatewayId: best.gatewayId, rssi: best.rssi, snr: best.snr, gateways: reading.receptions.length },
    // A device that started anew counts from the beginning, and has missed nothing.
    missed: before && fCnt > before.fCnt ? fCnt - before.fCnt - 1 : 0,
  };
  return [...dots, dot].slice(-DOTS);
}

/** How good that is, by what a link needs to stand rain, leaves and a parked lorry. */
export function gradeOf(margin: number): 'ample' | 'good' | 'weak' | 'lost' {
  if (margin >= 15) return 'ample';
  if (margin >= 10) return 'good';
  return margin >= 5 ? 'weak' : 'lost';
}

/** Hertz of the beep: the higher the better, an octave every 10 dB. */
export function pitchOf(margin: number): number {
  return Math.round(440 * 2 ** (Math.max(-10, Math.min(30, margin)) / 10));
}
