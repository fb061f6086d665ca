/** What waits, with its age, and what was told: when, to whom, by what, and what the server said. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { NotifyPersonView, NotifyProofView, NotifyWaitingView } from '../../shapes/notify.ts';
import { api, ask, type Refusal } from '../call.ts';
import { usePolled } from '../care/polled.ts';
import { Empty, HowLong, Refused, Section } from '../components.tsx';
import { wholeTime } from '../dates.ts';
import { duration, sentence } from '../format.ts';
import { StateIcon } from '../icons.tsx';
import { siteZone } from '../site.ts';
import { t } from '../texts.ts';
import { detailWords } from '../told.ts';
import { CHANNELS, isChannel } from './person-draft.ts';
import { merged, type Wanted } from './proof-list.ts';

const PAGE = 100;
/** How often is looked for new ones. */
const AGAIN_MS = 3_000;

export function ToldLog({
  people,
  person,
}: {
  people: readonly NotifyPersonView[];
  person: string;
}): JSX.Element {
  const wanted = useSignal<Wanted>({ person, channel: '' });
  return (
    <>
      <Finder people={people} wanted={wanted.value} find={(next) => (wanted.value = next)} />
      <Waiting wanted={wanted.value} />
      <Proofs key={`${wanted.value.person} ${wanted.value.channel}`} wanted={wanted.value} />
    </>
  );
}

interface FinderProps {
  readonly people: readonly NotifyPersonView[];
  readonly wanted: Wanted;
  readonly find: (wanted: Wanted) => void;
}

function Finder({ people, wanted, find }: FinderProps): JSX.Element {
  return (
    <div class="entry field-row">
      <div class="field">
        <label for="told-person">{t('notify.log.person')}</label>
        <select
          id="told-person"
          onChange={({ currentTarget }) => find({ ...wanted, person: currentTarget.value })}
        >
          <option value="">{t('alarm.any')}</option>
          {people.map(({ id, name }) => (
            <option key={id} value={id} selected={id === wanted.person}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="told-channel">{t('notify.channel')}</label>
        <select
          id="told-channel"
          onChange={({ currentTarget }) => find({ ...wanted, channel: currentTarget.value })}
        >
          <option value="">{t('alarm.any')}</option>
          {CHANNELS.map((channel) => (
            <option key={channel} value={channel} selected={channel === wanted.channel}>
              {t(`notify.channel.${channel}`)}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}

function Waiting({ wanted: { person, channel } }: { wanted: Wanted }): JSX.Element {
  const { value, refusal } = usePolled(
    () => ask(api.notify.waiting.$get()),
    () => true,
    { busyMs: AGAIN_MS },
  );
  const items = (value.value?.items ?? []).filter(
    (one) => (person === '' || one.person === person) && (channel === '' || one.channel === channel),
  );
  return (
    <Section id="told-waiting" title={t('notify.waiting')} count={items.length}>
      <Refused refusal={refusal.value} />
      {value.value && items.length === 0 ? <p class="quiet">{t('notify.waiting.none')}</p> : null}
      {items.length === 0 ? null : (
        <ul class="rows">
          {items.map((one) => (
            <Waits key={`${one.person} ${one.channel} ${one.to} ${one.until} ${one.oldest}`} one={one} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function Waits({ one }: { one: NotifyWaitingView }): JSX.Element {
  const { personName, channel, to, alarms, oldest, until, problem, said, attempts } = one;
  return (
    <li class="row">
      <strong>{personName}</strong>
      <HowLong time={oldest} />
      <span class="why quiet">
        {t(`notify.channel.${channel}`)} {to} · {t('notify.alarms', { count: alarms })} ·{' '}
        {t(`notify.until.${until}`)}
      </span>
      {problem === undefined ? null : (
        <span class="why amiss">
          <StateIcon mark="degraded" /> {sentence(detailWords({ detail: problem, said }))}
          {attempts > 0 ? ` ${t('notify.attempts', { count: attempts })}` : ''}
        </span>
      )}
    </li>
  );
}

function Proofs({ wanted }: { wanted: Wanted }): JSX.Element {
  const known = useSignal<readonly NotifyProofView[]>([]);
  const hasOlder = useSignal(false);
  const refused = useSignal<Refusal | undefined>(undefined);
  const { value, refusal } = usePolled(
    async () => {
      const answer = await fetchProofs(wanted);
      if (!answer.value) return answer;
      if (known.peek().length === 0) hasOlder.value = answer.value.items.length === PAGE;
      known.value = merged(known.peek(), answer.value.items);
      return answer;
    },
    () => true,
    { busyMs: AGAIN_MS },
  );
  const older = async (): Promise<void> => {
    const answer = await fetchProofs(wanted, known.peek().at(-1)?.n);
    refused.value = answer.refusal;
    if (!answer.value) return;
    hasOlder.value = answer.value.items.length === PAGE;
    known.value = merged(known.peek(), answer.value.items);
  };
  return (
    <Section id="told-log" title={t('notify.log')}>
      <Refused refusal={refused.value ?? refusal.value} />
      {value.value && known.value.length === 0 ? <Empty hint={t('notify.log.none')} /> : null}
      {known.value.length === 0 ? null : (
        <ul class="rows">
          {known.value.map((proof) => (
            <Proof key={proof.n} proof={proof} />
          ))}
        </ul>
      )}
      {hasOlder.value ? (
        <button type="button" class="toggle" onClick={() => void older()}>
          {t('alarm.journal.older')}
        </button>
      ) : null}
    </Section>
  );
}

function fetchProofs({ person, channel }: Wanted, before?: number) {
  return ask(
    api.notify.log.$get({
      query: {
        limit: String(PAGE),
        ...(before === undefined ? {} : { before: String(before) }),
        ...(person === '' ? {} : { person }),
        ...(isChannel(channel) ? { channel } : {}),
      },
    }),
  );
}

function Proof({ proof }: { proof: NotifyProofView }): JSX.Element {
  const { time, outcome, personName, channel, to, subject, answer, said, messageId } = proof;
  return (
    <li class="row">
      <strong>{subject}</strong>
      <time dateTime={time}>{wholeTime(Date.parse(time), siteZone.value)}</time>
      <span class="why">
        <span class={outcome === 'sent' ? 'word' : 'word amiss'}>
          <StateIcon mark={outcome === 'sent' ? 'ok' : 'degraded'} />
          {t(`notify.outcome.${outcome}`)}
        </span>{' '}
        {personName} · {t(`notify.channel.${channel}`)} {to}
      </span>
      <span class="why quiet">
        {detailWords({ detail: answer, said })} {notes(proof)}
      </span>
      {messageId === '' ? null : <span class="why quiet mono">{messageId}</span>}
    </li>
  );
}

/** Late: worth a word when it was told more than a minute after it came. */
const LATE_S = 60;

function notes({ isTest, maybeTwice, alarms, ageSeconds, attempts }: NotifyProofView): string {
  return [
    ...(isTest ? [t('notify.isTest')] : [t('notify.alarms', { count: alarms })]),
    ...(ageSeconds > LATE_S ? [t('notify.late', { age: duration(ageSeconds * 1_000) })] : []),
    ...(attempts > 1 ? [t('notify.attempts', { count: attempts })] : []),
    ...(maybeTwice ? [t('notify.twice')] : []),
  ]
    .map((note) => ` · ${note}`)
    .join('');
}
