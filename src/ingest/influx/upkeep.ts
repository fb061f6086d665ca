/** What an operator can ask of the writer beside the delivery: the log written again, and a look at what is there. */
import type { CheckStatus, RewindStatus } from '../../model/influx.ts';
import type { Range } from './rewrite.ts';
import type { SpotCheck } from './spot-check.ts';
import { noteAsked, type WriterContext } from './write-loop.ts';

/** Each gives 'not_configured' where there is no InfluxDB. */
export interface InfluxUpkeep {
  /** Writes the log again; 'busy' while that is under way already. */
  rewind(range: Range): RewindStatus | 'busy' | 'not_configured';
  /** Ends that; 'idle' when nothing is under way. */
  cancelRewind(by: string): RewindStatus | 'idle' | 'not_configured';
  /** Looks up some of what was delivered; 'no_answer' when that told nothing. */
  check(accept: boolean): Promise<CheckStatus | 'no_answer' | 'not_configured'>;
}

export const NO_UPKEEP: InfluxUpkeep = {
  rewind: () => 'not_configured',
  cancelRewind: () => 'not_configured',
  check: () => Promise.resolve('not_configured'),
};

export function upkeepOf(context: WriterContext & { readonly spotCheck: SpotCheck }): InfluxUpkeep {
  const { rewriter, spotCheck } = context;
  return {
    rewind(range) {
      if (!rewriter.begin(range)) return 'busy';
      noteAsked(context);
      return rewriter.status() ?? 'busy';
    },
    cancelRewind: (by) => (rewriter.cancel(by) ? (rewriter.status() ?? 'idle') : 'idle'),
    check: async (accept) => (context.client && (await spotCheck.look(accept))) || 'no_answer',
  };
}
