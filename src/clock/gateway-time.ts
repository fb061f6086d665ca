/**
 * The time by the site's gateways, for a box that has none of its own. A gateway is believed once two of its clock readings,
 * some seconds apart, agree with the time that passed; of several that disagree the majority is. One that shows what our own
 * doubtful clock shows proves nothing: it may run on this very machine.
 */

export interface GatewayTime {
  /** Gateway `gatewayId` said `timeMs` (epoch) at our `monoMs`, when our wall clock showed `wallMs`. */
  note(gatewayId: string, timeMs: number, monoMs: number, wallMs: number): void;
  /** Epoch milliseconds at our monotonic 0, by the gateways that are believed; undefined when they are none or at odds. */
  offsetMs(): number | undefined;
  /** Forgets all: our own clock was set, so who shares it cannot be told from who does not. */
  clear(): void;
}

interface Sample {
  readonly monoMs: number;
  readonly offsetMs: number;
  readonly agrees: boolean;
}

const MAX_GATEWAYS = 32;
/** Reports tell whole seconds, and a message may be under way for a while. */
const AGREE_MS = 2_000;
const APART_MS = 5_000;
const SHARED_MS = 10_000;

/** No gateway heard. */
export function createGatewayTime(): GatewayTime {
  const samples = new Map<string, Sample>();
  return {
    note(gatewayId, timeMs, monoMs, wallMs) {
      if (Math.abs(timeMs - wallMs) <= SHARED_MS) return void samples.delete(gatewayId);
      const offsetMs = timeMs - monoMs;
      const before = samples.get(gatewayId);
      if (!before && samples.size >= MAX_GATEWAYS) return;
      const agrees = before !== undefined && Math.abs(offsetMs - before.offsetMs) <= AGREE_MS;
      if (!agrees) samples.set(gatewayId, { monoMs, offsetMs, agrees });
      else if (monoMs - before.monoMs >= APART_MS) {
        // A message can only come late, so the later time is the truer one.
        samples.set(gatewayId, { monoMs, offsetMs: Math.max(offsetMs, before.offsetMs), agrees });
      }
    },
    offsetMs() {
      const offsets = [...samples.values()].filter(({ agrees }) => agrees).map((sample) => sample.offsetMs);
      const camps = offsets.map((one) => offsets.filter((other) => Math.abs(one - other) <= AGREE_MS));
      const camp = camps.find((members) => members.length * 2 > offsets.length);
      return camp && Math.max(...camp);
    },
    clear: () => samples.clear(),
  };
}
