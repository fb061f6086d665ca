/**
 * The way of an uplink through the network server: the session it belongs to, whether it is new, its payload in clear, what
 * goes back to the device. Changes sessions in memory and says what to store; nothing here waits, sends or acknowledges.
 */
import { FRESH_MS, type OwnTime } from '../../model/foreign-time.ts';
import type { NewRecord } from '../../model/record.ts';
import { tell } from '../../model/said.ts';
import type { Uplink } from '../../model/uplink.ts';
import type { Clock } from '../../model/world.ts';
import type { NetworkChange } from '../../store/contract.ts';
import { decryptPayload } from '../lorawan/crypto.ts';
import { type DataFrame, MIC_BYTES } from '../lorawan/frame.ts';
import type { Refusals } from '../refusals.ts';
import { dataRateIndex } from '../region/rates.ts';
import type { UnknownDevices } from '../unknown-devices.ts';
import type { DeviceLink } from './device-link.ts';
import type { Downlinks } from './downlinks.ts';
import { takeForStorage } from './mac-state.ts';
import type { FrameOutcome, Refused } from './outcome.ts';
import { type DownlinkQueue, joinSteps } from './queue.ts';
import { ageMs, bestReception, newestReceptions, type Reception } from './reception.ts';
import { endedAtMs, receivedAtMs, rxInfosOf } from './rx-info.ts';
import type { Identified, Session, Sessions } from './sessions.ts';
import type { Transmission } from './transmitter.ts';
import { hasMacContent, type MacOutcome, processUplinkMac } from './uplink-mac.ts';

export interface UplinkContext {
  readonly clock: Clock;
  readonly sessions: Sessions;
  readonly unknownDevices: UnknownDevices;
  readonly queue: DownlinkQueue;
  readonly downlinks: Downlinks;
  readonly refusals: Refusals;
  /** The time now; devices are told it only where it is right. */
  readonly ownTime: () => OwnTime;
  /** Whether a frame of that key is in the store. */
  readonly seen: (key: string) => boolean;
  /** Frames of devices that may count anew, by key: when each came, monotonic milliseconds. */
  readonly taken: Map<string, number>;
}

/** One frame, as all gateways heard it. */
interface Heard {
  readonly frame: DataFrame;
  readonly receptions: readonly Reception[];
}

/** What goes back to the device, and what that means for the store. */
interface DownlinkPlan {
  readonly records: readonly NewRecord[];
  readonly network: NetworkChange;
  readonly transmission?: Transmission;
}

const SILENCE: MacOutcome = { answers: [], adr: null, changed: false, events: [] };
const RX2_AFTER_MS = 1_000;
/** Between an uplink and its repetition lie at least its two windows; what comes sooner is the same one, by a slower way. */
const REPETITION_MS = 1_000;
/** A repetition for want of an acknowledgement, or by NbTrans, comes within this time. */
const REPETITIONS_END_MS = 60_000;
/** More than any broker keeps in flight to one client. */
const MAX_TAKEN = 20_000;

/** Of a data frame in the uplink direction; `receptions` is never empty. */
export function processUplink(
  context: UplinkContext,
  frame: DataFrame,
  receptions: readonly Reception[],
): FrameOutcome {
  const heard: Heard = { frame, receptions };
  const identified = context.sessions.identify(frame);
  if (!('session' in identified)) {
    noteUnknown(context, heard, identified.kind);
    return { refused: identified.kind, sender: { devAddr: frame.devAddr } };
  }
  const { kind, session, fCnt } = identified;
  if (session.allowCounterReset) return processForgetful(context, heard, identified);
  if (kind === 'replay') return replayOf(session);
  return kind === 'new' ? accept(context, heard, session, fCnt) : answerAgain(context, heard, session);
}

function noteUnknown(
  { clock, unknownDevices }: UplinkContext,
  { frame: { devAddr }, receptions }: Heard,
  reason: string,
): void {
  const best = bestReception(receptions);
  if (best) unknownDevices.note({ devAddr, reason }, best.uplink, clock.nowMs());
}

function replayOf({ devEui }: Session): Refused {
  return { refused: 'replay', sender: { device: devEui } };
}

/**
 * A device that may count anew: its counter is no proof that the frame is an old one. One of the very same bytes is a
 * repetition while repetitions may come; any other is taken, whether it counts on, starts over, or sends the same number
 * each time.
 */
function processForgetful(
  context: UplinkContext,
  heard: Heard,
  { kind, session, fCnt }: Extract<Identified, { session: Session }>,
): FrameOutcome {
  const { frame, receptions } = heard;
  const key = `${session.devEui} ${frame.fCnt16} ${micOf(frame)}`;
  if (isRepetition(context, key, receptions)) return answerAgain(context, heard, session);
  const startsAnew = kind !== 'new' && fCnt === frame.fCnt16;
  if (kind !== 'new' && !startsAnew) return replayOf(session);
  remember(context, key, receptions[0]?.arrivedMs ?? 0);
  if (startsAnew && session.activation === 'abp') forgetLink(session);
  return accept(context, heard, session, fCnt, key);
}

/** A frame that was just sent, long after the last of the same bytes, is a device that says the same after each start. */
function isRepetition(
  { taken, seen, clock }: UplinkContext,
  key: string,
  receptions: readonly Reception[],
): boolean {
  const takenMs = taken.get(key);
  if (takenMs === undefined && !seen(key)) return false;
  const nowMs = clock.monotonicMs();
  const isFresh = receptions.some((reception) => ageMs(reception, nowMs) < FRESH_MS);
  const sinceMs = (receptions[0]?.arrivedMs ?? 0) - (takenMs ?? Number.NEGATIVE_INFINITY);
  return !isFresh || sinceMs < REPETITIONS_END_MS;
}

function remember({ taken }: UplinkContext, key: string, arrivedMs: number): void {
  taken.delete(key);
  taken.set(key, arrivedMs);
  if (taken.size > MAX_TAKEN) taken.delete(taken.keys().next().value ?? '');
}

/** A personalised device that forgot its counter has forgotten what it was told as well. */
function forgetLink({ state }: Session): void {
  state.link = undefined;
  state.history = [];
}

/** A reading. `key` names the frame for ever, where its counter does not. */
function accept(
  context: UplinkContext,
  heard: Heard,
  under: Session,
  fCnt: number,
  key?: string,
): FrameOutcome {
  const session = context.sessions.takeUp(under);
  session.nextFCnt = fCnt + 1;
  const uplink = toUplink(context, heard, session, fCnt);
  const plan = session.radio && planDownlink(context, heard, session, session.radio, uplink);
  const takenUp = session === under ? undefined : { sessions: [takeForStorage(session.state)] };
  const network = plan?.network ?? takenUp;
  return {
    device: session.devEui,
    uplink,
    change: {
      counters: [{ devEui: session.devEui, nextFCntUp: fCnt + 1 }],
      ...(key === undefined ? {} : { seen: [key] }),
      ...(plan ? { records: plan.records } : {}),
      ...(network ? { network } : {}),
      ...(plan?.transmission ? { urgent: true } : {}),
    },
    ...(plan?.transmission ? { transmission: plan.transmission } : {}),
  };
}

/** The device has not heard our acknowledgement: it gets another, and the log nothing. */
function answerAgain({ downlinks }: UplinkContext, heard: Heard, session: Session): FrameOutcome {
  const { frame, receptions } = heard;
  const { radio, state } = session;
  const firstMs = receptions[0]?.arrivedMs ?? 0;
  const soonMs = (radio?.target.rx1DelayS ?? 1) * 1_000 + REPETITION_MS;
  if (!radio || !frame.confirmed || firstMs - state.lastUplinkMs < soonMs)
    return { refused: 'retransmission' };
  state.lastUplinkMs = firstMs;
  const { step, transmission } = downlinks.answer(session, radio, answerableOf(heard, radio, SILENCE));
  if (!transmission && !step) return { refused: 'retransmission' };
  const { records = [], network } = step ?? {};
  return {
    device: session.devEui,
    change: {
      records,
      network: { ...network, sessions: [takeForStorage(state)] },
      ...(transmission ? { urgent: true } : {}),
    },
    ...(transmission ? { transmission } : {}),
  };
}

/** What the uplink means for the downlink side; undefined for nearly every one: nothing. */
function planDownlink(
  context: UplinkContext,
  heard: Heard,
  session: Session,
  radio: DeviceLink,
  uplink: Uplink,
): DownlinkPlan | undefined {
  const { frame, receptions } = heard;
  const { state } = session;
  const resolved = resolveConfirmed(context, frame, session);
  const mac = macOutcomeOf(context, heard, session, radio, uplink);
  state.lastUplinkMs = receptions[0]?.arrivedMs ?? 0;
  if (radio.deviceClass === 'C') state.lastReceptions = newestReceptions(receptions);
  const reason = { confirmed: frame.confirmed, asksForLife: frame.fCtrl.adrAckReq, heard: mac };
  const { step, transmission } =
    isInTime(context, heard, session, radio) && context.downlinks.hasReason(session, radio, reason)
      ? context.downlinks.answer(session, radio, answerableOf(heard, radio, mac))
      : {};
  if (!step && !transmission && !resolved && !mac.changed) return undefined;
  const { records, network } = joinSteps([resolved, step].filter((one) => one !== undefined));
  return {
    records,
    network: { ...network, sessions: [takeForStorage(state)] },
    ...(transmission ? { transmission } : {}),
  };
}

function macOutcomeOf(
  { clock, ownTime }: UplinkContext,
  { frame, receptions }: Heard,
  session: Session,
  radio: DeviceLink,
  uplink: Uplink,
): MacOutcome {
  if (!hasMacContent(frame, radio)) return SILENCE;
  return processUplinkMac(session, radio, {
    frame,
    fCnt: uplink.fCnt,
    payload: uplink.data,
    dataRate: dataRateIndex(radio.region, uplink.radio.dataRate, 'up'),
    maxSnr: uplink.receptions[0]?.snr ?? 0,
    gatewayCount: uplink.receptions.length,
    receivedMs: endedAtMs(receptions, ownTime(), clock.monotonicMs()),
    nowMs: clock.nowMs(),
  });
}

/** Whether any window is still ahead: of the thousands of frames of a backlog nobody waits for an answer. */
function isInTime(
  { clock, refusals }: UplinkContext,
  { frame, receptions }: Heard,
  session: Session,
  radio: DeviceLink,
): boolean {
  if (radio.deviceClass === 'C') return true;
  const nowMs = clock.monotonicMs();
  const lastMs = (session.state.link?.rx1DelayS ?? radio.target.rx1DelayS) * 1_000 + RX2_AFTER_MS;
  if (receptions.some((reception) => ageMs(reception, nowMs) < lastMs)) return true;
  if (frame.confirmed) refusals.count('downlink_too_late');
  return false;
}

/** What the frame says about the confirmed downlink under way. */
function resolveConfirmed({ queue }: UplinkContext, frame: DataFrame, session: Session) {
  const item = queue.inFlight(session.devEui);
  if (!item?.confirmed) return undefined;
  if (frame.fCtrl.ack) return queue.acknowledged(item);
  // A class C device may have sent this before it heard us.
  if (session.radio?.deviceClass === 'C') return undefined;
  return queue.missed(item, tell('downlink.notAcknowledged'));
}

function answerableOf(
  { frame, receptions }: Heard,
  radio: DeviceLink,
  heard: Pick<MacOutcome, 'answers' | 'adr'>,
) {
  const { frequency = 0, dataRate = '' } = receptions[0]?.uplink ?? {};
  return {
    receptions: newestReceptions(receptions),
    frequency,
    dataRate: dataRateIndex(radio.region, dataRate, 'up'),
    confirmed: frame.confirmed,
    asksForLife: frame.fCtrl.adrAckReq,
    heard,
  };
}

function toUplink(
  { clock, ownTime }: UplinkContext,
  { frame, receptions }: Heard,
  session: Session,
  fCnt: number,
): Uplink {
  const { frequency = 0, dataRate = '' } = receptions[0]?.uplink ?? {};
  const own = ownTime();
  const rxInfos = rxInfosOf(receptions, own, clock.monotonicMs());
  return {
    device: session.devEui,
    devAddr: frame.devAddr,
    fCnt,
    fPort: frame.fPort,
    confirmed: frame.confirmed,
    adr: frame.fCtrl.adr,
    data: decryptPayload(frame, session.keys, fCnt),
    radio: { frequency, dataRate },
    receptions: rxInfos,
    timeMs: receivedAtMs(rxInfos, own),
    via: 'bridge',
  };
}

/** The message integrity code as hex. */
function micOf({ bytes }: DataFrame): string {
  return Buffer.from(bytes.subarray(bytes.length - MIC_BYTES)).toString('hex');
}
