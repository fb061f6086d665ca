/** Alarms: what is not as it should be now, what was, how much it is to work through, and the rules behind it. */
import { type Signal, useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import type { AlarmGroupView, AlarmView } from '../../shapes/alarms.ts';
import { mayOperate } from '../access.ts';
import { api, ask, type Refusal, tell } from '../call.ts';
import { ConfirmButton, Empty, Refused, TopPage } from '../components.tsx';
import { hrefOf } from '../page.ts';
import { t } from '../texts.ts';
import { detailWords } from '../told.ts';
import { AlarmFigures } from './alarm-figures.tsx';
import { type AlarmList, useAlarmList } from './alarm-list.ts';
import { AlarmRow } from './alarm-row.tsx';
import { AreasAtWork } from './areas.tsx';
import { underHeadings } from './headings.ts';
import { Journal } from './journal.tsx';
import { PriorityMark } from './priority-mark.tsx';
import { RuleList } from './rule-list.tsx';
import { alarmSummary } from './summary.ts';

const VIEWS = ['', 'journal', 'figures', 'areas', 'rules'] as const;
/** Drawn at first; a flood has thousands. */
const DRAWN = 60;
const GROUPS_DRAWN = 20;

export function AlarmsPage({ of }: { of: string }): JSX.Element {
  const view = VIEWS.find((one) => one === of) ?? '';
  return (
    <TopPage name="alarms-page" title={t('alarm.title')}>
      <nav class="tools finders" aria-label={t('alarm.title')}>
        {VIEWS.map((one) => (
          <a
            key={one}
            class="toggle"
            href={hrefOf('alarms', one)}
            aria-current={one === view ? 'page' : undefined}
          >
            {t(one === '' ? 'alarm.view.now' : `alarm.view.${one}`)}
          </a>
        ))}
        <a class="toggle" href={hrefOf('notify')}>
          {t('alarm.told')}
        </a>
      </nav>
      {view === '' && of !== '' ? <One id={of} /> : <View view={view} />}
    </TopPage>
  );
}

function View({ view }: { view: (typeof VIEWS)[number] }): JSX.Element {
  switch (view) {
    case '':
      return <Now />;
    case 'journal':
      return <Journal />;
    case 'figures':
      return <AlarmFigures />;
    case 'areas':
      return <AreasAtWork />;
    case 'rules':
      return <RuleList />;
  }
}

function Now(): JSX.Element {
  const list = useAlarmList();
  const group = useSignal<string | undefined>(undefined);
  const items = list.items.value;
  if (!items) return <Refused refusal={list.refused.value} />;
  const wanted = group.value === undefined ? items : items.filter((one) => one.group === group.value);
  const { unseen, seen, silent, events } = underHeadings(wanted);
  const isFlood = alarmSummary.value?.isFlood === true;
  return (
    <>
      <Refused refusal={list.refused.value} />
      {isFlood ? <p class="hint note">{t('alarm.flood')}</p> : null}
      <Groups
        list={list}
        chosen={group.value}
        choose={(key) => {
          group.value = key === group.value ? undefined : key;
        }}
      />
      {unseen.length + seen.length === 0 ? <Calm /> : null}
      <Alarms id="unseen" list={unseen} />
      <Alarms id="seen" list={seen} />
      <Aside id="silent" list={silent} />
      <Aside id="events" list={events} />
    </>
  );
}

/** The one a message was about, whatever has become of it. */
function One({ id }: { id: string }): JSX.Element {
  const alarm = useSignal<AlarmView | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  useSignalEffect(() => {
    void alarmSummary.value?.revision;
    void ask(api.alarms[':id'].$get({ param: { id: encodeURIComponent(id) } })).then((answer) => {
      alarm.value = answer.value;
      refused.value = answer.refusal;
    });
  });
  return (
    <>
      <Refused refusal={refused.value} />
      <ul class="rows alarms">{alarm.value ? <AlarmRow alarm={alarm.value} /> : null}</ul>
    </>
  );
}

/** Nothing is active: said with what is looked at, since without a rule nothing ever is. */
function Calm(): JSX.Element {
  const problems = alarmSummary.value?.ruleProblems ?? 0;
  return (
    <>
      <Empty hint={t('alarm.calm')} />
      {problems > 0 ? (
        <p class="hint note">
          <a href={hrefOf('alarms', 'rules')}>{t('alarm.ruleProblems', { count: problems })}</a>
        </p>
      ) : null}
    </>
  );
}

interface GroupsProps {
  readonly list: AlarmList;
  readonly chosen: string | undefined;
  readonly choose: (key: string) => void;
}

function Groups({ list, chosen, choose }: GroupsProps): JSX.Element | null {
  const drawn = useSignal(GROUPS_DRAWN);
  const all = list.groups.value;
  if (all.length === 0) return null;
  return (
    <>
      <ul class="rows alarm-groups" aria-label={t('alarm.groups')}>
        {all.slice(0, drawn.value).map((group) => (
          <li key={group.key} class="row">
            <button
              type="button"
              class="toggle"
              aria-pressed={group.key === chosen}
              onClick={() => choose(group.key)}
            >
              <PriorityMark priority={group.priority} />{' '}
              {detailWords({ detail: group.title, said: group.said })}
            </button>
            <GroupButton group={group} list={list} />
          </li>
        ))}
      </ul>
      <MoreOf count={all.length} drawn={drawn} step={GROUPS_DRAWN} />
    </>
  );
}

interface MoreProps {
  readonly count: number;
  readonly drawn: Signal<number>;
  readonly step: number;
}

/** Draws so many more, where there are any. */
function MoreOf({ count, drawn, step }: MoreProps): JSX.Element | null {
  if (count <= drawn.value) return null;
  return (
    <button
      type="button"
      class="toggle"
      onClick={() => {
        drawn.value += step;
      }}
    >
      {t('alarm.more', { count: count - drawn.value })}
    </button>
  );
}

function GroupButton({ group, list }: { group: AlarmGroupView; list: AlarmList }): JSX.Element {
  // What is kept quiet stays so: nobody looks at it here.
  const { unseen } = underHeadings((list.items.value ?? []).filter((one) => one.group === group.key));
  return <AcknowledgeAll ids={unseen.map(({ id }) => id)} />;
}

/** Many at once: asked twice, since each deserves a look. */
function AcknowledgeAll({ ids }: { ids: readonly string[] }): JSX.Element {
  const refused = useSignal<Refusal | undefined>(undefined);
  if (!mayOperate.value || ids.length === 0) return <span />;
  const all = async (): Promise<void> => {
    const json = { alarms: ids.slice(0, 5_000) };
    refused.value = await tell(api.alarms.acknowledge.$post({ json }));
  };
  return (
    <span>
      <ConfirmButton label={t('alarm.acknowledgeAll', { count: ids.length })} act={() => void all()} />
      <Refused refusal={refused.value} />
    </span>
  );
}

type Heading = 'unseen' | 'seen' | 'silent' | 'events';

function Alarms({ id, list }: { id: Heading; list: readonly AlarmView[] }): JSX.Element | null {
  if (list.length === 0) return null;
  return (
    <section class="section" aria-labelledby={`alarms-${id}`}>
      <div class="section-head">
        <h3 id={`alarms-${id}`}>
          {t(`alarm.heading.${id}`)} <span class="count">{list.length}</span>
        </h3>
        {id === 'unseen' && list.length > 1 ? <AcknowledgeAll ids={list.map((one) => one.id)} /> : null}
      </div>
      <Rows list={list} />
    </section>
  );
}

/** What makes no noise is one line until it is looked at. */
function Aside({ id, list }: { id: Heading; list: readonly AlarmView[] }): JSX.Element | null {
  if (list.length === 0) return null;
  return (
    <details class="section">
      <summary>
        {t(`alarm.heading.${id}`)} ({list.length})
      </summary>
      <Rows list={list} />
    </details>
  );
}

function Rows({ list }: { list: readonly AlarmView[] }): JSX.Element {
  const drawn = useSignal(DRAWN);
  return (
    <>
      <ul class="rows alarms">
        {list.slice(0, drawn.value).map((alarm) => (
          <AlarmRow key={alarm.id} alarm={alarm} />
        ))}
      </ul>
      <MoreOf count={list.length} drawn={drawn} step={DRAWN} />
    </>
  );
}
