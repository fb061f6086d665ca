/**
 * The alarm engine: records of the log, time and what it is told go in, records of kind 'alarm' come out. Pure: it asks nobody
 * anything. The same log gives the same records, in batches of any size: time goes on with the records and with the timers that are
 * due, never with the clock of who looks.
 */
import { type GatewayBody, type LogRecord, type UplinkBody, uplinkBody } from '../../model/record.ts';
import { QUEUED_MS } from '../../model/time.ts';
import {
  type AlarmOutput,
  createContext,
  type EngineContext,
  type EngineFault,
  noteFault,
} from './context.ts';
import { judge, judgeValue, type Reading } from './judge.ts';
import { remember } from './memory.ts';
import { remake, schedule } from './remake.ts';
import type { SiteView } from './site.ts';
import { scheduleSlide, slide } from './slide.ts';
import { giveGrace, heardAgain, scheduleStale, staleAt } from './stale.ts';
import { type Dirty, type EngineState, newMemory, nothingDirty } from './state.ts';
import type { Instance, OfDevice, Subjects } from './subjects.ts';
import { hear, setArea, type Told } from './told.ts';
import * as alarm from './transitions.ts';

/** A value that comes later than this is of the past. */
const LATE_MS = QUEUED_MS;

export interface Engine {
  readonly state: EngineState;
  subjects(): Subjects;
  /** Looks at a record, the next one of the log. */
  step(record: LogRecord): void;
  /** Lets time pass until `toMs`: everything due by then happens, in its order. */
  advance(toMs: number): void;
  /** When something is due next; Infinity where nothing is. */
  nextMs(): number;
  /** How many of the alarms it was about were changed. */
  tell(told: Told, timeMs: number): number;
  /** `timeMs`: when it became so. */
  setSite(site: SiteView, timeMs: number): void;
  /** What is to be written, and what of the state with it; both are taken. */
  take(): { readonly output: readonly AlarmOutput[]; readonly dirty: Dirty };
  hasOutput(): boolean;
  /** What it could not go through with since it was asked last. */
  takeFaults(): readonly EngineFault[];
}

export function createEngine(state: EngineState, site: SiteView): Engine {
  const context = createContext(state, site);
  schedule(context);
  return {
    state,
    subjects: () => context.subjects,
    step: (record) => step(context, record),
    advance: (toMs) => advance(context, toMs),
    nextMs: context.timers.nextMs,
    tell(told, timeMs) {
      context.bySeq = undefined;
      return hear(context, told, timeMs);
    },
    setSite(next, timeMs) {
      context.site = next;
      remake(context, { reason: 'device-gone' }, timeMs);
    },
    take() {
      const { output, dirty } = context;
      context.output = [];
      context.dirty = nothingDirty();
      return { output, dirty };
    },
    hasOutput: () => context.output.length > 0,
    takeFaults: () => context.faults.splice(0),
  };
}

/** One that cannot be looked at is passed over: it would come again for ever. */
function step(context: EngineContext, record: LogRecord): void {
  const { state } = context;
  try {
    look(context, record);
  } catch (error) {
    context.bySeq = record.seq;
    noteFault(context, error);
  }
  state.position = record.seq;
  if (record.kind !== 'alarm') state.sourceSeq = record.seq;
  context.bySeq = undefined;
  // What began to be due in the past, by a reading that came late, is due now.
  advance(context, state.nowMs);
}

function look(context: EngineContext, record: LogRecord): void {
  const { state } = context;
  if (record.kind === 'uplink' && record.device !== null) {
    const ofDevice = context.subjects.byDevice.get(record.device);
    // Without rules of its own a reading is time only.
    const body = ofDevice || record.body.includes('"clock":{') ? uplinkBody(record) : undefined;
    const timeMs = timeOf(context, record.timeMs, body);
    advance(context, timeMs);
    state.nowMs = Math.max(state.nowMs, timeMs);
    state.sourceSeq = record.seq;
    context.bySeq = record.seq;
    if (body && ofDevice) takeReading(context, record.device, body, timeMs, ofDevice);
  } else if (record.kind === 'gateway') {
    const body = JSON.parse(record.body) as GatewayBody;
    const timeMs = timeOf(context, record.timeMs, body);
    advance(context, timeMs);
    state.nowMs = Math.max(state.nowMs, timeMs);
    state.sourceSeq = record.seq;
    context.bySeq = record.seq;
    takeGateway(context, body, Math.max(timeMs, state.nowMs));
  }
}

/** A time from a doubtful clock is none: then it is as late as it was. */
function timeOf(
  { state }: EngineContext,
  timeMs: number,
  body: Pick<UplinkBody, 'clock'> | undefined,
): number {
  const source = body?.clock?.source;
  return source === undefined || source === 'gateway' || source === 'assumed' ? timeMs : state.nowMs;
}

function takeReading(
  context: EngineContext,
  device: string,
  body: UplinkBody,
  timeMs: number,
  { instances, needs }: OfDevice,
): void {
  const { state, dirty } = context;
  const memory = state.devices.get(device) ?? newMemory();
  if (timeMs < state.nowMs - LATE_MS || timeMs < memory.lastMs)
    return takeLate(context, device, body, timeMs, instances);
  const reading = { device, timeMs, body, fCntBefore: memory.fCnt };
  state.devices.set(device, memory);
  dirty.devices.add(device);
  remember(memory, body, timeMs, needs);
  for (const instance of instances) {
    try {
      ask(context, instance, reading);
    } catch (error) {
      noteFault(context, error, instance.plan.rule.id);
    }
  }
}

function ask(context: EngineContext, instance: Instance, reading: Reading): void {
  const { state } = context;
  const { plan, subject } = instance;
  const { timeMs } = reading;
  if (plan.rule.condition.kind === 'stale') return heardAgain(context, instance, timeMs);
  const memoryOf = (other: string) => state.devices.get(other);
  const memory = state.devices.get(subject) ?? newMemory();
  const holds = state.alarms.get(instance.id)?.holds ?? false;
  // A window ends now, also for a reading that is somewhat late: what has left it does not come back.
  const nowMs = plan.tree ? state.nowMs : timeMs;
  const verdict = judge(plan, subject, reading, { memory, memoryOf, holds, nowMs });
  if (verdict) alarm.settle(context, instance, verdict, timeMs);
  scheduleSlide(context, instance, nowMs);
}

/** No alarm for the past, but it is said. */
function takeLate(
  context: EngineContext,
  device: string,
  { fields }: UplinkBody,
  timeMs: number,
  instances: readonly Instance[],
): void {
  for (const instance of instances) {
    if (instance.subject !== device) continue;
    const verdict = judgeValue(instance.plan.rule.condition, fields, false);
    if (verdict?.holds) alarm.tellPast(context, instance, verdict, timeMs);
  }
}

function takeGateway(context: EngineContext, { gateway, state: word }: GatewayBody, timeMs: number): void {
  const { state, subjects, dirty } = context;
  const isOnline = word === 'online';
  const isNew = !state.gateways.has(gateway);
  state.gateways.set(gateway, { isOnline, sinceMs: timeMs });
  dirty.gateways.add(gateway);
  if (isNew && subjects.anyGateway.length > 0) remake(context, {}, timeMs);
  for (const instance of context.subjects.byGateway.get(gateway) ?? [])
    alarm.settle(context, instance, { holds: !isOnline }, timeMs);
  for (const instance of context.subjects.stale) {
    const memory = state.devices.get(instance.subject);
    if (!memory?.heard.includes(gateway)) continue;
    if (isOnline) giveGrace(context, instance, timeMs);
    else alarm.refreshSilence(context, instance, timeMs);
  }
}

function advance(context: EngineContext, toMs: number): void {
  const { timers, state } = context;
  if (timers.nextMs() > toMs) return;
  for (;;) {
    const timer = timers.take(toMs);
    if (!timer) return;
    const written = state.n;
    goOff(context, timer.key.slice(0, 1), timer.key.slice(2), timer.dueMs);
    // What nobody can see in the log is no time that has passed.
    if (state.n > written) state.nowMs = Math.max(state.nowMs, timer.dueMs);
  }
}

function goOff(context: EngineContext, kind: string, key: string, dueMs: number): void {
  const { subjects } = context;
  context.bySeq = undefined;
  if (kind === 'm') return void setArea(context, key, undefined, dueMs, 'box');
  const instance = subjects.byId.get(key);
  if (!instance) return;
  try {
    goOffFor(context, instance, kind, dueMs);
  } catch (error) {
    noteFault(context, error, instance.plan.rule.id);
  }
}

function goOffFor(context: EngineContext, instance: Instance, kind: string, dueMs: number): void {
  if (kind === 'd') return alarm.delayOver(context, instance, dueMs);
  if (kind === 'w') return slide(context, instance, dueMs);
  if (kind === 'h') return alarm.setShelf(context, instance, dueMs, undefined, 'box');
  const atMs = staleAt(context, instance);
  if (atMs === undefined) return;
  if (atMs > dueMs) return scheduleStale(context, instance);
  const silentMs = dueMs - (context.state.devices.get(instance.subject)?.lastMs ?? dueMs);
  alarm.settle(context, instance, { holds: true }, dueMs, silentMs);
}
