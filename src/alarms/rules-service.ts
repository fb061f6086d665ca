/** The rules of a site: looked at, added, replaced and removed one by one or by a file, and tried on the past. */
import { type AlarmRule, type AlarmRuleInput, MAX_ALARM_RULES } from '../model/alarm.ts';
import type {
  AlarmRefusal,
  AlarmRuleFile,
  AlarmsService,
  Done,
  RuleImportOutcome,
} from '../model/alarm-service.ts';
import { uplinkBody } from '../model/record.ts';
import { tell, tellAll } from '../model/said.ts';
import type { Store } from '../store/contract.ts';
import type { SiteView } from './core/site.ts';
import type { Follower } from './follower.ts';
import { previewRule } from './preview.ts';
import { invalid, mistaken, notStarted, refuse, stale } from './refusals.ts';
import { type CheckedSite, checkRule } from './rule-check.ts';
import { suggestedForProfile, suggestedForSite } from './suggested-rules.ts';

const SEEN_RECORDS = 5;

export interface RulesContext {
  readonly store: Pick<Store, 'log' | 'profiles'>;
  readonly nowMs: () => number;
  readonly follower: Follower;
  readonly site: () => SiteView;
}

type Ruling = Pick<
  AlarmsService,
  'rules' | 'rule' | 'putRule' | 'removeRule' | 'exportRules' | 'importRules' | 'suggested' | 'preview'
>;

export function ruling(context: RulesContext): Ruling {
  const { follower, store } = context;
  const withProblems = (rule: AlarmRule) => ({
    ...rule,
    problems: follower.engine().subjects().problems.get(rule.id) ?? [],
  });
  return {
    rules: () => sorted(follower).map(withProblems),
    rule(id) {
      const rule = follower.engine().state.rules.get(id);
      return rule && withProblems(rule);
    },
    putRule: (id, rule, revision, by) => putRule(context, id, rule, revision, by),
    removeRule: (id, revision, by) => removeRule(context, id, revision, by),
    exportRules: () => exportRules(follower),
    importRules: (file, mode, by) => importRules(context, file, mode, by),
    suggested(name) {
      if (name === undefined) return suggestedForSite();
      const profile = store.profiles.get(name);
      return profile ? suggestedForProfile(profile) : [];
    },
    async preview(rule, fromMs) {
      const errors = checkRule(rule, checked(context));
      if (errors.length > 0) return invalid(errors);
      return previewRule(store.log, context.site(), rule, fromMs, context.nowMs());
    },
  };
}

function sorted(follower: Follower): AlarmRule[] {
  return [...follower.engine().state.rules.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Each device is looked up once, however many rules of a file are about it. */
function checked({ site, store }: RulesContext): CheckedSite {
  const seen = new Map<string, readonly string[]>();
  return {
    ...site(),
    fieldsSeen(devEui) {
      const known = seen.get(devEui);
      if (known) return known;
      const records = store.log.ofDevice(devEui, Number.MAX_SAFE_INTEGER, SEEN_RECORDS);
      const fields = records.flatMap((record) =>
        record.kind === 'uplink' ? Object.keys(uplinkBody(record).fields) : [],
      );
      seen.set(devEui, fields);
      return fields;
    },
  };
}

async function putRule(
  context: RulesContext,
  id: string,
  input: AlarmRuleInput,
  revision: number,
  by: string,
): ReturnType<AlarmsService['putRule']> {
  const { follower } = context;
  if (!follower.isStarted()) return notStarted();
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(id)) return mistaken(tell('rule.id'));
  const errors = checkRule(input, checked(context));
  if (errors.length > 0) return invalid(errors);
  const { rules } = follower.engine().state;
  let refusal: AlarmRefusal | undefined;
  let made: AlarmRule | undefined;
  await follower.tell((changedMs) => {
    const known = follower.engine().state.rules.get(id);
    if ((known?.revision ?? 0) !== revision) refusal = stale(known);
    else if (!known && rules.size >= MAX_ALARM_RULES)
      refusal = refuse('too-many', `${MAX_ALARM_RULES} rules are the most`);
    if (refusal) return undefined;
    made = { ...input, id, revision: revision + 1, changedMs, changedBy: by };
    return { do: 'put-rules', rules: [made], by };
  });
  return made ? { rule: made, isNew: revision === 0 } : (refusal ?? notStarted());
}

async function removeRule(context: RulesContext, id: string, revision: number, by: string): Promise<Done> {
  const { follower } = context;
  if (!follower.isStarted()) return notStarted();
  let refusal: AlarmRefusal | undefined;
  await follower.tell(() => {
    const known = follower.engine().state.rules.get(id);
    if (!known) refusal = refuse('unknown', `there is no rule ${id}`);
    else if (known.revision !== revision) refusal = stale(known);
    return refusal ? undefined : { do: 'remove-rules', rules: [id], by };
  });
  return refusal ?? { done: true };
}

function exportRules(follower: Follower): AlarmRuleFile {
  return {
    format: 'webscada-edge-alarm-rules',
    version: 1,
    rules: sorted(follower).map(({ revision: _, changedMs: __, changedBy: ___, ...rule }) => rule),
  };
}

async function importRules(
  context: RulesContext,
  { rules }: AlarmRuleFile,
  mode: 'merge' | 'replace',
  by: string,
): Promise<RuleImportOutcome | AlarmRefusal> {
  const { follower } = context;
  if (!follower.isStarted()) return notStarted();
  if (rules.length > MAX_ALARM_RULES) return refuse('too-many', `${MAX_ALARM_RULES} rules are the most`);
  const ids = new Set(rules.map(({ id }) => id));
  if (ids.size < rules.length) return mistaken(tell('rule.twice'));
  const site = checked(context);
  // What a rule is for may come later: a file is taken to another site before its devices are.
  const errors = rules.flatMap((rule, place) =>
    checkRule(rule, site)
      .filter(({ pointer }) => pointer !== '/scope')
      .map(({ pointer, ...told }) => ({
        pointer: `/rules/${place}${pointer}`,
        ...tellAll([tell('rule.of', { rule: rule.id }), told]),
      })),
  );
  if (errors.length > 0) return invalid(errors.slice(0, 20));
  const outcome = { added: 0, replaced: 0, unchanged: 0, removed: 0 };
  const { rules: known } = follower.engine().state;
  const gone = mode === 'replace' ? [...known.keys()].filter((id) => !ids.has(id)) : [];
  if (known.size - gone.length + [...ids].filter((id) => !known.has(id)).length > MAX_ALARM_RULES)
    return refuse('too-many', `${MAX_ALARM_RULES} rules are the most`);
  await follower.tell((changedMs) => {
    const changed: AlarmRule[] = [];
    for (const rule of rules) {
      const before = follower.engine().state.rules.get(rule.id);
      const { revision = 0 } = before ?? {};
      if (before && isSame(before, rule)) outcome.unchanged += 1;
      else changed.push({ ...rule, revision: revision + 1, changedMs, changedBy: by });
      if (!before) outcome.added += 1;
    }
    outcome.replaced = changed.length - outcome.added;
    return { do: 'put-rules', rules: changed, by };
  });
  if (gone.length > 0) outcome.removed = await follower.tell(() => ({ do: 'remove-rules', rules: gone, by }));
  return outcome;
}

function isSame(
  { revision: _, changedMs: __, changedBy: ___, ...before }: AlarmRule,
  rule: AlarmRuleInput,
): boolean {
  const plain = (value: object) => JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  return plain(before) === plain(rule);
}
