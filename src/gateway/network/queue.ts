/**
 * The queue of downlinks, a line a device: first come, first served. Every step gives the change that stores it and the
 * record that tells of it; memory goes ahead by what is being committed.
 *
 * Invariants: at most one downlink of a device is under way ('sent'), and it is the first of its line; an unconfirmed one
 * that may have been sent is never sent again, so a device never gets an order twice that was not to be confirmed.
 */
import type { DownlinkInput, QueuedDownlink } from '../../model/downlink.ts';
import type { DownlinkBody, NewRecord } from '../../model/record.ts';
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
  missed(item: QueuedDownlink, reason: string, again?: boolean): QueueStep;
  cancel(devEui: string, id: string | undefined): { step: QueueStep; count: number };
  /** Takes out what has expired, of one device or all. */
  expire(devEui?: string): QueueStep | undefined;
  /** Takes out everything of devices that are no more. */
  dropUnless(isKnown: (devEui: string) => boolean): QueueStep | undefined;
}

const MAX_LINE = 64;
export const NOTHING: QueueStep = { records: [], network: { downlinks: [], finished: [] } };

/** `stored` are those of the store, oldest first. */
export function createQueue(clock: Clock, stored: readonly QueuedDownlink[]): DownlinkQueue {
  const lines = new Map<string, QueuedDownlink[]>();
  for (const item of stored) lines.set(item.devEui, [...(lines.get(item.devEui) ?? []), item]);

  function tell(
    item: QueuedDownlink,
    step: DownlinkBody['step'],
    more: Partial<DownlinkBody> = {},
  ): NewRecord {
    const { id, devEui, fPort, confirmed } = item;
    const body: DownlinkBody = { id, step, fPort, confirmed, ...more };
    return { kind: 'downlink', timeMs: clock.nowMs(), device: devEui, body };
  }

  function lineOf(devEui: string): QueuedDownlink[] {
    return lines.get(devEui) ?? [];
  }

  function setLine(devEui: string, line: QueuedDownlink[]): void {
    if (line.length === 0) lines.delete(devEui);
    else lines.set(devEui, line);
  }

  function change(item: QueuedDownlink, record: NewRecord | undefined): QueueStep {
    const line = lineOf(item.devEui).map((other) => (other.id === item.id ? item : other));
    setLine(item.devEui, line);
    return { records: record ? [record] : [], network: { downlinks: [item], finished: [] } };
  }

  function finish(item: QueuedDownlink, record: NewRecord): QueueStep {
    setLine(
      item.devEui,
      lineOf(item.devEui).filter(({ id }) => id !== item.id),
    );
    return { records: [record], network: { downlinks: [], finished: [item.id] } };
  }

  /** Ends all of `items` the same way. */
  function finishAll(items: readonly QueuedDownlink[], step: DownlinkBody['step']): QueueStep {
    return joinSteps(items.map((item) => finish(item, tell(item, step))));
  }

  function waiting(devEui: string): QueuedDownlink[] {
    return lineOf(devEui).filter(({ state }) => state === 'waiting');
  }

  return {
    list: lineOf,
    isEmpty: (devEui) => !lines.has(devEui),
    next(devEui) {
      const [first] = lineOf(devEui);
      return first?.state === 'waiting' ? first : undefined;
    },
    inFlight: (devEui) => lines.get(devEui)?.find(({ state }) => state === 'sent'),
    add(devEui, id, input) {
      const line = lineOf(devEui);
      if (line.length >= MAX_LINE) return undefined;
      const item: QueuedDownlink = {
        ...input,
        id,
        devEui,
        queuedMs: clock.nowMs(),
        tries: 0,
        state: 'waiting',
      };
      setLine(devEui, [...line, item]);
      return { item, step: change(item, tell(item, 'queued', { data: item.data })) };
    },
    sent(item, fCntDown, gateway) {
      const tried: QueuedDownlink = { ...item, state: 'sent', tries: item.tries + 1, fCntDown };
      return change(tried, tell(tried, 'sent', { fCnt: fCntDown, gateway }));
    },
    onAir(item, gateway) {
      const record = tell(item, 'gateway_ack', { gateway, ...counterOf(item) });
      return item.confirmed ? change(item, record) : finish(item, record);
    },
    acknowledged: (item) => finish(item, tell(item, 'device_ack', counterOf(item))),
    missed(item, reason, again = true) {
      if (!again || item.tries > item.retries)
        return finish(item, tell(item, 'failed', { reason, ...counterOf(item) }));
      return change({ ...item, state: 'waiting' }, tell(item, 'retry', { reason, ...counterOf(item) }));
    },
    cancel(devEui, id) {
      const items = waiting(devEui).filter((item) => id === undefined || item.id === id);
      return { step: finishAll(items, 'cancelled'), count: items.length };
    },
    expire(devEui) {
      const nowMs = clock.nowMs();
      const all = devEui === undefined ? [...lines.keys()].flatMap(waiting) : waiting(devEui);
      const late = all.filter(({ expiresMs }) => expiresMs !== undefined && expiresMs <= nowMs);
      return late.length === 0 ? undefined : finishAll(late, 'expired');
    },
    dropUnless(isKnown) {
      const gone = [...lines.keys()].filter((devEui) => !isKnown(devEui)).flatMap(lineOf);
      return gone.length === 0 ? undefined : finishAll(gone, 'cancelled');
    },
  };
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
