/**
 * What the network server keeps of a device beside the uplink counter, and how it is written down. Lives as long as the
 * device has sessions; a join replaces most of it.
 *
 * Invariant: `fCntDown` is raised before a frame is built with it and stored before the frame is published.
 */
import type { CarriedOver } from '../../model/device.ts';
import type { BatteryStatus } from '../../model/downlink.ts';
import type { StoredSession } from '../../store/contract.ts';
import type { AdrHistory } from '../adr/history.ts';
import { initialLink, type LinkState } from '../mac/link.ts';
import type { DeviceLink } from './device-link.ts';
import type { Reception } from './reception.ts';

/** Keys of a session that was opened over the air. Secrets. */
export interface JoinedSession {
  readonly devAddr: string;
  readonly nwkSKey: string;
  readonly appSKey: string;
  /** Epoch milliseconds. */
  readonly joinedMs: number;
}

/** A session the device has been offered and has not used yet: only its first frame shows that it heard the accept. */
export interface PendingSession extends JoinedSession {
  readonly link: LinkState;
  /** Incarnation of the store it was written in. */
  readonly epoch: number;
}

export interface MacState {
  readonly devEui: string;
  /** Counter of the next downlink. */
  fCntDown: number;
  joinNonce: number | null;
  /** The session in use. */
  joined: JoinedSession | undefined;
  /** Newest last, at most `MAX_PENDING`. */
  pending: readonly PendingSession[];
  /** Made when first needed: see `linkOf`. */
  link: LinkState | undefined;
  history: AdrHistory;
  /** Whether the history has grown since it was written: it alone is not worth a write before the end. */
  historyDirty: boolean;
  battery: BatteryStatus | undefined;
  /** When the battery was last asked for, epoch milliseconds; 0: never. */
  statusAskedMs: number;
  /** Of a class C device: the newest uplink's copies, one a gateway, by which it can be reached. Lost at a restart. */
  lastReceptions: readonly Reception[];
  /** Monotonic milliseconds of the newest uplink's first copy. */
  lastUplinkMs: number;
}

interface Written {
  readonly joined?: JoinedSession;
  readonly pending?: readonly PendingSession[];
  readonly link?: LinkState;
  readonly history: AdrHistory;
  readonly battery?: BatteryStatus;
  readonly statusAskedMs: number;
}

/** A device never heard of. */
export function newMacState(devEui: string): MacState {
  return {
    devEui,
    fCntDown: 0,
    joinNonce: null,
    joined: undefined,
    pending: [],
    link: undefined,
    history: [],
    historyDirty: false,
    battery: undefined,
    statusAskedMs: 0,
    lastReceptions: [],
    lastUplinkMs: Number.NEGATIVE_INFINITY,
  };
}

/** As stored. What cannot be read leaves the counters, and the device has to join again. */
export function deserialize({ devEui, fCntDown, joinNonce, state }: StoredSession): MacState {
  const fresh = { ...newMacState(devEui), fCntDown, joinNonce };
  if (state === '') return fresh;
  try {
    const { joined, pending = [], link, history, battery, statusAskedMs } = JSON.parse(state) as Written;
    return { ...fresh, joined, pending, link, history, battery, statusAskedMs };
  } catch {
    return fresh;
  }
}

/** To be stored, and counted as stored. */
export function takeForStorage(state: MacState): StoredSession {
  const { devEui, fCntDown, joinNonce, joined, pending, link, history, battery, statusAskedMs } = state;
  const offered = pending.length > 0 ? { pending } : {};
  const written = { joined, ...offered, link, history, battery, statusAskedMs };
  state.historyDirty = false;
  return { devEui, fCntDown, joinNonce, state: JSON.stringify(written) };
}

/**
 * How many unused offers are kept. A request recorded long ago and played back takes one of them, and must neither end the
 * session in use nor push out the offer the device has really heard.
 */
const MAX_PENDING = 4;
/** More downlinks than a repaired or restored store can have forgotten of a session (store: `LEAP`). */
const FORGOTTEN_DOWNLINKS = 4_096;

/** Takes a new offer in; the oldest goes where there are too many. */
export function offerSession(state: MacState, offer: PendingSession): void {
  state.pending = [...state.pending, offer].slice(-MAX_PENDING);
}

/**
 * The device has used the offer: it is the session now, and everything before it is over. A store that was repaired or
 * restored since (`epoch` has grown) may have forgotten that once already, so its downlink counter leaps ahead.
 */
export function takeUpSession(state: MacState, offer: PendingSession, epoch: number): void {
  const { link, epoch: offeredIn, ...joined } = offer;
  state.joined = joined;
  state.pending = [];
  state.link = link;
  state.fCntDown = offeredIn === epoch ? 0 : FORGOTTEN_DOWNLINKS;
  state.history = [];
  state.lastReceptions = [];
}

/** Goes on where another network server has stopped: no counter twice, and answers where the device listens. */
export function carryOver(state: MacState, carried: CarriedOver, radio: DeviceLink | undefined): void {
  const { fCntDown = 0, rx1DelayS, rx1Offset, rx2DataRate, rx2Frequency } = carried;
  state.fCntDown = Math.max(state.fCntDown, fCntDown);
  if (!radio || state.link) return;
  const initial = initialLink(radio.region);
  state.link = {
    ...initial,
    rx1DelayS: rx1DelayS ?? radio.target.rx1DelayS,
    rx1Offset: rx1Offset ?? initial.rx1Offset,
    rx2: {
      frequency: rx2Frequency || initial.rx2.frequency,
      dataRate: rx2DataRate ?? initial.rx2.dataRate,
    },
  };
}

/**
 * The link settings as far as known. A personalised device has the delay of its profile from the start, since nobody told
 * it another; the rest of what the network wants is taught.
 */
export function linkOf(state: MacState, { region, target: wanted }: DeviceLink): LinkState {
  state.link ??= { ...initialLink(region), rx1DelayS: wanted.rx1DelayS };
  return state.link;
}
