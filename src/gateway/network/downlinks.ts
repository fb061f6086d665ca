/**
 * Sends data downlinks: after an uplink into its windows (class A), or at once to a device that always listens (class C).
 *
 *     what is there to say -> a gateway that may send -> the frame -> stored -> handed over -> its fate
 *
 * Invariant: nothing is handed to a gateway before the counter it used, and what it means for the queue, are on disk.
 */
import type { QueuedDownlink } from '../../model/downlink.ts';
import { tell } from '../../model/said.ts';
import type { World } from '../../model/world.ts';
import type { Change } from '../../store/contract.ts';
import type { Commits } from '../commits.ts';
import { classAWindows, classCWindow, type DownlinkWindow } from '../lorawan/downlink.ts';
import { sentCommands } from '../mac/attempt.ts';
import type { DownlinkCommand } from '../mac/command.ts';
import { type NeededRequests, neededRequests } from '../mac/requests.ts';
import type { Refusals } from '../refusals.ts';
import { requiredSnr } from '../region/rates.ts';
import type { DeviceLink } from './device-link.ts';
import {
  type BuiltDownlink,
  buildDownlink,
  bytesOf,
  type DownlinkContent,
  longestPayload,
} from './downlink-frame.ts';
import { linkOf, takeForStorage } from './mac-state.ts';
import { type DownlinkQueue, joinSteps, type QueueStep } from './queue.ts';
import type { Reception } from './reception.ts';
import type { Session, Sessions } from './sessions.ts';
import type { Transmission, Transmitter, TxResult, TxRoute } from './transmitter.ts';
import type { MacOutcome } from './uplink-mac.ts';

const HOUR_MS = 3_600_000;

export interface DownlinksOptions {
  readonly world: World;
  readonly sessions: Pick<Sessions, 'of'>;
  readonly queue: DownlinkQueue;
  readonly transmitter: Transmitter;
  /** How often devices are asked for their battery; 0: never. */
  readonly deviceStatusHours: number;
  readonly commits: Commits;
  readonly refusals: Refusals;
}

/** The uplink that may be answered. */
export interface Answerable {
  readonly receptions: readonly Reception[];
  /** Hertz. */
  readonly frequency: number;
  /** Index in the region; undefined for one it does not have. */
  readonly dataRate: number | undefined;
  readonly confirmed: boolean;
  /** The device asks whether anybody hears it. */
  readonly asksForLife: boolean;
  readonly heard: Pick<MacOutcome, 'answers' | 'adr'>;
}

/** What to store, and the frame to send once that is stored together with the device's state. */
export interface DownlinkAnswer {
  readonly step?: QueueStep;
  readonly transmission?: Transmission;
}

export interface Downlinks {
  /** What there is to send after an uplink; also takes out of the queue what can never be sent. */
  answer(session: Session, radio: DeviceLink, uplink: Answerable): DownlinkAnswer;
  /** Whether an answer is worth thinking about: the quick way for nearly every uplink. */
  hasReason(
    session: Session,
    radio: DeviceLink,
    uplink: Omit<Answerable, 'receptions' | 'frequency' | 'dataRate'>,
  ): boolean;
  /** Sends the next of a class C device's queue, if it can be sent now. */
  push(devEui: string): void;
  stop(): void;
}

/** FHDR, FPort, MIC and MHDR around a payload. */
const FRAME_BYTES = 13;
const MAC_BYTES = 15;
/** How long a class C device may take to acknowledge. */
const DEVICE_PATIENCE_MS = 10_000;
/** When a class C downlink that finds no room in the duty cycle, or no connection, is looked at again. */
const LATER_MS = 30_000;
/** From an uplink's RX2 on: a long answer at the slowest rate is over then. */
const ANSWER_OVER_MS = 2_000;

interface DownlinkContext extends DownlinksOptions {
  /** Link settings with nothing more to ask of the device: link -> target. */
  readonly satisfied: WeakMap<object, object>;
  /** Class C devices to look at again. */
  readonly later: Set<string>;
  cancelLater: (() => void) | undefined;
  /** By DevEUI: class C devices whose windows are still open. */
  readonly cancelWaits: Map<string, () => void>;
}

/** See the head of the file. */
export function createDownlinks(options: DownlinksOptions): Downlinks {
  const context: DownlinkContext = {
    ...options,
    satisfied: new WeakMap(),
    later: new Set(),
    cancelLater: undefined,
    cancelWaits: new Map(),
  };
  return {
    hasReason: (session, radio, uplink) => hasReason(context, session, radio, uplink),
    answer: (session, radio, uplink) => answer(context, session, radio, uplink),
    push: (devEui) => push(context, devEui),
    stop() {
      context.cancelLater?.();
      for (const cancel of context.cancelWaits.values()) cancel();
    },
  };
}

function hasReason(
  context: DownlinkContext,
  session: Session,
  radio: DeviceLink,
  { confirmed, asksForLife, heard }: Omit<Answerable, 'receptions' | 'frequency' | 'dataRate'>,
): boolean {
  const { queue, satisfied } = context;
  if (confirmed || heard.answers.length > 0 || !queue.isEmpty(session.devEui)) return true;
  if ((asksForLife && radio.adr) || statusDue(context, session)) return true;
  if (heard.adr && adrDiffers(session, radio, heard.adr)) return true;
  const link = linkOf(session.state, radio);
  if (satisfied.get(link) === radio.target) return false;
  if (requestsTo(context, session, radio, null).urgent) return true;
  satisfied.set(link, radio.target);
  return false;
}

/** Class A: what goes into the windows of the uplink. */
function answer(
  context: DownlinkContext,
  session: Session,
  radio: DeviceLink,
  uplink: Answerable,
): DownlinkAnswer {
  const { queue, transmitter, refusals } = context;
  const { receptions, frequency, dataRate = -1, confirmed, asksForLife, heard } = uplink;
  const { region } = radio;
  const windows = classAWindows(region, linkOf(session.state, radio), { frequency, dataRate });
  const { item, step } = nextItem(queue, session.devEui, windows);
  const requests = requestsTo(context, session, radio, heard.adr);
  const ack = confirmed || (asksForLife && radio.adr);
  const commands: readonly DownlinkCommand[] = requests.commands;
  const nothing = step ? { step } : {};
  if (!ack && !item && heard.answers.length === 0 && !requests.urgent) return nothing;
  const macBytes = heard.answers.length + commands.length > 0 ? MAC_BYTES : 0;
  const route = transmitter.selectRoute(region, receptions, windows, {
    requiredSnrDb: requiredSnr(region, Math.max(0, dataRate)),
    bytes: FRAME_BYTES + Math.max(bytesOf(item), macBytes),
  });
  if (typeof route === 'string') {
    refusals.count(`downlink_${route}`);
    return nothing;
  }
  const built = buildDownlink(session, route.windows, {
    ack: confirmed,
    answers: heard.answers,
    requests: commands,
    item,
    more: queue.list(session.devEui).length > 1,
    adr: radio.adr,
    bare: ack,
  });
  const made = built && prepare(context, session, radio, route, built);
  if (!made) return nothing;
  const steps = [step, made.step].filter((one) => one !== undefined);
  return { transmission: made.transmission, ...(steps.length > 0 ? { step: joinSteps(steps) } : {}) };
}

/** Class C: the next of the queue, at once, but not into the windows of an uplink. */
function push(context: DownlinkContext, devEui: string): void {
  const { sessions, queue, transmitter, commits, refusals } = context;
  const session = sessions.of(devEui);
  const radio = session?.radio;
  if (!session || radio?.deviceClass !== 'C' || session.state.lastReceptions.length === 0) return;
  const waitMs = windowsOverMs(session, radio) - context.world.clock.monotonicMs();
  if (waitMs > 0) return pushAfter(context, devEui, waitMs);
  const window = classCWindow(radio.region, linkOf(session.state, radio));
  if (!window) return;
  const { item, step } = nextItem(queue, devEui, [window]);
  if (!item) return void (step && commits.commit(step));
  const route = transmitter.selectRoute(radio.region, session.state.lastReceptions, [window], {
    requiredSnrDb: requiredSnr(radio.region, linkOf(session.state, radio).dataRate),
    bytes: FRAME_BYTES + bytesOf(item),
  });
  if (typeof route === 'string') {
    refusals.count(`downlink_${route}`);
    if (step) void commits.commit(step);
    return pushLater(context, devEui);
  }
  const more = queue.list(devEui).length > 1;
  const content: DownlinkContent = { ack: false, answers: [], requests: [], item, more, adr: radio.adr };
  const built = buildDownlink(session, route.windows, content);
  const made = built && prepare(context, session, radio, route, built);
  if (!made) return pushLater(context, devEui);
  const { records, network } = joinSteps([step, made.step].filter((one) => one !== undefined));
  void storeThenSend(commits, made.transmission, {
    records,
    network: { ...network, sessions: [takeForStorage(session.state)] },
    urgent: true,
  });
}

async function storeThenSend(commits: Commits, transmission: Transmission, change: Change): Promise<void> {
  const result = await commits.commit(change);
  if (result === 'stored') transmission.send();
  else transmission.abandon();
}

function statusDue({ deviceStatusHours, world: { clock } }: DownlinkContext, { state }: Session): boolean {
  if (deviceStatusHours === 0) return false;
  return Math.abs(clock.nowMs() - state.statusAskedMs) >= deviceStatusHours * HOUR_MS;
}

function requestsTo(
  context: DownlinkContext,
  session: Session,
  radio: DeviceLink,
  adr: MacOutcome['adr'],
): NeededRequests {
  const link = linkOf(session.state, radio);
  const { region, version, target } = radio;
  const devStatus = statusDue(context, session);
  return neededRequests({ region, version, wanted: target, link, adr, devStatus });
}

function adrDiffers(session: Session, radio: DeviceLink, adr: NonNullable<MacOutcome['adr']>): boolean {
  const link = linkOf(session.state, radio);
  return (
    adr.dataRate !== link.dataRate || adr.txPowerIndex !== link.txPowerIndex || adr.nbTrans !== link.nbTrans
  );
}

/** Takes an item that no window will ever take out of the queue. */
function nextItem(
  queue: DownlinkQueue,
  devEui: string,
  windows: readonly DownlinkWindow[],
): { item?: QueuedDownlink; step?: QueueStep } {
  const expired = queue.expire(devEui);
  const item = queue.next(devEui);
  if (!item) return expired ? { step: expired } : {};
  const longest = longestPayload(windows);
  if (bytesOf(item) <= longest) return { item, ...(expired ? { step: expired } : {}) };
  const why = tell('downlink.tooLong', { bytes: bytesOf(item), limit: longest });
  const missed = queue.missed(item, why, false);
  return { step: expired ? joinSteps([expired, missed]) : missed };
}

/** Puts the frame under way as far as memory goes: link, queue, airtime. */
function prepare(
  context: DownlinkContext,
  session: Session,
  radio: DeviceLink,
  route: TxRoute,
  { item, fCnt, windows, phyPayload, taken }: BuiltDownlink,
): { readonly transmission: Transmission; readonly step: QueueStep | undefined } | undefined {
  const { transmitter, queue, world } = context;
  const { state } = session;
  const transmission = transmitter.prepare({ ...route, windows }, phyPayload, (result) =>
    item ? itemSent(context, item.id, session, result) : frameSent(context, result),
  );
  if (!transmission) return undefined;
  state.link = sentCommands(linkOf(state, radio), taken);
  if (taken.some(({ kind }) => kind === 'DevStatusReq')) state.statusAskedMs = world.clock.nowMs();
  return { transmission, step: item ? queue.sent(item, fCnt, transmission.gatewayId) : undefined };
}

function frameSent({ refusals }: DownlinkContext, { kind }: TxResult): void {
  if (kind !== 'sent') refusals.count(`downlink_${kind}`);
}

/** What became of a frame that carried an item of the queue. */
function itemSent(context: DownlinkContext, id: string, session: Session, result: TxResult): void {
  const { queue, commits, world, refusals } = context;
  const { devEui } = session;
  const item = queue.inFlight(devEui);
  if (item?.id !== id) return;
  if (result.kind === 'sent') {
    void commits.commit(queue.onAir(item, result.gatewayId));
    if (!item.confirmed) return push(context, devEui);
    if (result.window === 'class_c')
      world.clock.after(DEVICE_PATIENCE_MS, () => patienceLost(context, id, devEui));
    return;
  }
  refusals.count(`downlink_${result.kind}`);
  // Silence may mean that it was sent; a confirmed one is asked for at the device's next uplink.
  if (result.kind === 'silent' && item.confirmed && session.radio?.deviceClass !== 'C') return;
  void commits.commit(queue.missed(item, result.why, result.kind === 'refused' || item.confirmed));
  pushLater(context, devEui);
}

function patienceLost(context: DownlinkContext, id: string, devEui: string): void {
  const { queue, commits } = context;
  const item = queue.inFlight(devEui);
  if (item?.id !== id) return;
  void commits.commit(queue.missed(item, tell('downlink.notAcknowledged')));
  push(context, devEui);
}

/** Until then the device listens in the windows of its uplink, and a gateway may be answering it there. */
function windowsOverMs({ state }: Session, radio: DeviceLink): number {
  return state.lastUplinkMs + (linkOf(state, radio).rx1DelayS + 1) * 1_000 + ANSWER_OVER_MS;
}

function pushAfter(context: DownlinkContext, devEui: string, waitMs: number): void {
  const { cancelWaits, world } = context;
  if (cancelWaits.has(devEui)) return;
  const cancel = world.clock.after(Math.ceil(waitMs), () => {
    cancelWaits.delete(devEui);
    push(context, devEui);
  });
  cancelWaits.set(devEui, cancel);
}

function pushLater(context: DownlinkContext, devEui: string): void {
  context.later.add(devEui);
  context.cancelLater ??= context.world.clock.after(LATER_MS, () => {
    context.cancelLater = undefined;
    const waiting = [...context.later];
    context.later.clear();
    for (const one of waiting) push(context, one);
  });
}
