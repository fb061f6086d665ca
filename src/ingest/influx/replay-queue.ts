/** Records that somebody wants written again, waiting for the writer's turns; every request is answered, once. */
import type { LogRecord } from '../../model/record.ts';
import type { Replay } from './delivery.ts';

export type Replayed = Pick<Replay, 'delivered' | 'refused' | 'stopped'>;

export interface ReplayQueue {
  add(records: readonly LogRecord[]): Promise<Replayed>;
  waiting(): boolean;
  /** Has `write` do the next part of the oldest request; the pause it asks for, milliseconds. */
  next(write: (replay: Replay) => Promise<number>): Promise<number>;
  /** Answers all that wait. */
  refuse(stopped: string): void;
}

export function createReplayQueue(): ReplayQueue {
  const queue: { readonly replay: Replay; readonly resolve: (replayed: Replayed) => void }[] = [];

  function settle(stopped?: string): void {
    const job = queue.shift();
    if (!job) return;
    const { delivered, refused } = job.replay;
    const why = stopped ?? job.replay.stopped;
    job.resolve(why === undefined ? { delivered, refused } : { delivered, refused, stopped: why });
  }

  return {
    add: (records) =>
      new Promise((resolve) => {
        queue.push({ replay: { work: [records], delivered: [], refused: [] }, resolve });
      }),
    waiting: () => queue.length > 0,
    async next(write) {
      const [job] = queue;
      if (!job) return 0;
      try {
        const pauseMs = await write(job.replay);
        if (job.replay.work.length === 0 || job.replay.stopped !== undefined) settle();
        return pauseMs;
      } catch (error) {
        settle('the records could not be read');
        throw error;
      }
    },
    refuse(stopped) {
      while (queue.length > 0) settle(stopped);
    },
  };
}
