/** An engine with rules, told of readings and gateways by the minute; what it says in short. */
import { createEngine, type Engine } from '../../src/alarms/core/engine.ts';
import type { SiteView } from '../../src/alarms/core/site.ts';
import { emptyState } from '../../src/alarms/core/state.ts';
import type { AlarmRule } from '../../src/model/alarm.ts';
import { isTransition } from '../../src/model/alarm-record.ts';
import type { Fields, NewRecord, UplinkBody } from '../../src/model/record.ts';
import { asRecord, eui, gatewayRecord, MINUTE_MS, START_MS, siteOf, uplink } from './alarm-site.ts';

export function runEngine(rules: readonly AlarmRule[], site: SiteView = siteOf([{}, {}, {}])) {
  const state = emptyState();
  state.nowMs = START_MS;
  const engine = createEngine(state, site);
  engine.tell({ do: 'put-rules', rules, by: 'test' }, START_MS);
  engine.take();
  let seq = 0;
  const step = (record: NewRecord): void => {
    seq += 1;
    engine.step(asRecord(seq, record));
  };
  return {
    engine,
    step,
    /** `minute` after the start. */
    at: (minute: number, fields: Fields, device = 1, more: Partial<UplinkBody> = {}) =>
      step(uplink(eui(device), START_MS + minute * MINUTE_MS, fields, more)),
    gateway: (minute: number, word: 'online' | 'offline', id = 'aa') =>
      step(gatewayRecord(id, START_MS + minute * MINUTE_MS, word)),
    until: (minute: number) => engine.advance(START_MS + minute * MINUTE_MS),
    told: () => toldBy(engine),
  };
}

/** 'raised 1 @5: message' */
function toldBy(engine: Engine): string[] {
  return engine.take().output.flatMap(({ body, timeMs }) => {
    if (!isTransition(body)) return [];
    const { event, subject, silence } = body;
    const who = /^0*[1-9]$/.test(subject) ? subject.slice(-1) : subject;
    const quiet = silence === undefined ? '' : ` (${silence})`;
    return [`${event} ${who} @${(timeMs - START_MS) / MINUTE_MS}${quiet}`];
  });
}
