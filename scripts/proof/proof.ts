/** What a proof finds: figures with what they may be at most or at least; a fault does not hide those behind it. */

export interface Proof {
  say(line: string): void;
  /** Whether `value` is no more than `most`. */
  atMost(what: string, value: number, most: number, unit?: string): void;
  atLeast(what: string, value: number, least: number, unit?: string): void;
  /** A fault unless `found` is empty. */
  none(what: string, found: readonly string[]): void;
  holds(what: string, is: boolean): void;
  /** Called in reverse when the proof is over, however it ended. */
  atEnd(end: () => unknown): void;
}

/** Runs one; prints what it finds, and gives what was amiss. */
export async function prove(name: string, run: (proof: Proof) => Promise<void>): Promise<readonly string[]> {
  const faults: string[] = [];
  const ends: (() => unknown)[] = [];
  const told = (isGood: boolean, line: string): void => {
    console.log(`  ${isGood ? 'ok   ' : 'FAULT'} ${line}`);
    if (!isGood) faults.push(`${name}: ${line}`);
  };
  const figure = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(1));
  console.log(name);
  try {
    await run({
      say: (line) => console.log(`        ${line}`),
      atMost: (what, value, most, unit = '') =>
        told(value <= most, `${what}: ${figure(value)} ${unit} (at most ${most})`.replace('  ', ' ')),
      atLeast: (what, value, least, unit = '') =>
        told(value >= least, `${what}: ${figure(value)} ${unit} (at least ${least})`.replace('  ', ' ')),
      none: (what, found) =>
        told(
          found.length === 0,
          `${what}: ${found.length === 0 ? 'none' : found.slice(0, 20).join('\n          ')}`,
        ),
      holds: (what, is) => told(is, what),
      atEnd: (end) => void ends.push(end),
    });
  } catch (error) {
    told(false, error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  for (const end of ends.reverse())
    try {
      await end();
    } catch (error) {
      told(false, `at the end: ${String(error)}`);
    }
  return faults;
}
