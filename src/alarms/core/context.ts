/** What the parts of the engine work on: its state, what there can be alarms of, what is due, and what is to be written. */
import type { AlarmBody, AlarmInput, AlarmTransition } from '../../model/alarm-record.ts';
import { errorText } from '../../model/error-text.ts';
import { tell } from '../../model/said.ts';
import type { SiteView } from './site.ts';
import { type Dirty, type EngineState, nothingDirty } from './state.ts';
import { isActive } from './state-machine.ts';
import { complain, type Subjects, subjectsOf } from './subjects.ts';
import { createTimerHeap, type TimerHeap } from './timer-heap.ts';

export interface AlarmOutput {
  readonly timeMs: number;
  readonly device: string | null;
  readonly body: AlarmBody;
}

/** What the engine could not go through with, and went on without. */
export interface EngineFault {
  readonly seq: number;
  /** The one that was looked at; absent where it is the record itself. */
  readonly rule?: string;
  readonly error: string;
}

const MAX_FAULTS = 100;

export interface EngineContext {
  readonly state: EngineState;
  site: SiteView;
  subjects: Subjects;
  readonly timers: TimerHeap;
  /** Active and heard alarms, by group: whose first one is up. */
  readonly groups: Map<string, Set<string>>;
  output: AlarmOutput[];
  dirty: Dirty;
  faults: EngineFault[];
  /** seq of the record that is looked at; undefined between records. */
  bySeq: number | undefined;
}

export function createContext(state: EngineState, site: SiteView): EngineContext {
  const context: EngineContext = {
    ...{ state, site, subjects: subjectsOf(state.rules.values(), site, state.gateways.keys()) },
    ...{ timers: createTimerHeap(), groups: new Map(), output: [], dirty: nothingDirty() },
    ...{ faults: [], bySeq: undefined },
  };
  for (const [id, entry] of state.alarms)
    if (isActive(entry.state) && entry.wasAnnounced) joinGroup(context, entry.group, id);
  return context;
}

/** Told once of a rule, until the rules or the site change; what else is asked goes on. The same log has the same faults. */
export function noteFault(context: EngineContext, error: unknown, rule?: string): void {
  const { faults, subjects, state, bySeq } = context;
  const text = errorText(error).slice(0, 300);
  if (rule !== undefined && !complain(subjects, rule, 'failed', tell('rule.failed', { error: text }))) return;
  const fault = { seq: bySeq ?? state.position, error: text };
  if (faults.length < MAX_FAULTS) faults.push(rule === undefined ? fault : { ...fault, rule });
}

export function joinGroup({ groups }: EngineContext, group: string, id: string): void {
  const members = groups.get(group) ?? new Set();
  groups.set(group, members);
  members.add(id);
}

export function leaveGroup({ groups }: EngineContext, group: string, id: string): void {
  const members = groups.get(group);
  members?.delete(id);
  if (members?.size === 0) groups.delete(group);
}

/** Whatever is written has its number and its place in the log, in this order of keys. */
export function emit(
  context: EngineContext,
  timeMs: number,
  device: string | null,
  body: WithoutNumber<AlarmTransition> | WithoutNumber<AlarmInput>,
): void {
  const { state, output } = context;
  state.n += 1;
  const numbered = { n: state.n, afterSeq: state.sourceSeq, ...body } as AlarmBody;
  output.push({ timeMs: Math.round(timeMs), device, body: numbered });
}

export type WithoutNumber<T> = T extends unknown ? Omit<T, 'n' | 'afterSeq'> : never;
