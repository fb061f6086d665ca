/** The list of devices under headings, an area each: the one with the worst first. Pure. */
import { FLAGS, type Flag, isAlarm } from '../device-flags.ts';
import { locale } from '../texts.ts';

export interface Grouped {
  readonly key: string;
  /** '' for none. */
  readonly area: string;
  readonly flags: readonly Flag[];
}

export interface AreaHead {
  readonly key: string;
  readonly area: string;
  readonly count: number;
  /** Devices that somebody has to do something about. */
  readonly abnormal: number;
}

export interface AreaGroup<T> {
  readonly head: AreaHead;
  readonly rows: readonly T[];
}

/** `rows` keep their order within an area; with `isKept` the areas keep theirs too, by the first row of each. */
export function byArea<T extends Grouped>(rows: readonly T[], isKept: boolean): readonly AreaGroup<T>[] {
  const areas = new Map<string, T[]>();
  for (const row of rows) {
    const known = areas.get(row.area);
    if (known) known.push(row);
    else areas.set(row.area, [row]);
  }
  const groups = [...areas].map(([area, own]) => ({ head: headOf(area, own), rows: own }));
  if (isKept) return groups;
  const order = new Intl.Collator(locale, { numeric: true });
  /** They come with the worst first. */
  const rank = ({ rows: [worst] }: AreaGroup<T>): number => (worst ? rankOf(worst) : FLAGS.length);
  return groups.toSorted(
    (a, b) => rank(a) - rank(b) || nameless(a) - nameless(b) || order.compare(a.head.area, b.head.area),
  );
}

function headOf(area: string, rows: readonly Grouped[]): AreaHead {
  const abnormal = rows.filter(({ flags }) => flags.some(isAlarm)).length;
  return { key: `area:${area}`, area, count: rows.length, abnormal };
}

function rankOf({ flags: [worst] }: Grouped): number {
  return worst === undefined ? FLAGS.length : FLAGS.indexOf(worst);
}

function nameless({ head }: AreaGroup<unknown>): number {
  return head.area === '' ? 1 : 0;
}
