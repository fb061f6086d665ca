/**
 * The time by the site's gateways, for a box that has none of its own. A gateway is believed once two of its clock readings,
 * some seconds apart, agree with the time that passed; of several that disagree the majority is. One that shows what our own
 * doubtful clock shows proves nothing: it may run on this very machine. Against a clock of ours that is believed it has a
 * voice, though: several gateways must speak against it, and more than speak for it. Nor are those believed that are fewer
 * than the ones that show what our doubtful clock shows: one of these may be this machine, not all.
 */

export interface GatewayTime {
  /** Gateway `gatewayId` said `timeMs` (epoch) at our `monoMs`, when our wall clock showed `wallMs`. */
  note(gatewayId: string, timeMs: number, monoMs: number, wallMs: number): void;
  /** Epoch milliseconds at our monotonic 0, by the gateways that are believed; undefined when they are none or at odds. */
  offsetMs(): number | undefined;
  /** Whether more gateways show what our wall clock shows than show anything else, and two at least. */
  isOutvoted(): boolean;
  /** The same, by two gateways at least, and by more than show what our wall clock shows. */
  majorityOffsetMs(): number | undefined;
  /** Forgets all: our own clock was set, so who shares it cannot be told from who does not. */
  clear(): void;
}

interface Sample {
  readonly monoMs: number;
  heardMs: number;
  readonly offsetMs: number;
  readonly agrees: boolean;
  /** Shows what our wall clock shows. */
  readonly shared: boolean;
}

const MAX_GATEWAYS = 32;
/** Reports tell whole seconds, and a message may be under way for a while. */
const AGREE_MS = 2_000;
const APART_MS = 5_000;
const SHARED_MS = 10_000;
/** A gateway that has not been heard for so long is gone, and has no voice any more. */
const GONE_MS = 2 * 86_400_000;
/** A crystal that nobody corrects may be off by a hundred millionths. */
export const DRIFT = 100e-6;

/** No gateway heard. */
export function createGatewayTime(): GatewayTime {
  const samples = new Map<string, Sample>();
  return {
    note(gatewayId, timeMs, monoMs, wallMs) {
      const offsetMs = timeMs - monoMs;
      const shared = Math.abs(timeMs - wallMs) <= SHARED_MS;
      for (const [id, { heardMs }] of samples) if (monoMs - heardMs > GONE_MS) samples.delete(id);
      const before = samples.get(gatewayId);
      if (!before && samples.size >= MAX_GATEWAYS) return;
      const driftMs = DRIFT * (monoMs - (before?.monoMs ?? monoMs));
      const agrees = before?.shared === shared && Math.abs(offsetMs - before.offsetMs) <= AGREE_MS + driftMs;
      if (!agrees) samples.set(gatewayId, { monoMs, heardMs: monoMs, offsetMs, agrees, shared });
      else if (monoMs - before.monoMs >= APART_MS) {
        // A message can only come late, so the later time is the truer one.
        const latestMs = Math.max(offsetMs, before.offsetMs - driftMs);
        samples.set(gatewayId, { monoMs, heardMs: monoMs, offsetMs: latestMs, agrees, shared });
      } else before.heardMs = monoMs;
    },
    offsetMs() {
      const majority = majorityOf(samples);
      return majority && majority.members >= countShared(samples) ? majority.offsetMs : undefined;
    },
    isOutvoted() {
      const forUs = countShared(samples);
      return forUs >= 2 && forUs > samples.size - forUs;
    },
    majorityOffsetMs() {
      const majority = majorityOf(samples);
      const forUs = countShared(samples);
      return majority && majority.members >= 2 && majority.members > forUs ? majority.offsetMs : undefined;
    },
    clear: () => samples.clear(),
  };
}

function countShared(samples: ReadonlyMap<string, Sample>): number {
  return [...samples.values()].filter(({ shared }) => shared).length;
}

/** What more than half of the gateways with clocks of their own say that are believed. */
function majorityOf(samples: ReadonlyMap<string, Sample>): { offsetMs: number; members: number } | undefined {
  const believed = [...samples.values()].filter(({ agrees, shared }) => agrees && !shared);
  const offsets = believed.map((sample) => sample.offsetMs);
  const camps = offsets.map((one) => offsets.filter((other) => Math.abs(one - other) <= AGREE_MS));
  const camp = camps.find((members) => members.length * 2 > offsets.length);
  return camp && { offsetMs: Math.max(...camp), members: camp.length };
}
