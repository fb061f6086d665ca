/**
 * Sends data downlinks: after an uplink into its windows (class A), or at once to a device that always listens (class C).
 *
 *     what is there to say -> a gateway that may send -> the frame -> stored -> handed over -> its fate
 *
 * Invariant: nothing is handed to a gateway before the counter it used, and what it means for the queue, are on disk.
 */
import type { QueuedDownlink } from '../../model/downlink.ts';
import type { World } from '../../model/world.ts';
import type { Change } from '../../store/contract.ts';
import { classAWindows, classCWindow, type DownlinkWindow } from '../lorawan/downlink.ts';
import { sentCommands } from '../mac/attempt.ts';
import type { DownlinkCommand } from '../mac/command.ts';
import { type NeededRequests, neededRequests } from '../mac/requests.ts';
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

export interface DownlinksOptions {
  readonly world: World;
  readonly sessions: Pick<Sessions, 'of'>;
  readonly queue: DownlinkQueue;
  readonly transmitter: Transmitter;
  /** 0: never asked. */
  readonly deviceStatusMs: number;
  /** Resolves with whether it is stored. */
  readonly commit: (change: Change) => Promise<boolean>;
  /** Counts what could not be sent, by reason. */
  readonly unsent: (reason: string) => void;
}

/** The uplink that may be answered. */
export interface Answerable {
  readonly copies: readonly Reception[];
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
export interface Answer {
  readonly step?: QueueStep;
  readonly prepared?: Transmission;
}

export interface Downlinks {
  /** What there is to send after an uplink; also takes out of the queue what can never be sent. */
  answer(session: Session, radio: DeviceLink, uplink: Answerable): Answer;
  /** Whether an answer is worth thinking about: the quick way for nearly every uplink. */
  hasReason(
    session: Session,
    radio: DeviceLink,
    uplink: Omit<Answerable, 'copies' | 'frequency' | 'dataRate'>,
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

/** See the head of the file. */
export function createDownlinks(options: DownlinksOptions): Downlinks {
  const { world, sessions, queue, transmitter, commit, unsent } = options;
  const { clock } = world;
  const satisfied = new WeakMap<object, object>(); // link -> wanted: nothing more to ask
  const later = new Set<string>();
  let cancelLater: (() => void) | undefined;

  function statusDue({ state }: Session): boolean {
    const { deviceStatusMs } = options;
    return deviceStatusMs > 0 && Math.abs(clock.nowMs() - state.statusAskedMs) >= deviceStatusMs;
  }

  function requestsTo(session: Session, radio: DeviceLink, adr: MacOutcome['adr']): NeededRequests {
    const link = linkOf(session.state, radio);
    const { region, version, target: wanted } = radio;
    return neededRequests({ region, version, wanted, link, adr, devStatus: statusDue(session) });
  }

  function adrDiffers(session: Session, radio: DeviceLink, adr: MacOutcome['adr']): boolean {
    const link = linkOf(session.state, radio);
    return (
      adr !== null &&
      (adr.dataRate !== link.dataRate ||
        adr.txPowerIndex !== link.txPowerIndex ||
        adr.nbTrans !== link.nbTrans)
    );
  }

  /** Takes an item that no window will ever take out of the queue. */
  function nextItem(
    devEui: string,
    windows: readonly DownlinkWindow[],
  ): { item?: QueuedDownlink; step?: QueueStep } {
    const expired = queue.expire(devEui);
    const item = queue.next(devEui);
    if (!item) return expired ? { step: expired } : {};
    const longest = longestPayload(windows);
    if (bytesOf(item) <= longest) return { item, ...(expired ? { step: expired } : {}) };
    const reason = `its ${bytesOf(item)} bytes are more than the ${longest} that fit at the device's data rate`;
    const missed = queue.missed(item, reason, false);
    return { step: expired ? joinSteps([expired, missed]) : missed };
  }

  /** Puts the frame under way as far as memory goes: link, queue, airtime. */
  function prepare(session: Session, radio: DeviceLink, way: TxRoute, composed: BuiltDownlink) {
    const { state } = session;
    const { item } = composed;
    const fate = (what: TxResult) => (item ? itemFate(item.id, session, what) : frameFate(what));
    const prepared = transmitter.prepare({ ...way, windows: composed.windows }, composed.phyPayload, fate);
    if (!prepared) return undefined;
    state.link = sentCommands(linkOf(state, radio), composed.taken);
    if (composed.taken.some(({ kind }) => kind === 'DevStatusReq')) state.statusAskedMs = clock.nowMs();
    return { prepared, step: item ? queue.sent(item, composed.fCnt, prepared.gatewayId) : undefined };
  }

  function frameFate(fate: TxResult): void {
    if (fate.kind !== 'sent') unsent(`downlink_${fate.kind}`);
  }

  function itemFate(id: string, session: Session, fate: TxResult): void {
    const item = queue.inFlight(session.devEui);
    if (item?.id !== id) return;
    if (fate.kind === 'sent') {
      const step = queue.onAir(item, fate.gatewayId);
      void commit(step);
      if (!item.confirmed) return push(session.devEui);
      if (fate.window === 'class_c') clock.after(DEVICE_PATIENCE_MS, () => lostPatience(id, session.devEui));
      return;
    }
    unsent(`downlink_${fate.kind}`);
    // Silence may mean that it was sent; a confirmed one is asked for at the device's next uplink.
    if (fate.kind === 'silent' && item.confirmed && session.radio?.deviceClass !== 'C') return;
    void commit(queue.missed(item, fate.reason, fate.kind === 'refused' || item.confirmed));
    pushLater(session.devEui);
  }

  function lostPatience(id: string, devEui: string): void {
    const item = queue.inFlight(devEui);
    if (item?.id !== id) return;
    void commit(queue.missed(item, 'the device has not acknowledged it'));
    push(devEui);
  }

  function pushLater(devEui: string): void {
    later.add(devEui);
    cancelLater ??= clock.after(LATER_MS, () => {
      cancelLater = undefined;
      const waiting = [...later];
      later.clear();
      for (const one of waiting) push(one);
    });
  }

  function push(devEui: string): void {
    const session = sessions.of(devEui);
    const radio = session?.radio;
    if (!session || radio?.deviceClass !== 'C' || session.state.lastReceptions.length === 0) return;
    const window = classCWindow(radio.region, linkOf(session.state, radio));
    if (!window) return;
    const { item, step } = nextItem(devEui, [window]);
    if (!item) return void (step && commit(step));
    const way = transmitter.selectRoute(radio.region, session.state.lastReceptions, [window], {
      requiredSnrDb: requiredSnr(radio.region, linkOf(session.state, radio).dataRate),
      bytes: FRAME_BYTES + bytesOf(item),
    });
    if (typeof way === 'string') {
      unsent(`downlink_${way}`);
      if (step) void commit(step);
      return pushLater(devEui);
    }
    const more = queue.list(devEui).length > 1;
    const wishes: DownlinkContent = { ack: false, answers: [], requests: [], item, more, adr: radio.adr };
    const composed = buildDownlink(session, way.windows, wishes);
    const made = composed && prepare(session, radio, way, composed);
    if (!made) return pushLater(devEui);
    const steps = [step, made.step].filter((one) => one !== undefined);
    const { records, network } = joinSteps(steps);
    const change = {
      records,
      network: { ...network, sessions: [takeForStorage(session.state)] },
      urgent: true,
    };
    void commit(change).then((stored) => (stored ? made.prepared.send() : made.prepared.abandon()));
  }

  return {
    hasReason(session, radio, { confirmed, asksForLife, heard }) {
      if (confirmed || heard.answers.length > 0 || !queue.isEmpty(session.devEui)) return true;
      if ((asksForLife && radio.adr) || statusDue(session)) return true;
      if (heard.adr && adrDiffers(session, radio, heard.adr)) return true;
      const link = linkOf(session.state, radio);
      if (satisfied.get(link) === radio.target) return false;
      if (requestsTo(session, radio, null).urgent) return true;
      satisfied.set(link, radio.target);
      return false;
    },
    answer(session, radio, { copies, frequency, dataRate = -1, confirmed, asksForLife, heard }) {
      const { region } = radio;
      const link = linkOf(session.state, radio);
      const windows = classAWindows(region, link, { frequency, dataRate });
      const { item, step } = nextItem(session.devEui, windows);
      const requests = requestsTo(session, radio, heard.adr);
      const ack = confirmed || (asksForLife && radio.adr);
      const commands: readonly DownlinkCommand[] = requests.commands;
      if (!ack && !item && heard.answers.length === 0 && !requests.urgent) return step ? { step } : {};
      const macBytes = heard.answers.length + commands.length > 0 ? MAC_BYTES : 0;
      const way = transmitter.selectRoute(region, copies, windows, {
        requiredSnrDb: requiredSnr(region, Math.max(0, dataRate)),
        bytes: FRAME_BYTES + Math.max(bytesOf(item), macBytes),
      });
      if (typeof way === 'string') {
        unsent(`downlink_${way}`);
        return step ? { step } : {};
      }
      const more = queue.list(session.devEui).length > 1;
      const composed = buildDownlink(session, way.windows, {
        ack: confirmed,
        answers: heard.answers,
        requests: commands,
        item,
        more,
        adr: radio.adr,
        bare: ack,
      });
      const made = composed && prepare(session, radio, way, composed);
      if (!made) return step ? { step } : {};
      const steps = [step, made.step].filter((one) => one !== undefined);
      return { prepared: made.prepared, ...(steps.length > 0 ? { step: joinSteps(steps) } : {}) };
    },
    push,
    stop() {
      cancelLater?.();
    },
  };
}
