/** The browser's clock and timers: the one file of the pages that reads them. */
import { signal } from '@preact/signals';

/** Clock of the box minus clock of this screen, milliseconds. */
export const offsetMs = signal(0);

/** The box's time as far as we know, epoch milliseconds; ticks once a second. */
export const boxNowMs = signal(Date.now());

/** Notes what the box's clock showed just now. */
export function noteBoxTime(timeMs: number): void {
  offsetMs.value = timeMs - Date.now();
  boxNowMs.value = timeMs;
}

/** Milliseconds since the page was opened; never goes back. */
export function elapsedMs(): number {
  return performance.now();
}

/** Runs `task` once after `delayMs`; the result cancels it. */
export function after(delayMs: number, task: () => void): () => void {
  const timer = setTimeout(task, delayMs);
  return () => clearTimeout(timer);
}

/** Resolves after so long. */
export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, delayMs));
}

export function startTicking(): void {
  setInterval(() => {
    boxNowMs.value = Date.now() + offsetMs.value;
  }, 1000);
}

/** Between 80 and 120 percent of `ms`, so that the phones of a site do not come back all at once. */
export function jittered(ms: number): number {
  return ms * (0.8 + 0.4 * Math.random());
}
