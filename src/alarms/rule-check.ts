/** Whether a rule makes sense at this site before it is kept: what it is for is there, its fields are known, its expression can be asked. */
import type { AlarmCondition, AlarmRuleInput } from '../model/alarm.ts';
import { ownOf } from '../model/own.ts';
import { type Said, type Told, tell, tellAll } from '../model/said.ts';
import { SUBJECT_OF } from './core/plan.ts';
import type { SiteDevice, SiteView } from './core/site.ts';
import { checkExpression, type FieldKnowledge } from './expression/check.ts';
import { parseExpression } from './expression/parse.ts';
import type { ExpressionFault } from './expression/tokens.ts';
import { meant } from './meant.ts';

export interface RuleMistake {
  /** '/condition/field' */
  readonly pointer: string;
  readonly detail: string;
  /** The detail piece by piece. */
  readonly said: readonly Said[];
}

export interface CheckedSite extends SiteView {
  /** Names of fields a device has sent lately. */
  fieldsSeen(devEui: string): readonly string[];
}

/** Devices looked at for what fields there are. */
const LOOKED_AT = 20;
const RESERVED = new Set(['and', 'or', 'not', 'true', 'false', 'last', 'avg', 'min', 'max', 'delta', 'abs']);

export function checkRule(rule: AlarmRuleInput, site: CheckedSite): readonly RuleMistake[] {
  return [...checkScope(rule, site), ...checkCondition(rule, site)];
}

function checkScope({ scope, condition }: AlarmRuleInput, site: CheckedSite): RuleMistake[] {
  const wrong = (...pieces: Told[]) => [mistake('/scope', ...pieces)];
  const kind = SUBJECT_OF[condition.kind];
  if (kind === 'site' && scope.kind !== 'site') return wrong(tell('rule.forSite'));
  if (kind === 'gateway' && scope.kind !== 'gateway' && scope.kind !== 'site')
    return wrong(tell('rule.forGateway'));
  if (kind === 'device' && scope.kind === 'gateway') return wrong(tell('rule.forDevices'));
  if (scope.kind === 'device' && !site.devices.has(scope.device)) {
    const { device } = scope;
    return wrong(tell('rule.noDevice', { device }), ...meant(device, [...site.devices.keys()]));
  }
  if (scope.kind === 'profile' && !site.profiles.has(scope.profile)) {
    const { profile } = scope;
    return wrong(tell('rule.noProfile', { profile }), ...meant(profile, [...site.profiles]));
  }
  return [];
}

function checkCondition(rule: AlarmRuleInput, site: CheckedSite): RuleMistake[] {
  const { condition } = rule;
  if (condition.kind === 'expression') return checkTree(condition, rule, site);
  const mistakes: RuleMistake[] = [];
  const devices = subjectsOf(rule, site);
  for (const [pointer, field] of fieldsIn(condition)) {
    const known = knowledgeOf(devices, field, site);
    if (known?.known === false)
      mistakes.push(mistake(pointer, tell('rule.noField', { field }), ...meant(field, known.others)));
  }
  if (condition.kind === 'deviation' && typeof condition.setPoint === 'string') {
    const units = [condition.field, condition.setPoint].map((field) => knowledgeOf(devices, field, site));
    const [unit, other] = units.map((one) => (one?.known ? one.unit : undefined));
    if (unit !== undefined && other !== undefined && unit !== other) {
      const { field, setPoint } = condition;
      const told = tell('rule.unitsOf', { field, other: setPoint, unit, otherUnit: other });
      mistakes.push(mistake('/condition/setPoint', told));
    }
  }
  return mistakes;
}

function fieldsIn(condition: AlarmCondition): readonly (readonly [string, string])[] {
  const found: (readonly [string, string])[] = [];
  if ('field' in condition && condition.field !== undefined)
    found.push(['/condition/field', condition.field]);
  if (condition.kind === 'deviation' && typeof condition.setPoint === 'string')
    found.push(['/condition/setPoint', condition.setPoint]);
  return found;
}

function checkTree(
  condition: AlarmCondition & { kind: 'expression' },
  rule: AlarmRuleInput,
  site: CheckedSite,
): RuleMistake[] {
  const pointer = '/condition/expression';
  const named = condition.devices ?? {};
  const mistakes = Object.entries(named).flatMap(([name, devEui]): RuleMistake[] => {
    const at = `/condition/devices/${name}`;
    if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) || RESERVED.has(name))
      return [mistake(at, tell('rule.noName', { name }))];
    return site.devices.has(devEui) ? [] : [mistake(at, tell('rule.noDevice', { device: devEui }))];
  });
  const tree = parseExpression(condition.expression);
  if ('message' in tree) return [...mistakes, placed(pointer, tree)];
  const own = subjectsOf(rule, site);
  const faults = checkExpression(tree, ({ device, field }) => {
    if (device === '') return knowledgeOf(own, field, site);
    const devEui = ownOf(named, device);
    if (devEui === undefined) return 'unknown-device';
    const found = site.devices.get(devEui);
    return found ? knowledgeOf([found], field, site) : undefined;
  });
  return [...mistakes, ...faults.map((fault) => placed(pointer, fault))];
}

/** Places are counted from 1 by people. */
function placed(pointer: string, { at, message, said }: ExpressionFault): RuleMistake {
  return mistake(pointer, tell('rule.at', { at: at + 1 }), { detail: message, said });
}

function mistake(pointer: string, ...pieces: Told[]): RuleMistake {
  const { detail, said } = tellAll(pieces);
  return { pointer, detail, said };
}

function subjectsOf({ scope }: AlarmRuleInput, { devices }: SiteView): readonly SiteDevice[] {
  if (scope.kind === 'device') return [devices.get(scope.device)].filter((one) => one !== undefined);
  const all = [...devices.values()];
  if (scope.kind === 'profile') return all.filter(({ profile }) => profile === scope.profile);
  if (scope.kind === 'area') return all.filter(({ area }) => area === scope.area);
  return scope.kind === 'site' ? all : [];
}

/** undefined where none of them has ever said what fields it has. */
function knowledgeOf(
  devices: readonly SiteDevice[],
  field: string,
  site: CheckedSite,
): FieldKnowledge | undefined {
  const shown = devices.map(({ fields }) => ownOf(fields, field)).find((one) => one !== undefined);
  if (shown) return { known: true, unit: shown.unit };
  const others = new Set(
    devices
      .slice(0, LOOKED_AT)
      .flatMap(({ devEui, fields }) => [...Object.keys(fields ?? {}), ...site.fieldsSeen(devEui)]),
  );
  if (others.has(field)) return { known: true };
  return others.size === 0 ? undefined : { known: false, others: [...others] };
}
