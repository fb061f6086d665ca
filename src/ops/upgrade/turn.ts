/** One file, one request: whoever is at an update, a page or the centre, keeps the others away until it is over, or is followed no more. */
import type { Clock } from '../../model/world.ts';

export interface UpdateTurn {
  /** For so long from now on, longer when it is called again; false while another update is under way. */
  hold(by: string, forMs: number): boolean;
  release(by: string): void;
}

/** `isAsked`: an update was asked for by another way. */
export function createTurn(
  clock: Clock,
  isAsked: () => boolean,
  onHold: () => void,
): UpdateTurn & { isHeld(): boolean } {
  /** `untilMs` is monotonic. */
  let held: { readonly by: string; readonly untilMs: number } | undefined;
  const holder = (): string | undefined =>
    held !== undefined && held.untilMs > clock.monotonicMs() ? held.by : undefined;
  return {
    isHeld: () => holder() !== undefined,
    hold(by, forMs) {
      const holding = holder();
      if (isAsked() || (holding !== undefined && holding !== by)) return false;
      held = { by, untilMs: clock.monotonicMs() + forMs };
      onHold();
      return true;
    },
    release(by) {
      if (held?.by === by) held = undefined;
    },
  };
}
