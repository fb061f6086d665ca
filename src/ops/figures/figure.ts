/** What one figure for Prometheus is, whatever it counts. */

export const PREFIX = 'webscada_edge_';

export type Labels = Readonly<Record<string, string>>;
/** What is not known has no value, and is absent from the scrape. */
export type Samples = readonly { readonly labels?: Labels; readonly value: number | undefined }[];

interface Named {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

/** One figure: its samples are read anew at each scrape. */
export interface Figure extends Named {
  readonly kind: 'counter' | 'gauge';
  readonly read: () => Samples;
}

/** A trace of which a step took so long. */
export interface Exemplar {
  readonly traceId: string;
  readonly value: number;
  readonly timeMs: number;
}

/** How often something took how long. */
export interface HistogramSample {
  readonly labels: Labels;
  /** How many took at most so long, by upper bound; each has those of the bounds below in it. */
  readonly within: readonly (readonly [bound: number, count: number])[];
  readonly count: number;
  readonly sum: number;
  /** The newest last; absent where nothing is traced. */
  readonly exemplars?: readonly Exemplar[] | undefined;
}

export interface HistogramFigure extends Named {
  readonly kind: 'histogram';
  readonly read: () => readonly HistogramSample[];
}

export type AnyFigure = Figure | HistogramFigure;
