/**
 * The sessions frames are checked against. Several devices may share a DevAddr: the MIC tells them apart.
 *
 * Invariant: `nextFCnt` may run ahead of the store only by frames whose commit is under way. Every answer to a frame, also
 * "seen before", is given after the commits queued before it, so a crash in between can only make the broker send again.
 */
import type { Device } from '../model/device.ts';
import { type CounterVerdict, counterCandidates } from './lorawan/counter.ts';
import { createSessionKeys, type SessionKeys, verifyMic } from './lorawan/crypto.ts';
import type { DataFrame } from './lorawan/frame.ts';

export interface Session {
  readonly devEui: string;
  readonly identity: string;
  readonly keys: SessionKeys;
  /** Next expected 32-bit uplink counter. */
  nextFCnt: number;
}

export type Identified =
  | { readonly kind: CounterVerdict; readonly session: Session; readonly fCnt: number }
  | { readonly kind: 'unknown_device' | 'wrong_mic' };

export interface Sessions {
  /** Takes the devices as they are now; counters in memory are kept where the session is the same. */
  load(devices: readonly (Device & { readonly nextFCntUp: number })[]): void;
  /** Whose frame it is. Changes nothing. */
  identify(frame: DataFrame): Identified;
}

/** No sessions yet. */
export function createSessions(): Sessions {
  let byDevAddr = new Map<string, Session[]>();

  function previous(devAddr: string, identity: string): Session | undefined {
    return byDevAddr.get(devAddr)?.find((session) => session.identity === identity);
  }

  return {
    load(devices) {
      const loaded = new Map<string, Session[]>();
      for (const { devEui, abp, nextFCntUp } of devices) {
        if (!abp) continue;
        const identity = `${devEui} ${abp.nwkSKey} ${abp.appSKey}`;
        const before = previous(abp.devAddr, identity);
        const session = before ?? {
          devEui,
          identity,
          keys: createSessionKeys(abp.nwkSKey, abp.appSKey),
          nextFCnt: nextFCntUp,
        };
        const sharing = loaded.get(abp.devAddr);
        if (sharing) sharing.push(session);
        else loaded.set(abp.devAddr, [session]);
      }
      byDevAddr = loaded;
    },
    identify(frame) {
      const sessions = byDevAddr.get(frame.devAddr);
      if (!sessions) return { kind: 'unknown_device' };
      for (const session of sessions) {
        for (const { fCnt, verdict } of counterCandidates(session.nextFCnt, frame.fCnt16)) {
          if (verifyMic(frame, session.keys, fCnt)) return { kind: verdict, session, fCnt };
        }
      }
      return { kind: 'wrong_mic' };
    },
  };
}
