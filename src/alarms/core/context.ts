/** What the parts of the engine work on: its state, what there can be alarms of, what is due, and what is to be written. */
import type { AlarmBody, AlarmInput, AlarmTransition } from '../../model/alarm-record.ts';
import type { SiteView } from './site.ts';
import { type Dirty, type EngineState, nothingDirty } from './state.ts';
import { isActive } from './state-machine.ts';
import { type Subjects, subjectsOf } from './subjects.ts';
import { createTimerHeap, type TimerHeap } from './timer-heap.ts';

export interface AlarmOutput {
  readonly timeMs: number;
  readonly device: string | null;
  readonly body: AlarmBody;
}

export interface EngineContext {
  readonly state: EngineState;
  site: SiteView;
  subjects: Subjects;
  readonly timers: TimerHeap;
  /** Active and heard alarms, by group: whose first one is up. */
  readonly groups: Map<string, Set<string>>;
  output: AlarmOutput[];
  dirty: Dirty;
  /** seq of the record that is looked at; undefined between records. */
  bySeq: number | undefined;
}

export function createContext(state: EngineState, site: SiteView): EngineContext {
  const context: EngineContext = {
    ...{ state, site, subjects: subjectsOf(state.rules.values(), site, state.gateways.keys()) },
    ...{ timers: createTimerHeap(), groups: new Map(), output: [], dirty: nothingDirty(), bySeq: undefined },
  };
  for (const [id, entry] of state.alarms)
    if (isActive(entry.state) && entry.wasAnnounced) joinGroup(context, entry.group, id);
  return context;
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
