/** One figure of a run: what was measured, its ratio to what can be had beside it in the same run, and how it was measured. */

export interface Figure {
  /** Stable: the baseline knows it by this. */
  readonly key: string;
  readonly label: string;
  readonly value: number;
  readonly unit: string;
  /** To something measured in the same run, so that the machine's speed drops out. */
  readonly ratio?: Ratio;
  readonly how: string;
}

export interface Ratio {
  readonly value: number;
  /** What the figure is divided by. */
  readonly to: string;
  readonly better: 'lower' | 'higher';
}

/** A part of the bench that was not measured, and why. */
export interface Missing {
  readonly part: string;
  readonly why: string;
  /** It could not be had here; not so: it failed. */
  readonly skipped: boolean;
}

export interface Report {
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly load: readonly number[];
  readonly quick: boolean;
  readonly figures: readonly Figure[];
  readonly missing: readonly Missing[];
}

/** Thrown by a part that needs what this machine does not have. */
export class Unavailable extends Error {}

/** The figure and its ratio to `reference`; `to` names that. */
export function figure(
  key: string,
  label: string,
  [value, unit]: readonly [number, string],
  how: string,
  ratio?: { readonly reference: number; readonly to: string; readonly better?: Ratio['better'] },
): Figure {
  const { reference, to, better = 'lower' } = ratio ?? {};
  return {
    ...{ key, label, value, unit, how },
    ...(reference === undefined || to === undefined
      ? {}
      : { ratio: { value: value / reference, to, better } }),
  };
}

/** The table as Markdown, with how each was measured below it. */
export function markdown({ figures, missing, cpu, cores, node, load, quick }: Report): string {
  const rows = figures.map(({ label, value, unit, ratio }) => {
    const times = ratio ? `${digits(ratio.value)} times ${ratio.to}` : '';
    return `| ${label} | ${digits(value)} ${unit} | ${times} |`;
  });
  const hows = Map.groupBy(figures, ({ how }) => how);
  const told = [...hows].map(([how, group]) => `- ${group.map(({ label }) => label).join('; ')}: ${how}`);
  const gone = missing.map(
    ({ part, why, skipped }) => `- ${part}: ${skipped ? 'not here' : 'FAILED'}: ${why}`,
  );
  const machine = `${cores} × ${cpu}, Node ${node}, load ${load.map((one) => one.toFixed(1)).join(' ')} at the start`;
  return [
    `${machine}${quick ? '; quick: short runs, not for the record' : ''}`,
    '',
    '| figure | value | ratio |',
    '|---|---|---|',
    ...rows,
    ...['', 'How each was measured:', '', ...told],
    ...(gone.length > 0 ? ['', 'Not measured:', '', ...gone] : []),
  ].join('\n');
}

/** Three digits that mean something. */
export function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 10_000) return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ' ');
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}
