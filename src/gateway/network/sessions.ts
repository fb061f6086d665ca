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
  carryOver,
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
  /** All under a DevAddr. */
  under(devAddr: string): readonly Session[];
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

interface SessionRules {
  readonly linkSettingsOf: LinkSettingsOf;
  readonly counterResetAllowed: CounterResetAllowed;
  /** Incarnation of the store. */
  readonly epoch: () => number;
}

interface SessionContext extends SessionRules {
  readonly states: Map<string, MacState>;
  /** What frames are checked against: sessions in use and offered. */
  byDevAddr: Map<string, Session[]>;
  /** The sessions in use. */
  byDevEui: Map<string, Session>;
}

/** Sessions of `stored`, once their devices are loaded. */
export function createSessions(stored: readonly StoredSession[], rules: SessionRules): Sessions {
  const states = new Map(stored.map((row) => [row.devEui, deserialize(row)]));
  const context: SessionContext = { ...rules, states, byDevAddr: new Map(), byDevEui: new Map() };
  return {
    load: (devices) => load(context, devices),
    identify: (frame) => identify(context, frame),
    under: (devAddr) => context.byDevAddr.get(devAddr) ?? [],
    of: (devEui) => context.byDevEui.get(devEui),
    offeredTo(devEui) {
      const newest = states.get(devEui)?.pending.at(-1);
      return newest && context.byDevAddr.get(newest.devAddr)?.find(({ offer }) => offer === newest);
    },
    stateOf: (devEui) => stateOf(context, devEui),
    dirty: () => [...states.values()].filter(({ historyDirty: grown }) => grown),
    has: (devAddr) => context.byDevAddr.has(devAddr),
    offer(device, radio) {
      const { pending } = stateOf(context, device.devEui);
      const newest = pending.at(-1);
      closeUnless(context, device.devEui, ({ offer }) => offer === undefined || pending.includes(offer));
      if (newest) hear(context, offered(context, device, radio, newest));
    },
    takeUp: (session) => takeUp(context, session),
  };
}

function load(context: SessionContext, devices: readonly StoredDevice[]): void {
  const inUse = devices
    .map((device) => sessionFor(context, device))
    .filter((session) => session !== undefined);
  const offers = devices.flatMap((device) => offersFor(context, device));
  context.byDevAddr = new Map();
  context.byDevEui = new Map(inUse.map((session) => [session.devEui, session]));
  for (const session of [...inUse, ...offers]) hear(context, session);
}

function identify({ byDevAddr }: SessionContext, frame: DataFrame): Identified {
  const sessions = byDevAddr.get(frame.devAddr);
  if (!sessions) return { kind: 'unknown_device' };
  for (const session of sessions) {
    for (const { fCnt, verdict } of counterCandidates(session.nextFCnt, frame.fCnt16)) {
      if (verifyMic(frame, session.keys, fCnt)) return { kind: verdict, session, fCnt };
    }
  }
  return { kind: 'wrong_mic' };
}

function takeUp(context: SessionContext, session: Session): Session {
  const { offer, devEui, state } = session;
  if (!offer) return session;
  takeUpSession(state, offer, context.epoch());
  const { offer: _, ...used } = session;
  closeUnless(context, devEui, () => false);
  context.byDevEui.set(devEui, used);
  hear(context, used);
  return used;
}

function stateOf({ states }: SessionContext, devEui: string): MacState {
  const state = states.get(devEui) ?? newMacState(devEui);
  states.set(devEui, state);
  return state;
}

/** The session in use. */
function sessionFor(context: SessionContext, device: StoredDevice): Session | undefined {
  const { devEui, abp, otaa } = device;
  // Until it joins here, a device that came from another network server goes on with the session it had there.
  const joined = otaa && context.states.get(devEui)?.joined;
  const keys: AbpSession | JoinedSession | undefined = joined ?? abp;
  if (!keys) return undefined;
  const radio = context.linkSettingsOf(device);
  const allowCounterReset = context.counterResetAllowed(device);
  const before = context.byDevEui.get(devEui);
  if (before?.identity === identityOf(devEui, keys)) {
    if (radio?.region !== before.radio?.region) before.state.link = undefined;
    return Object.assign(before, { radio, allowCounterReset });
  }
  const state = stateOf(context, devEui);
  if (before) state.link = undefined;
  if (!joined && device.carried) carryOver(state, device.carried, radio);
  const activation = otaa ? 'otaa' : 'abp';
  const nextFCnt = device.nextFCntUp;
  return makeSession(keys, { devEui, activation, nextFCnt, radio, allowCounterReset, state });
}

function offersFor(context: SessionContext, device: StoredDevice): Session[] {
  const { devEui, otaa } = device;
  const state = context.states.get(devEui);
  if (!otaa || !state) return [];
  return state.pending.map((offer) => offered(context, device, context.linkSettingsOf(device), offer));
}

function offered(
  context: SessionContext,
  device: Device,
  radio: DeviceLink | undefined,
  offer: PendingSession,
): Session {
  const { devEui } = device;
  const allowCounterReset = context.counterResetAllowed(device);
  const state = stateOf(context, devEui);
  const common = { devEui, activation: 'otaa', nextFCnt: 0, radio, allowCounterReset, state } as const;
  return { ...makeSession(offer, common), offer };
}

function hear({ byDevAddr }: SessionContext, session: Session): void {
  const sharing = byDevAddr.get(session.devAddr);
  if (sharing) sharing.push(session);
  else byDevAddr.set(session.devAddr, [session]);
}

/** Nothing of the device is heard any more but what `keep` says. */
function closeUnless(
  { byDevAddr }: SessionContext,
  devEui: string,
  keep: (session: Session) => boolean,
): void {
  for (const [devAddr, sessions] of byDevAddr) {
    if (!sessions.some((session) => session.devEui === devEui && !keep(session))) continue;
    const rest = sessions.filter((session) => session.devEui !== devEui || keep(session));
    if (rest.length === 0) byDevAddr.delete(devAddr);
    else byDevAddr.set(devAddr, rest);
  }
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
