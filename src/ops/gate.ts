/**
 * Whether a new version may stay: the box can store readings and has no more urgent alarms that nobody has seen than it may have,
 * for a while in one piece, and within a limit. For what brings a version to a box and knows nothing of readings and alarms.
 */
import type { Clock } from '../model/world.ts';
import { PREFIX } from './figures/figure.ts';

/** What one look found. 'unknown': nobody can say, and to wait does not help. */
export interface Look {
  readonly is: 'well' | 'unwell' | 'unknown';
  /** For people. */
  readonly words: string;
}

export interface GateDeps {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Waits between two looks. */
  readonly pause: (ms: number) => Promise<void>;
  readonly look: () => Promise<Look>;
  /** Takes what a look found, where it is not what the one before did. */
  readonly tell: (words: string) => void;
  /** How long the box may take, all in all. */
  readonly limitMs: number;
  /** How long it must be well, without a break. */
  readonly holdMs: number;
}

const POLL_MS = 5_000;

/** Resolves once the box has been well for `holdMs`, or when it will not be. */
export async function watchGate({ clock, pause, look, tell, limitMs, holdMs }: GateDeps): Promise<Look> {
  const beganMs = clock.monotonicMs();
  let wellSinceMs: number | undefined;
  let told: string | undefined;
  for (;;) {
    const found = await look();
    const nowMs = clock.monotonicMs();
    if (found.words !== told) tell(found.words);
    told = found.words;
    if (found.is === 'unknown') return found;
    wellSinceMs = found.is === 'well' ? (wellSinceMs ?? nowMs) : undefined;
    if (wellSinceMs !== undefined && nowMs - wellSinceMs >= holdMs) return found;
    if (nowMs - beganMs >= limitMs) {
      return found.is === 'unwell' ? found : { is: 'unwell', words: 'it was not well for long enough' };
    }
    await pause(Math.min(POLL_MS, holdMs));
  }
}

const ALARMS = new RegExp(`^${PREFIX}alarms\\{([^}]*)\\} (\\d+)$`, 'gm');

/** What `figures`, as /metrics has them, say of alarms; those that somebody has acknowledged are known of. */
export function lookAtAlarms(figures: string, allowed: number): Look {
  const samples = [...figures.matchAll(ALARMS)];
  if (samples.length === 0) return { is: 'unwell', words: 'ready; nothing is said of alarms yet' };
  const urgent = samples
    .filter(
      ([, labels = '']) => /\bstate="active"/.test(labels) && /\bpriority="(critical|high)"/.test(labels),
    )
    .reduce((sum, [, , count]) => sum + Number(count), 0);
  const words = `ready; ${urgent} urgent alarms that nobody has acknowledged, ${allowed} are allowed`;
  return { is: urgent > allowed ? 'unwell' : 'well', words };
}
