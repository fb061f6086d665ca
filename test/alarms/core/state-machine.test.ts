/** Alarms by random commands, against a table written once more by hand from ISA-18.2. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createEngine, type Engine } from '../../../src/alarms/core/engine.ts';
import { emptyState } from '../../../src/alarms/core/state.ts';
import { type AlarmTransition, isTransition } from '../../../src/model/alarm-record.ts';
import { asRecord, eui, MINUTE_MS, rule, START_MS, siteOf, uplink } from '../../support/alarm-site.ts';

/** [state, what happens] -> [state, event, announced]; what is not here changes nothing. */
type Step = readonly [state: string, event: string, isAnnounced: boolean];
const TABLE: Readonly<Record<string, Step>> = {
  'normal high': ['active', 'raised', true],
  'active ack': ['acknowledged', 'acknowledged', false],
  'active low': ['cleared', 'cleared', false],
  'acknowledged low': ['normal', 'cleared', false],
  'cleared high': ['active', 'raised', true],
  'cleared ack': ['normal', 'reset', false],
};
const LATCHED: Readonly<Record<string, Step>> = {
  ...TABLE,
  'acknowledged low': ['latched', 'cleared', false],
  'latched high': ['active', 'raised', true],
  'latched ack': ['normal', 'reset', false],
};
/** While it is quiet: nobody is told, and what nobody heard needs no acknowledgement. */
const QUIET: Readonly<Record<string, Step>> = {
  ...TABLE,
  'normal high': ['active', 'raised', false],
  'cleared high': ['active', 'raised', false],
};

interface Model {
  state: string;
  isShelved: boolean;
  isOut: boolean;
  isHigh: boolean;
  /** Somebody heard of the present activation. */
  wasTold: boolean;
}

interface Real {
  readonly engine: Engine;
  nowMs: number;
  seq: number;
}

const ID = `high:${eui(1)}`;

class Do implements fc.Command<Model, Real> {
  readonly what: string;
  readonly isLatched: boolean;
  constructor(what: string, isLatched: boolean) {
    this.what = what;
    this.isLatched = isLatched;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    real.nowMs += MINUTE_MS;
    const wasQuiet = model.isShelved || model.isOut;
    act(real, this.what);
    const expected = expect_(model, this.what, this.isLatched, wasQuiet);
    const found = real.engine.take().output.flatMap(({ body }) => (isTransition(body) ? [body] : []));
    expect(found.map(shown)).toEqual(expected);
    const entry = real.engine.state.alarms.get(ID);
    expect(entry?.state ?? 'normal').toBe(model.state);
  }

  toString(): string {
    return this.what;
  }
}

function shown({ event, state, isAnnounced }: AlarmTransition): Step {
  return [state, event, isAnnounced];
}

function act(real: Real, what: string): void {
  const { engine, nowMs } = real;
  const by = 'user ada';
  switch (what) {
    case 'high':
    case 'low':
      real.seq += 1;
      return engine.step(asRecord(real.seq, uplink(eui(1), nowMs, { level: what === 'high' ? 9 : 1 })));
    case 'ack':
      return void engine.tell({ do: 'acknowledge', ids: [ID], by }, nowMs);
    case 'shelve': {
      const shelf = { by, reason: 'cleaning', sinceMs: nowMs, untilMs: nowMs + 1e9 };
      return void engine.tell({ do: 'shelve', id: ID, shelf, by }, nowMs);
    }
    case 'unshelve':
      return void engine.tell({ do: 'shelve', id: ID, shelf: undefined, by }, nowMs);
    case 'out':
      return void engine.tell({ do: 'service', id: ID, reason: 'broken', by }, nowMs);
    default:
      return void engine.tell({ do: 'service', id: ID, reason: undefined, by }, nowMs);
  }
}

/** What must be written, and the model as it is then. */
function expect_(model: Model, what: string, isLatched: boolean, wasQuiet: boolean): Step[] {
  if (what === 'high' || what === 'low') {
    const isHigh = what === 'high';
    if (isHigh === model.isHigh) return [];
    model.isHigh = isHigh;
    return follow(model, what, isLatched, wasQuiet);
  }
  if (what === 'ack') return follow(model, what, isLatched, wasQuiet);
  if (what === 'shelve' || what === 'unshelve') model.isShelved = what === 'shelve';
  else model.isOut = what === 'out';
  const isQuiet = model.isShelved || model.isOut;
  const isBack = wasQuiet && !isQuiet && model.state === 'active';
  if (isBack) model.wasTold = true;
  const events: Readonly<Record<string, string>> = {
    ...{ shelve: 'shelved', unshelve: 'unshelved', out: 'out-of-service', in: 'in-service' },
  };
  return [[model.state, events[what] ?? '', isBack]];
}

function follow(model: Model, what: string, isLatched: boolean, isQuiet: boolean): Step[] {
  const table = isLatched ? LATCHED : isQuiet ? QUIET : TABLE;
  const step = table[`${model.state} ${what}`];
  if (!step) return [];
  const [next, event, isLoud] = step;
  const isUnheard = model.state === 'active' && what === 'low' && !model.wasTold && !isLatched;
  model.state = isUnheard ? 'normal' : next;
  if (event === 'raised') model.wasTold = !isQuiet;
  return [[model.state, event, isLoud && !isQuiet]];
}

test.each([false, true])(
  'any sequence of values and people leads where the table says (latched: %s)',
  (latched) => {
    const words = ['high', 'low', 'ack', 'shelve', 'unshelve', 'out', 'in'];
    const commands = words.map((what) => fc.constant(new Do(what, latched)));
    fc.assert(
      fc.property(fc.commands(commands, { maxCommands: 60, size: 'max' }), (sequence) => {
        const state = emptyState();
        state.nowMs = START_MS;
        const engine = createEngine(state, siteOf([{}]));
        const condition = { kind: 'limit', field: 'level', side: 'high', limit: 5 } as const;
        engine.tell({ do: 'put-rules', rules: [rule('high', { condition, latched })], by: 'test' }, START_MS);
        engine.take();
        const model: Model = {
          state: 'normal',
          isShelved: false,
          isOut: false,
          isHigh: false,
          wasTold: false,
        };
        fc.modelRun(() => ({ model, real: { engine, nowMs: START_MS, seq: 0 } }), sequence);
      }),
      { numRuns: 300 },
    );
  },
);

test('a rule without an action is seen by nature', () => {
  const state = emptyState();
  state.nowMs = START_MS;
  const engine = createEngine(state, siteOf([{}]));
  const condition = { kind: 'limit', field: 'level', side: 'high', limit: 5 } as const;
  const event = rule('high', { condition, action: undefined, latched: true });
  engine.tell({ do: 'put-rules', rules: [event], by: 'test' }, START_MS);
  engine.take();
  for (const [n, level] of [9, 1].entries())
    engine.step(asRecord(n + 1, uplink(eui(1), START_MS + n * MINUTE_MS, { level })));
  expect(engine.tell({ do: 'acknowledge', ids: [ID], by: 'x' }, START_MS)).toBe(0);
  const found = engine.take().output.flatMap(({ body }) => (isTransition(body) ? [body] : []));
  expect(found.map(shown)).toEqual([
    ['acknowledged', 'raised', false],
    ['normal', 'cleared', false],
  ]);
  expect(found.every(({ isEvent }) => isEvent)).toBe(true);
});
