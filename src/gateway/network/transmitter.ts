/**
 * Hands frames to gateways: chooses who may send by duty cycle, numbers the frame, publishes it in time, and learns what
 * became of it from the gateway's answer or from its silence.
 *
 * Invariants: two frames under way never share a number modulo 65536; airtime is booked before a frame is handed over, and
 * given back when the gateway has not sent it; every frame has exactly one fate.
 */
import { type Told, tell, toldOf } from '../../model/said.ts';
import type { DutyUse } from '../../model/status.ts';
import type { World } from '../../model/world.ts';
import type { DownlinkFrame, DownlinkTxAck, TxAckStatus } from '../bridge/message.ts';
import {
  chooseGateway,
  type DownlinkGateway,
  type DownlinkWindow,
  downlinkItems,
  windowAirtimeMs,
} from '../lorawan/downlink.ts';
import { createDutyCycle, type DutyCycle } from '../region/duty-cycle.ts';
import type { Region } from '../region/region.ts';
import { ageMs, type Reception } from './reception.ts';

/** What became of a frame. Only 'sent' means that it went on the air; after 'silent' it may have. */
export type TxResult =
  | { readonly kind: 'sent'; readonly gatewayId: string; readonly window: DownlinkWindow['name'] }
  | { readonly kind: 'refused'; readonly gatewayId: string; readonly why: Told }
  | { readonly kind: 'silent'; readonly gatewayId: string; readonly why: Told };

/** A gateway and the windows it may send in. */
export interface TxRoute {
  readonly region: Region;
  readonly copy: Reception;
  readonly windows: readonly DownlinkWindow[];
}

/** A frame that is ready but for its storing; its airtime is booked. */
export interface Transmission {
  readonly gatewayId: string;
  /** Publishes it, or gives it up if it has become too late. */
  send(): void;
  /** Gives it up: what it depends on could not be stored. */
  abandon(): void;
}

/** The SNR a gateway must hear the device with, and the length of the PHYPayload. */
export interface TxNeed {
  readonly requiredSnrDb: number;
  readonly bytes: number;
}

export type NoRoute = 'too_late' | 'duty_cycle' | 'no_gateway';

export interface Transmitter {
  /** The best gateway that may send `bytes` of PHYPayload in one of the windows at least. */
  selectRoute(
    region: Region,
    copies: readonly Reception[],
    windows: readonly DownlinkWindow[],
    need: TxNeed,
  ): TxRoute | NoRoute;
  /** `fate` is called once, later. undefined when the frame fits in none of the windows after all. */
  prepare(way: TxRoute, phyPayload: Uint8Array, fate: (fate: TxResult) => void): Transmission | undefined;
  /** How much of its duty cycle a gateway has used up. */
  duty(gatewayId: string): DutyUse[];
  /** A gateway's word about a frame. */
  answered(ack: DownlinkTxAck): void;
  stop(): void;
}

export interface TransmitterOptions {
  readonly world: World;
  /** Publishes to the gateway; rejects, in words for people, when there is no connection or the broker refuses it. */
  readonly publish: (frame: DownlinkFrame) => Promise<void>;
}

/**
 * From here to the antenna a frame needs so long at least: the forwarder refuses what comes 42 ms before its time, and
 * broker and bridge take a few more.
 */
const LEAD_MS = 120;
/** How long after its window a frame's fate may stay unknown. */
const PATIENCE_MS = 3_000;
const MAX_UNDER_WAY = 2_000;

interface InFlight {
  readonly region: Region;
  readonly gatewayId: string;
  readonly windows: readonly DownlinkWindow[];
  readonly length: number;
  readonly bookedMs: number;
  readonly fate: (fate: TxResult) => void;
  cancel: () => void;
}

interface TransmitterContext extends TransmitterOptions {
  readonly ledgers: Map<Region, DutyCycle>;
  /** By the frame's number modulo 65536. */
  readonly inFlight: Map<number, InFlight>;
  /** Gateways that have answered a command. */
  readonly answering: Set<string>;
  lastId: number;
}

/** Nothing under way. */
export function createTransmitter(options: TransmitterOptions): Transmitter {
  const inFlight = new Map<number, InFlight>();
  const lastId = Math.floor(options.world.random() * 2 ** 32);
  const context: TransmitterContext = {
    ...options,
    ...{ ledgers: new Map(), inFlight, answering: new Set(), lastId },
  };
  return {
    selectRoute: (region, copies, windows, need) => selectRoute(context, region, copies, windows, need),
    prepare: (way, phyPayload, fate) => prepare(context, way, phyPayload, fate),
    duty: (gatewayId) =>
      [...context.ledgers.values()].flatMap((ledger) =>
        ledger.uses(gatewayId, options.world.clock.monotonicMs()),
      ),
    answered: (ack) => answered(context, ack),
    stop() {
      for (const found of inFlight.values()) found.cancel();
      inFlight.clear();
    },
  };
}

function selectRoute(
  context: TransmitterContext,
  region: Region,
  copies: readonly Reception[],
  windows: readonly DownlinkWindow[],
  { requiredSnrDb, bytes }: TxNeed,
): TxRoute | NoRoute {
  let why: NoRoute = 'no_gateway';
  let left = copies.map((copy) => ({ copy: copy.uplink, from: copy }));
  while (left.length > 0) {
    const chosen = chooseGateway(left, requiredSnrDb, context.world.random());
    if (!chosen) break;
    const { inTime, open } = openWindows(context, region, chosen.from, windows, bytes);
    if (open.length > 0) return { region, copy: chosen.from, windows: open };
    why = inTime.length === 0 ? 'too_late' : 'duty_cycle';
    left = left.filter((other) => other !== chosen);
  }
  return why;
}

/** Of the windows those that are still ahead, and of these those whose sub-band has room. */
function openWindows(
  context: TransmitterContext,
  region: Region,
  copy: Reception,
  windows: readonly DownlinkWindow[],
  length: number,
) {
  const nowMs = context.world.clock.monotonicMs();
  const inTime = windows.filter((window) => isAhead(window, copy, nowMs));
  const { gatewayId } = copy.uplink;
  const ledger = ledgerOf(context, region);
  const open = inTime.filter((window) =>
    ledger.canSend(airtimeIn(window, { gatewayId, length, bookedMs: nowMs })),
  );
  return { inTime, open };
}

function prepare(
  context: TransmitterContext,
  way: TxRoute,
  phyPayload: Uint8Array,
  fate: (fate: TxResult) => void,
): Transmission | undefined {
  const { inFlight, world } = context;
  const { region, copy } = way;
  const { gatewayId } = copy.uplink;
  const length = phyPayload.length;
  const fitting = way.windows.filter((window) => length <= window.maxFrame);
  const { open: windows } = openWindows(context, region, copy, fitting, length);
  const [first] = windows;
  const id = first && inFlight.size < MAX_UNDER_WAY ? nextId(context) : undefined;
  if (!first || id === undefined) return undefined;
  const bookedMs = world.clock.monotonicMs();
  ledgerOf(context, region).record(airtimeIn(first, { gatewayId, length, bookedMs }));
  const key = id & 0xffff;
  const lastMs = Math.max(...windows.map(delayOf));
  const cancel = world.clock.after(lastMs + PATIENCE_MS, () =>
    finishFrame(context, key, { kind: 'silent', gatewayId, why: silenceOf(context, gatewayId) }),
  );
  inFlight.set(key, { region, gatewayId, windows, length, bookedMs, fate, cancel });
  return {
    gatewayId,
    send: () => publishFrame(context, way, id, windows, phyPayload),
    abandon: () => finishFrame(context, key, { kind: 'refused', gatewayId, why: tell('downlink.notStored') }),
  };
}

function nextId(context: TransmitterContext): number | undefined {
  for (let tries = 0; tries < 0x1_0000; tries++) {
    context.lastId = (context.lastId + 1) % 2 ** 32;
    if (!context.inFlight.has(context.lastId & 0xffff)) return context.lastId;
  }
  return undefined;
}

function publishFrame(
  context: TransmitterContext,
  { copy, region }: TxRoute,
  id: number,
  windows: readonly DownlinkWindow[],
  frame: Uint8Array,
): void {
  const { inFlight, world, publish } = context;
  const { gatewayId } = copy.uplink;
  const key = id & 0xffff;
  const nowMs = world.clock.monotonicMs();
  const ahead = windows.filter((window) => isAhead(window, copy, nowMs));
  const found = inFlight.get(key);
  if (!found) return;
  if (ahead.length === 0) {
    return finishFrame(context, key, { kind: 'refused', gatewayId, why: tell('downlink.storedLate') });
  }
  inFlight.set(key, { ...found, windows: found.windows.filter((window) => ahead.includes(window)) });
  const gateway: DownlinkGateway = { copy: copy.uplink };
  publish({ gatewayId, downlinkId: id, items: downlinkItems(region, ahead, gateway, frame) }).catch((error) =>
    finishFrame(context, key, { kind: 'refused', gatewayId, why: toldOf(error) }),
  );
}

function answered(context: TransmitterContext, { gatewayId, downlinkId, items }: DownlinkTxAck): void {
  const key = downlinkId & 0xffff;
  const found = context.inFlight.get(key);
  if (found?.gatewayId !== gatewayId) return;
  context.answering.add(gatewayId);
  const sent = items.indexOf('OK');
  const window = found.windows[sent];
  if (window) finishFrame(context, key, { kind: 'sent', gatewayId, window: window.name }, window);
  else finishFrame(context, key, { kind: 'refused', gatewayId, why: refusalOf(items) });
}

function finishFrame(
  context: TransmitterContext,
  key: number,
  fate: TxResult,
  sentIn?: DownlinkWindow,
): void {
  const found = context.inFlight.get(key);
  if (!found) return;
  context.inFlight.delete(key);
  found.cancel();
  rebook(context, found, fate, sentIn);
  found.fate(fate);
}

/** The first window was booked: another may have been used, or none. */
function rebook(
  context: TransmitterContext,
  found: InFlight,
  fate: TxResult,
  sentIn: DownlinkWindow | undefined,
): void {
  const [first] = found.windows;
  if (!first || fate.kind === 'silent' || sentIn === first) return;
  const ledger = ledgerOf(context, found.region);
  ledger.undo(airtimeIn(first, found));
  if (sentIn) ledger.record(airtimeIn(sentIn, found));
}

function ledgerOf({ ledgers }: TransmitterContext, region: Region): DutyCycle {
  const ledger = ledgers.get(region) ?? createDutyCycle(region);
  ledgers.set(region, ledger);
  return ledger;
}

/** What sending in `window` costs. */
function airtimeIn(
  window: DownlinkWindow,
  { gatewayId, length, bookedMs }: Pick<InFlight, 'gatewayId' | 'length' | 'bookedMs'>,
) {
  const airtimeMs = windowAirtimeMs(window, length);
  return { gatewayId, nowMs: bookedMs, frequency: window.frequency, airtimeMs };
}

/** Whether a frame handed over now would be in time. */
function isAhead(window: DownlinkWindow, copy: Reception, nowMs: number): boolean {
  if (window.timing.kind !== 'delay') return true;
  return ageMs(copy, nowMs) + LEAD_MS <= window.timing.delayMs;
}

function delayOf({ timing }: DownlinkWindow): number {
  return timing.kind === 'delay' ? timing.delayMs : 0;
}

/** An MQTT 3.1.1 broker acknowledges a command that its access list forbids, and throws it away. */
function silenceOf({ answering }: TransmitterContext, gatewayId: string): Told {
  return tell(answering.has(gatewayId) ? 'downlink.noAnswer' : 'downlink.neverAnswered');
}

function refusalOf(items: readonly TxAckStatus[]): Told {
  const words = items.filter((status) => status !== 'IGNORED').map((status) => status.toLowerCase());
  return words.length === 0
    ? tell('downlink.noWindow')
    : tell('downlink.gatewaySays', { words: words.join(', ') });
}
