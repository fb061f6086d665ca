/**
 * What the network server keeps of a device beside the uplink counter, and how it is written down. Lives as long as the
 * device has sessions; a join replaces most of it.
 *
 * Invariant: `fCntDown` is raised before a frame is built with it and stored before the frame is published.
 */
import type { BatteryStatus } from '../../model/downlink.ts';
import type { StoredSession } from '../../store/contract.ts';
import type { AdrHistory } from '../adr/history.ts';
import { initialLink, type LinkState } from '../mac/link.ts';
import type { Copy } from './copy.ts';
import type { Radio } from './radio.ts';

/** Keys of a session that was opened over the air. Secrets. */
export interface JoinedSession {
  readonly devAddr: string;
  readonly nwkSKey: string;
  readonly appSKey: string;
  /** Epoch milliseconds. */
  readonly joinedMs: number;
}

export interface NetworkState {
  readonly devEui: string;
  /** Counter of the next downlink. */
  fCntDown: number;
  joinNonce: number | null;
  joined: JoinedSession | undefined;
  /** Made when first needed: see `linkOf`. */
  link: LinkState | undefined;
  history: AdrHistory;
  /** Whether the history has grown since it was written: it alone is not worth a write before the end. */
  grown: boolean;
  battery: BatteryStatus | undefined;
  /** When the battery was last asked for, epoch milliseconds; 0: never. */
  statusAskedMs: number;
  /** Of a class C device: the newest uplink's copies, one a gateway, by which it can be reached. Lost at a restart. */
  heard: readonly Copy[];
  /** Monotonic milliseconds of the newest uplink's first copy. */
  heardMs: number;
}

interface Written {
  readonly joined?: JoinedSession;
  readonly link?: LinkState;
  readonly history: AdrHistory;
  readonly battery?: BatteryStatus;
  readonly statusAskedMs: number;
}

/** A device never heard of. */
export function newState(devEui: string): NetworkState {
  return {
    devEui,
    fCntDown: 0,
    joinNonce: null,
    joined: undefined,
    link: undefined,
    history: [],
    grown: false,
    battery: undefined,
    statusAskedMs: 0,
    heard: [],
    heardMs: Number.NEGATIVE_INFINITY,
  };
}

/** As stored. What cannot be read leaves the counters, and the device has to join again. */
export function readState({ devEui, fCntDown, joinNonce, state }: StoredSession): NetworkState {
  const fresh = { ...newState(devEui), fCntDown, joinNonce };
  if (state === '') return fresh;
  try {
    const { joined, link, history, battery, statusAskedMs } = JSON.parse(state) as Written;
    return { ...fresh, joined, link, history, battery, statusAskedMs };
  } catch {
    return fresh;
  }
}

/** To be stored, and counted as stored. */
export function writeState(state: NetworkState): StoredSession {
  const { devEui, fCntDown, joinNonce, joined, link, history, battery, statusAskedMs } = state;
  const written = { joined, link, history, battery, statusAskedMs };
  state.grown = false;
  return { devEui, fCntDown, joinNonce, state: JSON.stringify(written) };
}

/**
 * The link settings as far as known. A personalised device has the delay of its profile from the start, since nobody told
 * it another; the rest of what the network wants is taught.
 */
export function linkOf(state: NetworkState, { region, wanted }: Radio): LinkState {
  state.link ??= { ...initialLink(region), rx1DelayS: wanted.rx1DelayS };
  return state.link;
}
