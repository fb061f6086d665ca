/**
 * The sessions frames are checked against. Several devices may share a DevAddr: the MIC tells them apart.
 *
 * Invariant: `nextFCnt` may run ahead of the store only by frames whose commit is under way. Every answer to a frame, also
 * "seen before", is given after the commits queued before it, so a crash in between can only make the broker send again.
 */
import type { AbpSession, Device } from '../model/device.ts';
import type { StoredSession } from '../store/contract.ts';
import { type CounterVerdict, counterCandidates } from './lorawan/counter.ts';
import { createSessionKeys, type SessionKeys, verifyMic } from './lorawan/crypto.ts';
import type { DataFrame } from './lorawan/frame.ts';
import type { Radio, RadioOf } from './server/radio.ts';
import { type JoinedSession, type NetworkState, newState, readState } from './server/state.ts';

export interface Session {
  readonly devEui: string;
  readonly devAddr: string;
  readonly identity: string;
  readonly activation: 'otaa' | 'abp';
  readonly keys: SessionKeys;
  /** Next expected 32-bit uplink counter. */
  nextFCnt: number;
  /** How the device is treated; undefined: it is heard and never answered. */
  radio: Radio | undefined;
  readonly state: NetworkState;
}

export type Identified =
  | { readonly kind: CounterVerdict; readonly session: Session; readonly fCnt: number }
  | { readonly kind: 'unknown_device' | 'wrong_mic' };

export interface Sessions {
  /** Takes the devices as they are now; counters in memory are kept where the session is the same. */
  load(devices: readonly (Device & { readonly nextFCntUp: number })[]): void;
  /** Whose frame it is. Changes nothing. */
  identify(frame: DataFrame): Identified;
  of(devEui: string): Session | undefined;
  /** What is kept of a device, with or without a session. */
  stateOf(devEui: string): NetworkState;
  /** Those with a history that is not written down yet. */
  grown(): NetworkState[];
  /** Whether any session has that DevAddr. */
  has(devAddr: string): boolean;
  /** Opens the session of `state.joined`, in place of the device's other one. */
  open(device: Device, radio: Radio): Session | undefined;
}

/** Sessions of `stored`, once their devices are loaded. */
export function createSessions(stored: readonly StoredSession[], radioOf: RadioOf): Sessions {
  const states = new Map(stored.map((row) => [row.devEui, readState(row)]));
  let byDevAddr = new Map<string, Session[]>();
  let byDevEui = new Map<string, Session>();

  function stateOf(devEui: string): NetworkState {
    const state = states.get(devEui) ?? newState(devEui);
    states.set(devEui, state);
    return state;
  }

  function sessionFor(device: Device & { readonly nextFCntUp: number }): Session | undefined {
    const { devEui, abp, otaa } = device;
    // Until it joins here, a device that came from another network server goes on with the session it had there.
    const keys: AbpSession | JoinedSession | undefined = (otaa && states.get(devEui)?.joined) ?? abp;
    if (!keys) return undefined;
    const radio = radioOf(device);
    const before = byDevEui.get(devEui);
    if (before?.identity === identityOf(devEui, keys)) {
      if (radio?.region !== before.radio?.region) before.state.link = undefined;
      before.radio = radio;
      return before;
    }
    const state = stateOf(devEui);
    if (before) state.link = undefined;
    return makeSession(devEui, keys, otaa ? 'otaa' : 'abp', device.nextFCntUp, radio, state);
  }

  function add(session: Session): void {
    byDevEui.set(session.devEui, session);
    const sharing = byDevAddr.get(session.devAddr);
    if (sharing) sharing.push(session);
    else byDevAddr.set(session.devAddr, [session]);
  }

  function close(session: Session): void {
    const rest = (byDevAddr.get(session.devAddr) ?? []).filter((other) => other !== session);
    if (rest.length === 0) byDevAddr.delete(session.devAddr);
    else byDevAddr.set(session.devAddr, rest);
  }

  return {
    load(devices) {
      const sessions = devices.map(sessionFor);
      byDevAddr = new Map();
      byDevEui = new Map();
      for (const session of sessions) if (session) add(session);
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
    of: (devEui) => byDevEui.get(devEui),
    stateOf,
    grown: () => [...states.values()].filter(({ grown }) => grown),
    has: (devAddr) => byDevAddr.has(devAddr),
    open({ devEui }, radio) {
      const state = stateOf(devEui);
      if (!state.joined) return undefined;
      const before = byDevEui.get(devEui);
      if (before) close(before);
      const session = makeSession(devEui, state.joined, 'otaa', 0, radio, state);
      add(session);
      return session;
    },
  };
}

function identityOf(devEui: string, { nwkSKey, appSKey }: AbpSession): string {
  return `${devEui} ${nwkSKey} ${appSKey}`;
}

function makeSession(
  devEui: string,
  keys: AbpSession,
  activation: Session['activation'],
  nextFCnt: number,
  radio: Radio | undefined,
  state: NetworkState,
): Session {
  return {
    devEui,
    devAddr: keys.devAddr,
    identity: identityOf(devEui, keys),
    activation,
    keys: createSessionKeys(keys.nwkSKey, keys.appSKey),
    nextFCnt,
    radio,
    state,
  };
}
