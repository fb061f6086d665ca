/** Which ratios of a run are worse than those of the baseline. Ratios, since they hardly depend on the machine. */
import type { Ratio, Report } from './figure.ts';

/** By the key of the figure. */
export type Baseline = Readonly<Record<string, Pick<Ratio, 'value' | 'better'>>>;

export interface Regression {
  readonly key: string;
  readonly was: number;
  /** Undefined: the run has no such ratio. */
  readonly is: number | undefined;
}

/** How much worse a ratio may be. */
export const TOLERANCE = 0.2;

/** Those that are worse by more than TOLERANCE, or missing. */
export function regressions(baseline: Baseline, { figures }: Pick<Report, 'figures'>): readonly Regression[] {
  const found = new Map(figures.map(({ key, ratio }) => [key, ratio?.value]));
  return Object.entries(baseline).flatMap(([key, { value: was, better }]) => {
    const is = found.get(key);
    return is !== undefined && isGood(is, was, better) ? [] : [{ key, was, is }];
  });
}

/** Not a number is never good. */
function isGood(is: number, was: number, better: Ratio['better']): boolean {
  return better === 'lower' ? is <= was * (1 + TOLERANCE) : is >= was * (1 - TOLERANCE);
}

/** The ratios of a run, as the baseline of the next. */
export function baselineOf({ figures }: Pick<Report, 'figures'>): Baseline {
  return Object.fromEntries(
    figures.flatMap(({ key, ratio }) =>
      ratio ? [[key, { value: Number(ratio.value.toPrecision(3)), better: ratio.better }] as const] : [],
    ),
  );
}
