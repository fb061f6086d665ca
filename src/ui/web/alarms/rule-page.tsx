/** One rule: what it is for, when it is an alarm, what to do then; tried on the past before it is kept. */
import { type Signal, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { AlarmRuleView } from '../../shapes/alarms.ts';
import { maySetUp } from '../access.ts';
import { api, ask, type Refusal, tell } from '../call.ts';
import { Amiss, ConfirmButton, Empty, Refused, SubPage } from '../components.tsx';
import { sentence } from '../format.ts';
import { idOfName } from '../name-id.ts';
import { hrefOf } from '../page.ts';
import { SavedForm } from '../saved-form.tsx';
import { t } from '../texts.ts';
import { detailWords } from '../told.ts';
import { NEW_RULE, type RuleBody, ruleOf } from './rule-draft.ts';
import { RuleFields } from './rule-fields.tsx';
import { Preview } from './rule-preview.tsx';

const BACK = { href: hrefOf('alarms', 'rules'), text: '' };

export function RulePage({ of }: { of: string }): JSX.Element {
  const rule = useSignal<AlarmRuleView | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  /** Here, since the form begins anew with what was saved. */
  const isSaved = useSignal(false);
  const look = async (): Promise<void> => {
    if (of === '') return;
    const { value, refusal } = await ask(
      api['alarm-rules'][':id'].$get({ param: { id: encodeURIComponent(of) } }),
    );
    refused.value = refusal;
    rule.value = value;
  };
  useEffect(() => void look(), []);
  const isThere = of === '' || rule.value !== undefined;
  return (
    <SubPage title={rule.value?.name ?? t('alarm.rules.new')} back={{ ...BACK, text: t('alarm.view.rules') }}>
      {refused.value?.code === 'alarm-unknown' ? (
        <Empty hint={t('alarm.rules.gone')} />
      ) : (
        <Refused refusal={refused.value} />
      )}
      {rule.value?.problems.map(({ code, detail, said }) => (
        <p key={`${code} ${detail}`}>
          <Amiss words={sentence(detailWords({ detail, said }))} />
        </p>
      ))}
      {maySetUp.value ? null : <p class="hint">{t('page.viewer')}</p>}
      {!isThere ? null : maySetUp.value ? (
        <RuleForm key={rule.value?.revision ?? 0} rule={rule} isSaved={isSaved} look={look} />
      ) : rule.value ? (
        <Shown rule={rule.value} />
      ) : null}
    </SubPage>
  );
}

/** For those who may look: nothing to fill in, and nothing to send. */
function Shown({ rule }: { rule: AlarmRuleView }): JSX.Element {
  return (
    <div class="entry">
      <fieldset class="bare" disabled>
        <RuleFields rule={rule} />
      </fieldset>
    </div>
  );
}

interface RuleFormProps {
  readonly rule: Signal<AlarmRuleView | undefined>;
  readonly isSaved: Signal<boolean>;
  readonly look: () => Promise<void>;
}

function RuleForm({ rule, isSaved, look }: RuleFormProps): JSX.Element {
  const form = useRef<HTMLFormElement>(null);
  const refused = useSignal<Refusal | undefined>(undefined);
  const body = (): RuleBody => {
    const data = new FormData(form.current ?? undefined);
    return ruleOf((name) => String(data.get(name) ?? ''));
  };
  const save = async (): Promise<void> => {
    const json = body();
    const known = rule.peek();
    const id = known?.id ?? (await freeId(json.name));
    const headers: Record<string, string> = known
      ? { 'if-match': `"${known.revision}"` }
      : { 'if-none-match': '*' };
    const { value, refusal } = await ask(
      api['alarm-rules'][':id'].$put({ param: { id }, json }, { headers }),
    );
    refused.value = refusal;
    isSaved.value = value !== undefined;
    if (value && known) rule.value = value;
    else if (value) location.hash = hrefOf('rule', value.id);
  };
  const words = {
    theirs: t('alarm.rules.theirs'),
    saved: t('alarm.rules.saved'),
    save: t('alarm.rules.save'),
  };
  return (
    <>
      <SavedForm {...{ form, isSaved, save, words }} refusal={refused.value} look={look}>
        <RuleFields rule={rule.value ?? NEW_RULE} />
      </SavedForm>
      <Preview body={body} />
      {rule.value ? <Remove rule={rule.value} /> : null}
    </>
  );
}

async function freeId(name: string): Promise<string> {
  const { value } = await ask(api['alarm-rules'].$get());
  return idOfName(
    name,
    'rule',
    (value?.items ?? []).map(({ id }) => id),
  );
}

function Remove({ rule: { id, revision } }: { rule: AlarmRuleView }): JSX.Element {
  const refused = useSignal<Refusal | undefined>(undefined);
  const remove = async (): Promise<void> => {
    const headers = { 'if-match': `"${revision}"` };
    refused.value = await tell(api['alarm-rules'][':id'].$delete({ param: { id } }, { headers }));
    if (!refused.value) location.hash = hrefOf('alarms', 'rules');
  };
  return (
    <div class="tools">
      <ConfirmButton label={t('alarm.rules.remove')} act={() => void remove()} />
      <Refused refusal={refused.value} />
    </div>
  );
}
