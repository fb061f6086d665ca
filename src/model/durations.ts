/**
 * How often something took how long, as a histogram of Prometheus counts it: a few additions each, and no more memory than
 * there are bounds.
 */

export interface DurationCounts {
  /** How many took at most so many seconds; each has those of the bounds below in it. */
  readonly within: readonly (readonly [boundS: number, count: number])[];
  readonly count: number;
  readonly sumS: number;
}

export interface Durations {
  note(seconds: number): void;
  counts(): DurationCounts;
}

/** Upper bounds, seconds: from a file out of memory on a PC to what a card that is busy makes a small box wait. */
export const USUAL_BOUNDS_S: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createDurations(boundsS: readonly number[] = USUAL_BOUNDS_S): Durations {
  const each = new Array<number>(boundsS.length + 1).fill(0);
  let sumS = 0;
  return {
    note(seconds) {
      const place = boundsS.findIndex((boundS) => seconds <= boundS);
      const index = place < 0 ? boundsS.length : place;
      each[index] = (each[index] ?? 0) + 1;
      sumS += seconds;
    },
    counts() {
      let count = 0;
      const within = boundsS.map((boundS, index) => {
        count += each[index] ?? 0;
        return [boundS, count] as const;
      });
      return { within, count: count + (each[boundsS.length] ?? 0), sumS };
    },
  };
}
