/**
 * Adaptive data rate: ChirpStack's default algorithm. From the best SNR of the last uplinks it takes steps of 3 dB: up in
 * data rate, then down in power; where the margin is negative up in power, but never down in data rate, which a device
 * does by itself when it hears nothing. Repetitions follow the share of lost frames.
 */
import { highestNarrowRate, requiredSnr } from '../region/rates.ts';
import type { Region } from '../region/region.ts';
import { ADR_HISTORY_LENGTH, type AdrHistory, lossPercent } from './history.ts';

export interface AdrQuestion {
  readonly region: Region;
  /** Of the uplink just received. */
  readonly dataRate: number;
  readonly txPowerIndex: number;
  readonly nbTrans: number;
  /** What the device can do; the region's range where nothing else is known. */
  readonly minTxPowerIndex: number;
  readonly maxTxPowerIndex: number | null;
  /** The highest the network allows. */
  readonly maxDataRate: number;
  /** dB kept in reserve; 10 by default. */
  readonly installationMarginDb?: number;
  readonly history: AdrHistory;
}

export interface AdrDecision {
  readonly dataRate: number;
  readonly txPowerIndex: number;
  readonly nbTrans: number;
}

export const INSTALLATION_MARGIN_DB = 10;
const STEP_DB = 3;
const NO_SNR = -999;

/** The next number of repetitions, by loss and by the present number less one. */
const NB_TRANS = [
  { belowPercent: 5, next: [1, 1, 2] },
  { belowPercent: 10, next: [1, 2, 3] },
  { belowPercent: 30, next: [2, 3, 3] },
  { belowPercent: Number.POSITIVE_INFINITY, next: [3, 3, 3] },
] as const;

/** The settings the device should have; the same as it has when there is nothing to change. */
export function decideAdr(question: AdrQuestion): AdrDecision {
  const { region, history, txPowerIndex, installationMarginDb = INSTALLATION_MARGIN_DB } = question;
  const maxDataRate = highestNarrowRate(region, question.maxDataRate);
  const dataRate = Math.min(question.dataRate, maxDataRate);
  const nbTrans = nextNbTrans(question.nbTrans, lossPercent(history));
  const maxSnr = history.reduce((max, entry) => Math.max(max, entry.maxSnr), NO_SNR);
  const margin = maxSnr - requiredSnr(region, question.dataRate) - installationMarginDb;
  const steps = Math.trunc(margin / STEP_DB);
  if (steps < 0 && countAtPower(history, txPowerIndex) !== ADR_HISTORY_LENGTH) {
    return { dataRate, txPowerIndex, nbTrans };
  }
  const limits = {
    maxDataRate,
    minTxPowerIndex: question.minTxPowerIndex,
    maxTxPowerIndex: Math.min(question.maxTxPowerIndex ?? region.maxTxPowerIndex, region.maxTxPowerIndex),
  };
  return { ...takeSteps(steps, { dataRate, txPowerIndex }, limits), nbTrans };
}

interface Limits {
  readonly maxDataRate: number;
  readonly minTxPowerIndex: number;
  readonly maxTxPowerIndex: number;
}

/** Data rate and power after so many steps of 3 dB; a higher index is a lower power. */
export function takeSteps(
  steps: number,
  from: { readonly dataRate: number; readonly txPowerIndex: number },
  limits: Limits,
): { dataRate: number; txPowerIndex: number } {
  if (steps <= 0) {
    const txPowerIndex = Math.max(limits.minTxPowerIndex, from.txPowerIndex + steps);
    return { dataRate: from.dataRate, txPowerIndex: steps === 0 ? from.txPowerIndex : txPowerIndex };
  }
  const faster = Math.min(steps, Math.max(0, limits.maxDataRate - from.dataRate));
  const weaker = Math.min(steps - faster, Math.max(0, limits.maxTxPowerIndex - from.txPowerIndex));
  return { dataRate: from.dataRate + faster, txPowerIndex: from.txPowerIndex + weaker };
}

/** The next number of repetitions. */
export function nextNbTrans(nbTrans: number, percentLost: number): number {
  const index = Math.min(3, Math.max(1, nbTrans)) - 1;
  const row = NB_TRANS.find(({ belowPercent }) => percentLost < belowPercent);
  return row?.next[index] ?? 3;
}

function countAtPower(history: AdrHistory, txPowerIndex: number): number {
  return history.filter((entry) => entry.txPowerIndex === txPowerIndex).length;
}
