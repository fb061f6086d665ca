/** Sees to it, beside the writer, that what it needs in InfluxDB is there: asks until it is, or until a person has to act. */
import type { World } from '../../model/world.ts';
import type { InfluxClient } from './client.ts';
import { type Provision, type ProvisionSettings, provision } from './provision.ts';

/** After no useful answer, and after one that says a person has to act. */
const LATER_MS = 60_000;
const BY_HAND_MS = 3_600_000;

export interface Provisioner {
  /** Begins, once; without effect for a client that cannot ask. */
  start(client: InfluxClient): void;
  stop(): void;
  /** What a person has to do, if anything. */
  hint(): string | undefined;
}

/** `onMade` is called when something was made that writes may have waited for. */
export function createProvisioner(
  settings: ProvisionSettings,
  world: World,
  onMade: () => void,
): Provisioner {
  const controller = new AbortController();
  let hint: string | undefined;
  let cancel: (() => void) | undefined;
  let started = false;

  function learn(result: Provision, again: () => void): void {
    if (controller.signal.aborted) return;
    hint = result.kind === 'by_hand' ? result.hint : undefined;
    if (result.made.length > 0) {
      world.logger.info('influx.provisioned', { made: result.made.join(', ') });
      onMade();
    }
    if (result.kind === 'complete') return;
    cancel = world.clock.after(result.kind === 'later' ? LATER_MS : BY_HAND_MS, again);
  }

  return {
    start({ api }) {
      if (started || !api) return;
      started = true;
      const look = (): void => {
        void provision((method, path, body) => api(method, path, body, controller.signal), settings).then(
          (result) => learn(result, look),
        );
      };
      look();
    },
    stop() {
      controller.abort();
      cancel?.();
    },
    hint: () => hint,
  };
}
