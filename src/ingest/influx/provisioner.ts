/** Sees to it, beside the writer, that what it needs in InfluxDB is there: asks until it is, or until a person has to act. */
import type { ToldTrouble } from '../../model/said.ts';
import type { World } from '../../model/world.ts';
import type { InfluxClient } from './client.ts';
import { type Provision, type ProvisionSettings, provision } from './provision.ts';

/** After no useful answer, and after one that says a person has to act. */
const LATER_MS = 60_000;
const BY_HAND_MS = 300_000;

const UNSEEN = 'the token may not look whether the aggregates are there; if they are not, these make them';

export interface Provisioner {
  /** Begins, once; without effect for a client that cannot ask. */
  start(client: InfluxClient): void;
  /** Looks at once, since the bucket is missing; true when something was made. Not where only a person can help. */
  lookNow(): Promise<boolean>;
  stop(): void;
  /** Whether bucket, aggregates and their task are known to be there. */
  isComplete(): boolean;
  /** What a person has to do, if anything; `isMissing`: the bucket is, so that also counts which may be done already. */
  hint(isMissing: boolean): ToldTrouble | undefined;
}

/** `onMade` is called when something was made that writes may have waited for. */
export function createProvisioner(
  settings: ProvisionSettings,
  world: World,
  onMade: () => void,
): Provisioner {
  const controller = new AbortController();
  let api: InfluxClient['api'];
  let last: Provision | undefined;
  /** The commands in the log. */
  let told: string | undefined;
  let cancel: (() => void) | undefined;
  let looking: Promise<boolean> | undefined;

  function learn(result: Provision): boolean {
    if (controller.signal.aborted) return false;
    // A server that was away for a while in between is no reason to say it again.
    if (result.kind === 'unseen' && result.byHand.hint !== told) {
      told = result.byHand.hint;
      world.logger.info('influx.setup_unseen', { detail: UNSEEN, commands: told });
    }
    last = result;
    const isMade = result.made.length > 0;
    if (isMade) {
      world.logger.info('influx.provisioned', { made: result.made.join(', ') });
      onMade();
    }
    if (result.kind !== 'complete') {
      cancel?.();
      cancel = world.clock.after(result.kind === 'later' ? LATER_MS : BY_HAND_MS, () => void look());
    }
    return isMade;
  }

  /** One look at a time: who comes meanwhile gets the result of the one under way. */
  function look(): Promise<boolean> {
    if (!api || controller.signal.aborted) return Promise.resolve(false);
    const ask = api;
    cancel?.();
    looking ??= provision((method, path, body) => ask(method, path, body, controller.signal), settings)
      .then(learn)
      .finally(() => {
        looking = undefined;
      });
    return looking;
  }

  return {
    start(client) {
      if (api || !client.api) return;
      api = client.api.bind(client);
      void look();
    },
    lookNow: () =>
      last === undefined || last.kind === 'complete' || last.kind === 'later'
        ? look()
        : Promise.resolve(false),
    isComplete: () => last?.kind === 'complete',
    stop() {
      controller.abort();
      cancel?.();
    },
    hint(isMissing) {
      if (last?.kind === 'by_hand' || (last?.kind === 'unseen' && isMissing)) return last.byHand;
      return undefined;
    },
  };
}
