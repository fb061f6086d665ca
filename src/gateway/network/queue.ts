/**
 * The queue of downlinks, a line a device: first come, first served. Every step gives the change that stores it and the
 * record that tells of it; memory goes ahead by what is being committed.
 *
 * Invariants: at most one downlink of a device is under way ('sent'), and it is the first of its line; an unconfirmed one
 * that may have been sent is never sent again, so a device never gets an order twice that was not to be confirmed.
 */
import type { DownlinkInput, QueuedDownlink } from '../../model/downlink.ts';
import type { DownlinkBody, NewRecord } from '../../model/record.ts';
import type { Told } from '../../model/said.ts';
import type { Clock } from '../../model/world.ts';
import type { NetworkChange } from '../../store/contract.ts';

/** What to store of a step. */
export interface QueueStep {
  readonly records: readonly NewRecord[];
  readonly network: Required<Pick<NetworkChange, 'downlinks' | 'finished'>>;
}

export interface DownlinkQueue {
  list(devEui: string): readonly QueuedDownlink[];
  isEmpty(devEui: string): boolean;
  /** The one that may be sent next; undefined while one is under way. */
  next(devEui: string): QueuedDownlink | undefined;
  /** The one under way. */
  inFlight(devEui: string): QueuedDownlink | undefined;
  /** undefined when the line is full. */
  add(
    devEui: string,
    id: string,
    input: DownlinkInput,
  ): { step: QueueStep; item: QueuedDownlink } | undefined;
  /** Handed to a gateway. */
  sent(item: QueuedDownlink, fCntDown: number, gateway: string): QueueStep;
  /** A gateway has sent it. */
  onAir(item: QueuedDownlink, gateway: string): QueueStep;
  /** The device has it. */
  acknowledged(item: QueuedDownlink): QueueStep;
  /** This try has come to nothing; `again` false: no further one. */
  missed(item: QueuedDownlink, why: Told, again?: boolean): QueueStep;
  cancel(devEui: string, id: string | undefined): { step: QueueStep; count: number };
  /** Takes out what has expired, of one device or all. */
  expire(devEui?: string): QueueStep | undefined;
  /** Takes out everything of devices that are no more. */
  dropUnless(isKnown: (devEui: string) => boolean): QueueStep | undefined;
}

const MAX_LINE = 64;

interface QueueContext {
  readonly clock: Clock;
  /** By DevEUI, first come first; none is empty. */
  readonly lines: Map<string, readonly QueuedDownlink[]>;
}

/** `stored` are those of the store, oldest first. */
export function createQueue(clock: Clock, stored: readonly QueuedDownlink[]): DownlinkQueue {
  const lines = new Map<string, readonly QueuedDownlink[]>();
  for (const item of stored) lines.set(item.devEui, [...(lines.get(item.devEui) ?? []), item]);
  const context: QueueContext = { clock, lines };
  const tell = (item: QueuedDownlink, step: DownlinkBody['step'], more: Partial<DownlinkBody> = {}) =>
    recordOf(item, step, clock.nowMs(), more);
  return {
    list: (devEui) => lineOf(context, devEui),
    isEmpty: (devEui) => !lines.has(devEui),
    next(devEui) {
      const [first] = lineOf(context, devEui);
      return first?.state === 'waiting' ? first : undefined;
    },
    inFlight: (devEui) => lines.get(devEui)?.find(({ state }) => state === 'sent'),
    add: (devEui, id, input) => add(context, devEui, id, input),
    sent(item, fCntDown, gateway) {
      const tried: QueuedDownlink = { ...item, state: 'sent', tries: item.tries + 1, fCntDown };
      return change(context, tried, tell(tried, 'sent', { fCnt: fCntDown, gateway }));
    },
    onAir(item, gateway) {
      const record = tell(item, 'gateway_ack', { gateway, ...counterOf(item) });
      return item.confirmed ? change(context, item, record) : finish(context, item, record);
    },
    acknowledged: (item) => finish(context, item, tell(item, 'device_ack', counterOf(item))),
    missed(item, { detail: reason, said }, again = true) {
      const more = { reason, ...(said.length > 0 ? { said } : {}), ...counterOf(item) };
      if (!again || item.tries > item.retries) return finish(context, item, tell(item, 'failed', more));
      return change(context, { ...item, state: 'waiting' }, tell(item, 'retry', more));
    },
    cancel(devEui, id) {
      const items = waiting(context, devEui).filter((item) => id === undefined || item.id === id);
      return { step: finishAll(context, items, 'cancelled'), count: items.length };
    },
    expire: (devEui) => expire(context, devEui),
    dropUnless(isKnown) {
      const unknown = [...lines.keys()].filter((devEui) => !isKnown(devEui));
      const gone = unknown.flatMap((devEui) => lineOf(context, devEui));
      return gone.length === 0 ? undefined : finishAll(context, gone, 'cancelled');
    },
  };
}

function add(context: QueueContext, devEui: string, id: string, input: DownlinkInput) {
  const line = lineOf(context, devEui);
  if (line.length >= MAX_LINE) return undefined;
  const queuedMs = context.clock.nowMs();
  const item: QueuedDownlink = { ...input, id, devEui, queuedMs, tries: 0, state: 'waiting' };
  setLine(context, devEui, [...line, item]);
  return { item, step: change(context, item, recordOf(item, 'queued', queuedMs, { data: item.data })) };
}

function expire(context: QueueContext, devEui: string | undefined): QueueStep | undefined {
  const nowMs = context.clock.nowMs();
  const devices = devEui === undefined ? [...context.lines.keys()] : [devEui];
  const late = devices
    .flatMap((each) => waiting(context, each))
    .filter(({ expiresMs }) => expiresMs !== undefined && expiresMs <= nowMs);
  return late.length === 0 ? undefined : finishAll(context, late, 'expired');
}

function recordOf(
  item: QueuedDownlink,
  step: DownlinkBody['step'],
  timeMs: number,
  more: Partial<DownlinkBody> = {},
): NewRecord {
  const { id, devEui, fPort, confirmed } = item;
  const body: DownlinkBody = { id, step, fPort, confirmed, ...more };
  return { kind: 'downlink', timeMs, device: devEui, body };
}

function lineOf({ lines }: QueueContext, devEui: string): readonly QueuedDownlink[] {
  return lines.get(devEui) ?? [];
}

function setLine({ lines }: QueueContext, devEui: string, line: readonly QueuedDownlink[]): void {
  if (line.length === 0) lines.delete(devEui);
  else lines.set(devEui, line);
}

function waiting(context: QueueContext, devEui: string): readonly QueuedDownlink[] {
  return lineOf(context, devEui).filter(({ state }) => state === 'waiting');
}

function change(context: QueueContext, item: QueuedDownlink, record: NewRecord): QueueStep {
  const line = lineOf(context, item.devEui).map((other) => (other.id === item.id ? item : other));
  setLine(context, item.devEui, line);
  return { records: [record], network: { downlinks: [item], finished: [] } };
}

function finish(context: QueueContext, item: QueuedDownlink, record: NewRecord): QueueStep {
  const rest = lineOf(context, item.devEui).filter(({ id }) => id !== item.id);
  setLine(context, item.devEui, rest);
  return { records: [record], network: { downlinks: [], finished: [item.id] } };
}

/** Ends all of `items` the same way. */
function finishAll(
  context: QueueContext,
  items: readonly QueuedDownlink[],
  step: DownlinkBody['step'],
): QueueStep {
  const nowMs = context.clock.nowMs();
  return joinSteps(items.map((item) => finish(context, item, recordOf(item, step, nowMs))));
}

function counterOf({ fCntDown }: QueuedDownlink): { fCnt?: number } {
  return fCntDown === undefined ? {} : { fCnt: fCntDown };
}

/** Several steps as one. */
export function joinSteps(steps: readonly QueueStep[]): QueueStep {
  if (steps.length === 1 && steps[0]) return steps[0];
  return {
    records: steps.flatMap(({ records }) => records),
    network: {
      downlinks: steps.flatMap(({ network }) => network.downlinks),
      finished: steps.flatMap(({ network }) => network.finished),
    },
  };
}
