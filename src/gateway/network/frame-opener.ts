/**
 * Opens frames for who looks at them: whose they are and what is in them, by the keys of the sessions as they are now. Changes
 * nothing; what no key fits stays closed.
 */
import type { Device } from '../../model/device.ts';
import { decryptPayload, verifyMic } from '../lorawan/crypto.ts';
import type { DataFrame } from '../lorawan/frame.ts';
import { openJoinAccept } from '../lorawan/join.ts';
import type { Session, Sessions } from './sessions.ts';

export interface OpenedData {
  readonly devEui: string;
  /** The full counter. */
  readonly fCnt: number;
  readonly payload: Uint8Array;
}

export interface FrameOpener {
  /** The declared devices that have this address. */
  devicesUnder(devAddr: string): readonly string[];
  data(frame: DataFrame): OpenedData | undefined;
  /** Of one of `devEuis`: the accept behind its MHDR in clear. */
  accept(
    bytes: Uint8Array,
    devEuis: readonly string[],
  ): { readonly devEui: string; readonly clear: Uint8Array } | undefined;
}

const PERIOD = 0x1_0000;

export function createFrameOpener(
  sessions: Pick<Sessions, 'identify' | 'under'>,
  deviceOf: (devEui: string) => Pick<Device, 'otaa'> | undefined,
): FrameOpener {
  return {
    devicesUnder: (devAddr) => [...new Set(sessions.under(devAddr).map(({ devEui }) => devEui))],
    data(frame) {
      const found = frame.direction === 'up' ? upOf(sessions, frame) : downOf(sessions, frame);
      if (!found) return undefined;
      const { session, fCnt } = found;
      return { devEui: session.devEui, fCnt, payload: decryptPayload(frame, session.keys, fCnt) };
    },
    accept(bytes, devEuis) {
      for (const devEui of devEuis) {
        const appKey = deviceOf(devEui)?.otaa?.appKey;
        const clear = appKey === undefined ? undefined : openJoinAccept(bytes, appKey);
        if (clear) return { devEui, clear };
      }
      return undefined;
    },
  };
}

interface Found {
  readonly session: Session;
  readonly fCnt: number;
}

function upOf(sessions: Pick<Sessions, 'identify'>, frame: DataFrame): Found | undefined {
  const identified = sessions.identify(frame);
  return 'session' in identified ? identified : undefined;
}

/** The newest counter that was used and ends so. */
function downOf(sessions: Pick<Sessions, 'under'>, frame: DataFrame): Found | undefined {
  for (const session of sessions.under(frame.devAddr)) {
    const newest = session.state.fCntDown - 1;
    const back = (((newest - frame.fCnt16) % PERIOD) + PERIOD) % PERIOD;
    const fCnt = newest - back;
    if (fCnt >= 0 && verifyMic(frame, session.keys, fCnt)) return { session, fCnt };
  }
  return undefined;
}
