/** The rules behind the alarms: all of them, what is wrong with one, sensible ones to take, and all as a file. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { AlarmRuleView } from '../../shapes/alarms.ts';
import { maySetUp } from '../access.ts';
import { api, ask, type Refusal } from '../call.ts';
import { Amiss, Empty, Refused } from '../components.tsx';
import { sentence } from '../format.ts';
import { hrefOf } from '../page.ts';
import { devices } from '../site.ts';
import { t } from '../texts.ts';
import { detailWords } from '../told.ts';
import { PriorityMark } from './priority-mark.tsx';
import { scopeText } from './rule-draft.ts';
import { RuleFile } from './rule-file.tsx';
import { Suggested } from './suggested-rules.tsx';

export function RuleList(): JSX.Element {
  const rules = useSignal<readonly AlarmRuleView[] | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  const look = async (): Promise<void> => {
    const { value, refusal } = await ask(api['alarm-rules'].$get());
    refused.value = refusal;
    if (value) rules.value = value.items;
  };
  useEffect(() => void look(), []);
  return (
    <>
      <Refused refusal={refused.value} />
      {rules.value?.length === 0 ? <Empty hint={t('alarm.rules.none')} /> : null}
      {maySetUp.value ? (
        <div class="tools">
          <a class="primary" href={hrefOf('rule')}>
            {t('alarm.rules.new')}
          </a>
        </div>
      ) : null}
      <ul class="rows">
        {rules.value?.map((rule) => (
          <RuleRow key={rule.id} rule={rule} />
        ))}
      </ul>
      {maySetUp.value && rules.value ? <Suggested rules={rules.value} taken={look} /> : null}
      {rules.value ? <RuleFile imported={look} /> : null}
    </>
  );
}

function RuleRow({ rule }: { rule: AlarmRuleView }): JSX.Element {
  return (
    <li>
      <a class="row choice" href={hrefOf('rule', rule.id)}>
        <strong>
          <PriorityMark priority={rule.priority} /> {rule.name}
        </strong>
        <span>{rule.enabled ? '' : t('alarm.rules.off')}</span>
        <span class="why quiet">
          {t(`alarm.kind.${rule.condition.kind}`)} · {scopeWords(rule.scope)}
          {rule.action === undefined ? ` · ${t('alarm.rules.event')}` : ''}
        </span>
        {rule.problems.map(({ code, detail, said }) => (
          <span key={`${code} ${detail}`} class="why">
            <Amiss words={sentence(detailWords({ detail, said }))} />
          </span>
        ))}
      </a>
    </li>
  );
}

function scopeWords(scope: AlarmRuleView['scope']): string {
  if (scope.kind === 'site') return t('alarm.scope.site');
  const of = scopeText(scope).slice(scope.kind.length + 1);
  const name = scope.kind === 'device' ? (nameOfDevice(of) ?? of) : of;
  return `${t(`alarm.scope.${scope.kind}`)} ${name}`;
}

function nameOfDevice(devEui: string): string | undefined {
  return devices.value.find(({ value }) => value.devEui === devEui)?.value.name;
}
