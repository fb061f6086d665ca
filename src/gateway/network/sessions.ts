/**
 * The sessions frames are checked against. Several devices may share a DevAddr: the MIC tells them apart. A device that has
 * been let in again has two at least until it uses the new one, since nobody knows whether it heard the accept.
 *
 * Invariant: `nextFCnt` may run ahead of the store only by frames whose commit is under way. Every answer to a frame, also
 * "seen before", is given after the commits queued before it, so a crash in between can only make the broker send again.
 */
import type { AbpSession, Device } from '../../model/device.ts';
import type { StoredSession } from '../../store/contract.ts';
import { type CounterVerdict, counterCandidates } from '../lorawan/counter.ts';
import { createSessionKeys, type SessionKeys, verifyMic } from '../lorawan/crypto.ts';
import type { DataFrame } from '../lorawan/frame.ts';
import type { CounterResetAllowed, DeviceLink, LinkSettingsOf } from './device-link.ts';
import {
  deserialize,
  type JoinedSession,
  type MacState,
  newMacState,
  type PendingSession,
  takeUpSession,
} from './mac-state.ts';

export interface Session {
  readonly devEui: string;
  readonly devAddr: string;
  readonly identity: string;
  readonly activation: 'otaa' | 'abp';
  readonly keys: SessionKeys;
  /** Set while the device has been offered this session and has not used it. */
  readonly offer?: PendingSession;
  /** Next expected 32-bit uplink counter. */
  nextFCnt: number;
  /** How the device is treated; undefined: it is heard and never answered. */
  radio: DeviceLink | undefined;
  /** Whether a counter that starts again is taken. */
  allowCounterReset: boolean;
  readonly state: MacState;
}

export type Identified =
  | { readonly kind: CounterVerdict; readonly session: Session; readonly fCnt: number }
  | { readonly kind: 'unknown_device' | 'wrong_mic' };

export interface Sessions {
  /** Takes the devices as they are now; counters in memory are kept where the session is the same. */
  load(devices: readonly StoredDevice[]): void;
  /** Whose frame it is. Changes nothing. */
  identify(frame: DataFrame): Identified;
  /** The session in use. */
  of(devEui: string): Session | undefined;
  /** The newest session a device was offered and has not used. */
  offeredTo(devEui: string): Session | undefined;
  /** What is kept of a device, with or without a session. */
  stateOf(devEui: string): MacState;
  /** Those with a history that is not written down yet. */
  dirty(): MacState[];
  /** Whether any session has that DevAddr. */
  has(devAddr: string): boolean;
  /** Hears frames under the newest of `state.pending` as well; the session in use stays. */
  offer(device: Device, radio: DeviceLink | undefined): void;
  /** The device has used an offered session: its others end. Returns the session as it is from now on. */
  takeUp(session: Session): Session;
}

/** Sessions of `stored`, once their devices are loaded. */
export function createSessions(
  stored: readonly StoredSession[],
  rules: {
    readonly linkSettingsOf: LinkSettingsOf;
    readonly counterResetAllowed: CounterResetAllowed;
    /** Incarnation of the store. */
    readonly epoch: () => number;
  },
): Sessions {
  const { linkSettingsOf, counterResetAllowed, epoch } = rules;
  const states = new Map(stored.map((row) => [row.devEui, deserialize(row)]));
  let byDevAddr = new Map<string, Session[]>();
  let byDevEui = new Map<string, Session>();

  function stateOf(devEui: string): MacState {
    const state = states.get(devEui) ?? newMacState(devEui);
    states.set(devEui, state);
    return state;
  }

  /** The session in use. */
  function sessionFor(device: StoredDevice): Session | undefined {
    const { devEui, abp, otaa } = device;
    // Until it joins here, a device that came from another network server goes on with the session it had there.
    const keys: AbpSession | JoinedSession | undefined = (otaa && states.get(devEui)?.joined) ?? abp;
    if (!keys) return undefined;
    const radio = linkSettingsOf(device);
    const allowCounterReset = counterResetAllowed(device);
    const before = byDevEui.get(devEui);
    if (before?.identity === identityOf(devEui, keys)) {
      if (radio?.region !== before.radio?.region) before.state.link = undefined;
      return Object.assign(before, { radio, allowCounterReset });
    }
    const state = stateOf(devEui);
    if (before) state.link = undefined;
    const activation = otaa ? 'otaa' : 'abp';
    const nextFCnt = device.nextFCntUp;
    return makeSession(keys, { devEui, activation, nextFCnt, radio, allowCounterReset, state });
  }

  function offersFor(device: StoredDevice): Session[] {
    const { devEui, otaa } = device;
    const state = states.get(devEui);
    if (!otaa || !state) return [];
    return state.pending.map((offer) => offered(device, linkSettingsOf(device), offer));
  }

  function offered(device: Device, radio: DeviceLink | undefined, offer: PendingSession): Session {
    const { devEui } = device;
    const allowCounterReset = counterResetAllowed(device);
    const state = stateOf(devEui);
    const common = { devEui, activation: 'otaa', nextFCnt: 0, radio, allowCounterReset, state } as const;
    return { ...makeSession(offer, common), offer };
  }

  function hear(session: Session): void {
    const sharing = byDevAddr.get(session.devAddr);
    if (sharing) sharing.push(session);
    else byDevAddr.set(session.devAddr, [session]);
  }

  /** Nothing of the device is heard any more but what `keep` says. */
  function closeUnless(devEui: string, keep: (session: Session) => boolean): void {
    for (const [devAddr, sessions] of byDevAddr) {
      if (!sessions.some((session) => session.devEui === devEui && !keep(session))) continue;
      const rest = sessions.filter((session) => session.devEui !== devEui || keep(session));
      if (rest.length === 0) byDevAddr.delete(devAddr);
      else byDevAddr.set(devAddr, rest);
    }
  }

  return {
    load(devices) {
      const inUse = devices.map(sessionFor).filter((session) => session !== undefined);
      const offers = devices.flatMap(offersFor);
      byDevAddr = new Map();
      byDevEui = new Map(inUse.map((session) => [session.devEui, session]));
      for (const session of [...inUse, ...offers]) hear(session);
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
    offeredTo(devEui) {
      const newest = states.get(devEui)?.pending.at(-1);
      return newest && byDevAddr.get(newest.devAddr)?.find(({ offer }) => offer === newest);
    },
    stateOf,
    dirty: () => [...states.values()].filter(({ historyDirty: grown }) => grown),
    has: (devAddr) => byDevAddr.has(devAddr),
    offer(device, radio) {
      const { pending } = stateOf(device.devEui);
      const newest = pending.at(-1);
      closeUnless(device.devEui, ({ offer }) => offer === undefined || pending.includes(offer));
      if (newest) hear(offered(device, radio, newest));
    },
    takeUp(session) {
      const { offer, devEui, state } = session;
      if (!offer) return session;
      takeUpSession(state, offer, epoch());
      const { offer: _, ...used } = session;
      closeUnless(devEui, () => false);
      byDevEui.set(devEui, used);
      hear(used);
      return used;
    },
  };
}

type StoredDevice = Device & { readonly nextFCntUp: number };

function identityOf(devEui: string, { nwkSKey, appSKey }: AbpSession): string {
  return `${devEui} ${nwkSKey} ${appSKey}`;
}

function makeSession(
  { devAddr, nwkSKey, appSKey }: AbpSession,
  more: Omit<Session, 'devAddr' | 'identity' | 'keys'>,
): Session {
  const { devEui, ...rest } = more;
  return {
    devEui,
    devAddr,
    identity: identityOf(devEui, { devAddr, nwkSKey, appSKey }),
    keys: createSessionKeys(nwkSKey, appSKey),
    ...rest,
  };
}
