/** From the model's shapes of alarms to the API's: times as text. */
import type { Alarm, AlarmRule, AreaSuppression, RuleProblem, Shelf } from '../../model/alarm.ts';
import type {
  AlarmGroup,
  AlarmStatistics,
  AlarmSummary,
  JournalEntry,
  RulePreview,
} from '../../model/alarm-service.ts';
import type {
  AlarmEntryView,
  AlarmGroupView,
  AlarmRulePreviewView,
  AlarmRuleView,
  AlarmStatisticsView,
  AlarmSummaryView,
  AlarmSuppressionView,
  AlarmView,
} from './alarms.ts';
import { iso } from './part-views.ts';

const isoMaybe = (timeMs: number | undefined) => (timeMs === undefined ? undefined : iso(timeMs));

export function alarmView(alarm: Alarm): AlarmView {
  const { activeMs, clearedMs, acknowledged, shelved, outOfService, ...rest } = alarm;
  return {
    ...rest,
    active: activeMs === 0 ? null : iso(activeMs),
    cleared: isoMaybe(clearedMs),
    acknowledged: acknowledged && {
      ...{ by: acknowledged.by, time: iso(acknowledged.timeMs), comment: acknowledged.comment },
    },
    shelved: shelved && shelfView(shelved),
    outOfService: outOfService && {
      ...{ by: outOfService.by, time: iso(outOfService.timeMs), reason: outOfService.reason },
    },
  };
}

function shelfView({ by, reason, sinceMs, untilMs }: Shelf) {
  return { by, reason, since: iso(sinceMs), until: iso(untilMs) };
}

export function suppressionView(suppression: AreaSuppression): AlarmSuppressionView {
  return { area: suppression.area, ...shelfView(suppression) };
}

export function summaryView({ top, ...rest }: AlarmSummary): AlarmSummaryView {
  return { ...rest, ...(top ? { top: alarmView(top) } : {}) };
}

export function groupView({ sinceMs, ...rest }: AlarmGroup): AlarmGroupView {
  return { ...rest, since: iso(sinceMs) };
}

export function entryView({ seq, timeMs, device, body }: JournalEntry, epoch: number): AlarmEntryView {
  const { event, alarm, rule, name, subject, subjectName, area, priority, state, isAnnounced } = body;
  const { silence, message, said, value, unit, limit, group, by, reason, untilMs } = body;
  return {
    ...{ id: `${epoch}-${seq}`, seq, time: iso(timeMs), device, event, alarm, rule, name, subject },
    ...{ subjectName, area, priority, state, isAnnounced, isEvent: body.isEvent ?? false, silence, message },
    ...{ said, value, unit, limit, isFirstUp: body.isFirstUp ?? false, group, by, reason },
    until: isoMaybe(untilMs),
  };
}

export function statisticsView({ fromMs, toMs, perHour, ...rest }: AlarmStatistics): AlarmStatisticsView {
  return {
    ...{ from: iso(fromMs), to: iso(toMs) },
    perHour: perHour.map(({ startMs, count }) => ({ start: iso(startMs), count })),
    worst: [...rest.worst],
    chattering: [...rest.chattering],
    isCut: rest.isCut,
  };
}

export function ruleView(rule: AlarmRule & { readonly problems: readonly RuleProblem[] }): AlarmRuleView {
  const { changedMs, problems, ...rest } = rule;
  return { ...rest, changed: iso(changedMs), problems: [...problems] } as AlarmRuleView;
}

export function previewView(preview: RulePreview): AlarmRulePreviewView {
  const { fromMs, toMs, occurrences, problems, ...rest } = preview;
  return {
    ...rest,
    ...{ from: iso(fromMs), to: iso(toMs), problems: [...problems] },
    occurrences: occurrences.map(({ fromMs: since, toMs: until, ...one }) => ({
      ...{ ...one, from: iso(since), to: isoMaybe(until) },
    })),
  };
}
