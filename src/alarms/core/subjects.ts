/**
 * Which alarms there can be: each rule with each subject it is for, by what makes it asked. Made anew when a rule or the site
 * changes; a reading then looks up its device and asks no other rule. Pure.
 */
import type { AlarmRule, RuleProblem } from '../../model/alarm.ts';
import { type Told, tell } from '../../model/said.ts';
import type { Needs } from './memory.ts';
import { addNeeds, type Plan, planOf, SUBJECT_OF } from './plan.ts';
import type { SiteDevice, SiteView } from './site.ts';

/** One alarm there can be. */
export interface Instance {
  readonly id: string;
  readonly plan: Plan;
  readonly subject: string;
}

export interface OfDevice {
  readonly instances: Instance[];
  readonly needs: Needs;
}

export interface Subjects {
  readonly byId: ReadonlyMap<string, Instance>;
  readonly byDevice: ReadonlyMap<string, OfDevice>;
  /** Rules for gateways that are not named. */
  readonly anyGateway: readonly Plan[];
  readonly byGateway: ReadonlyMap<string, readonly Instance[]>;
  /** Of the box, and of joins, by fact. */
  readonly byFact: ReadonlyMap<string, readonly Instance[]>;
  readonly stale: readonly Instance[];
  /** By rule. */
  readonly problems: Map<string, RuleProblem[]>;
}

export const MAX_ALARMS = 50_000;

interface Building {
  readonly byId: Map<string, Instance>;
  readonly byDevice: Map<string, OfDevice>;
  readonly anyGateway: Plan[];
  readonly byGateway: Map<string, Instance[]>;
  readonly byFact: Map<string, Instance[]>;
  readonly stale: Instance[];
  readonly problems: Map<string, RuleProblem[]>;
}

export function subjectsOf(rules: Iterable<AlarmRule>, site: SiteView, gateways: Iterable<string>): Subjects {
  const building: Building = {
    ...{ byId: new Map(), byDevice: new Map(), anyGateway: [], byGateway: new Map() },
    byFact: new Map(),
    stale: [],
    problems: new Map(),
  };
  const known = [...gateways];
  for (const rule of rules) {
    if (!rule.enabled) continue;
    const plan = planOf(rule);
    if (plan) addPlan(building, plan, site, known);
    else complain(building, rule.id, 'expression', tell('rule.unreadable'));
  }
  return building;
}

function addPlan(building: Building, plan: Plan, site: SiteView, gateways: readonly string[]): void {
  const { rule } = plan;
  const kind = SUBJECT_OF[rule.condition.kind];
  if (kind === 'site') return void add(building, plan, 'site');
  if (kind === 'gateway') {
    if (rule.scope.kind === 'gateway') add(building, plan, rule.scope.gateway);
    else {
      building.anyGateway.push(plan);
      for (const gateway of gateways) add(building, plan, gateway);
    }
    return;
  }
  for (const other of plan.others)
    if (!site.devices.has(other))
      complain(building, rule.id, 'device-gone', tell('rule.askedGone', { device: other }));
  const devices = devicesOf(building, rule, site);
  for (const { devEui } of devices) add(building, plan, devEui);
}

function devicesOf(building: Building, rule: AlarmRule, site: SiteView): readonly SiteDevice[] {
  const { scope } = rule;
  if (scope.kind === 'device') {
    const device = site.devices.get(scope.device);
    if (device) return [device];
    complain(building, rule.id, 'device-gone', tell('rule.deviceGone', { device: scope.device }));
    return [];
  }
  const all = [...site.devices.values()];
  if (scope.kind === 'profile') {
    if (!site.profiles.has(scope.profile))
      complain(building, rule.id, 'profile-gone', tell('rule.profileGone', { profile: scope.profile }));
    return all.filter(({ profile }) => profile === scope.profile);
  }
  if (scope.kind === 'area') {
    const found = all.filter(({ area }) => area === scope.area);
    if (found.length === 0)
      complain(building, rule.id, 'area-empty', tell('rule.areaEmpty', { area: scope.area }));
    return found;
  }
  return scope.kind === 'site' ? all : [];
}

function add(building: Building, plan: Plan, subject: string): void {
  const { rule } = plan;
  if (building.byId.size >= MAX_ALARMS)
    return void complain(building, rule.id, 'too-many', tell('rule.tooMany', { limit: MAX_ALARMS }));
  const instance: Instance = { id: `${rule.id}:${subject}`, plan, subject };
  building.byId.set(instance.id, instance);
  const { condition } = rule;
  if (condition.kind === 'gateway-offline') return push(building.byGateway, subject, instance);
  if (condition.kind === 'box') return push(building.byFact, condition.fact, instance);
  if (condition.kind === 'join-refused') return push(building.byFact, `join-refused:${subject}`, instance);
  if (condition.kind === 'stale') building.stale.push(instance);
  addToDevice(building, instance, subject, true);
  for (const other of plan.others) if (other !== subject) addToDevice(building, instance, other, false);
}

function addToDevice({ byDevice }: Building, instance: Instance, device: string, isSubject: boolean): void {
  const found: OfDevice = byDevice.get(device) ?? {
    instances: [],
    needs: { windows: new Map(), margins: 0, gaps: false },
  };
  byDevice.set(device, found);
  found.instances.push(instance);
  addNeeds(found.needs, instance.plan, device, isSubject);
}

function push(table: Map<string, Instance[]>, key: string, instance: Instance): void {
  const list = table.get(key);
  if (list) list.push(instance);
  else table.set(key, [instance]);
}

/** False where that is said of the rule already. */
export function complain(
  { problems }: Pick<Subjects, 'problems'>,
  id: string,
  code: string,
  { detail, said }: Told,
): boolean {
  const list = problems.get(id) ?? [];
  problems.set(id, list);
  if (list.length >= 5 || list.some((one) => one.code === code)) return false;
  list.push({ code, detail, said });
  return true;
}
