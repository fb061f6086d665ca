/** A long repair goes in steps, so that the process goes on answering meanwhile: who runs it decides what comes in between. */

export interface RepairProgress {
  /** Of the whole repair, 0 to 100. */
  readonly percent: number;
}

export type RepairSteps<T> = Generator<RepairProgress, T>;

/** Part of a repair that is copying; the rest is counting what came of it. */
export const COPYING_PERCENT = 80;

/** All steps at once. */
export function runToEnd<T>(steps: RepairSteps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** One step at a time; `between` is waited for. Ends the repair, to be gone on with at the next start, when that rejects. */
export async function runInTurns<T>(
  steps: RepairSteps<T>,
  between: (progress: RepairProgress) => Promise<void>,
): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    try {
      await between(step.value);
      await new Promise((resolve) => setImmediate(resolve));
    } catch (error) {
      // Runs what is in `finally` on the way out: files are closed.
      steps.return(undefined as never);
      throw error;
    }
  }
}
