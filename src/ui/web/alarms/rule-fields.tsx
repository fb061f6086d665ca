/** The fields of a rule's form; those of the condition follow its kind. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { AlarmConditionKind } from '../../../model/alarm.ts';
import { Check, FormLine, FormPick, type Options, type PickProps } from '../form-fields.tsx';
import { devices, gateways } from '../site.ts';
import { type TextKey, t } from '../texts.ts';
import { FACTS, PRIORITIES, SIDES } from './choices.ts';
import { ASKED, type Asked, isKind, KINDS, type RuleBody, scopeText, shownOf } from './rule-draft.ts';

export function RuleFields({ rule }: { rule: RuleBody }): JSX.Element {
  return (
    <>
      <Line name="name" label="alarm.rules.name" value={rule.name} isRequired />
      <Pick name="scope" label="alarm.scope" value={scopeText(rule.scope)} options={scopes(rule)} />
      <Condition rule={rule} />
      <Pick
        name="priority"
        label="alarm.priority"
        value={rule.priority}
        options={PRIORITIES.map((one) => [one, t(`alarm.priority.${one}`)])}
      />
      <div class="field-row">
        <Line name="onDelay" label="alarm.rules.onDelay" value={String(rule.onDelayMs / 1_000)} isNumber />
        <Line name="offDelay" label="alarm.rules.offDelay" value={String(rule.offDelayMs / 1_000)} isNumber />
      </div>
      <Line name="action" label="alarm.rules.action" value={rule.action} />
      <p class="detail">{t('alarm.rules.actionHint')}</p>
      <details>
        <summary>{t('alarm.rules.words')}</summary>
        <Line name="message" label="alarm.rules.message" value={rule.message} />
        <p class="detail">{t('alarm.rules.messageHint')}</p>
        <Line name="cause" label="alarm.rules.cause" value={rule.cause} />
        <Line name="consequence" label="alarm.rules.consequence" value={rule.consequence} />
      </details>
      <Check name="latched" label={t('alarm.rules.latched')} isOn={rule.latched} />
      <Check name="enabled" label={t('alarm.rules.enabled')} isOn={rule.enabled} />
    </>
  );
}

function Condition({ rule: { condition } }: { rule: RuleBody }): JSX.Element {
  const kind = useSignal<AlarmConditionKind>(condition.kind);
  return (
    <>
      <Pick
        name="kind"
        label="alarm.rules.when"
        value={kind.value}
        options={KINDS.map((one) => [one, t(`alarm.kind.${one}`)])}
        change={(next) => {
          if (isKind(next)) kind.value = next;
        }}
      />
      <p class="detail">{t(`alarm.kindHint.${kind.value}`)}</p>
      {ASKED[kind.value].map((asked) => (
        <Member
          key={`${kind.value} ${asked.name}`}
          asked={asked}
          value={kind.value === condition.kind ? shownOf(condition, asked) : ''}
        />
      ))}
    </>
  );
}

const CHOICES = {
  side: SIDES.map((one) => [one, `alarm.side.${one}`] as const),
  direction: (['rise', 'fall', 'either'] as const).map((one) => [one, `alarm.direction.${one}`] as const),
  fact: FACTS.map((one) => [one, `alarm.fact.${one}`] as const),
} satisfies Record<string, readonly (readonly [string, TextKey])[]>;

function Member({ asked, value }: { asked: Asked; value: string }): JSX.Element {
  const { name, as, isOptional } = asked;
  const label = `alarm.member.${name}` as const;
  const own = `of-${name}`;
  if (as === 'side' || as === 'direction' || as === 'fact') {
    const options: Options = CHOICES[as].map(([one, key]) => [one, t(key)]);
    return <Pick name={own} label={label} value={value || (options[0]?.[0] ?? '')} options={options} />;
  }
  if (as === 'expression' || as === 'names')
    return <Area name={own} label={label} value={value} isRequired={!isOptional} />;
  const isNumber = as === 'number' || as === 'seconds';
  return (
    <>
      <Line
        {...{ name: own, label, value, isNumber, isRequired: !isOptional }}
        list={as === 'field' ? 'rule-field-names' : undefined}
      />
      {as === 'field' ? <FieldNames /> : null}
    </>
  );
}

/** What the devices of the site have sent. */
function FieldNames(): JSX.Element {
  const names = new Set(devices.value.flatMap(({ value }) => Object.keys(value.last?.fields ?? {})));
  return (
    <datalist id="rule-field-names">
      {[...names].sort().map((name) => (
        <option key={name} value={name} />
      ))}
    </datalist>
  );
}

function scopes({ scope }: RuleBody): Options {
  const all = devices.value.map(({ value }) => value);
  const areas = [...new Set(all.map(({ area }) => area ?? ''))].filter((area) => area !== '').sort();
  const profiles = [...new Set(all.map(({ profile }) => profile ?? ''))].filter((name) => name !== '').sort();
  const options: Options = [
    ['site', t('alarm.scope.site')],
    ...areas.map((area) => [`area:${area}`, `${t('alarm.scope.area')} ${area}`] as const),
    ...profiles.map((name) => [`profile:${name}`, `${t('alarm.scope.profile')} ${name}`] as const),
    ...gateways.value.map(
      ({ gatewayId: id, name }) => [`gateway:${id}`, `${t('alarm.scope.gateway')} ${name ?? id}`] as const,
    ),
    ...all.map(({ devEui, name }) => [`device:${devEui}`, `${t('alarm.scope.device')} ${name}`] as const),
  ];
  const own = scopeText(scope);
  return options.some(([value]) => value === own) ? options : [...options, [own, own]];
}

interface OwnLineProps {
  readonly name: string;
  readonly label: TextKey;
  readonly value: string | undefined;
  readonly isNumber?: boolean;
  readonly isRequired?: boolean;
  readonly list?: string | undefined;
}

function Line({ label, isNumber, ...rest }: OwnLineProps): JSX.Element {
  const kind = isNumber ? ({ type: 'number', step: 'any' } as const) : { max: 500 };
  return <FormLine of="rule" label={t(label)} {...kind} {...rest} />;
}

function Area({ name, label, value = '', isRequired }: OwnLineProps): JSX.Element {
  return (
    <div class="field">
      <label for={`rule-${name}`}>{t(label)}</label>
      <textarea
        id={`rule-${name}`}
        name={name}
        class="mono"
        rows={3}
        defaultValue={value}
        required={isRequired}
        maxLength={1_000}
        spellcheck={false}
      />
    </div>
  );
}

function Pick({ label, ...rest }: Omit<PickProps, 'label'> & { readonly label: TextKey }): JSX.Element {
  return <FormPick of="rule" label={t(label)} {...rest} />;
}
