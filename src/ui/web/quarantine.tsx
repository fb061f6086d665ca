/** What a sink refused for good, by reason: look at it, write it again, or drop it. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { QuarantinedView, QuarantineOutcomeView } from '../shapes/records.ts';
import { maySetUp } from './access.ts';
import { api, ask, type Refusal } from './call.ts';
import { ConfirmButton, Empty, Refused, SubPage } from './components.tsx';
import { wholeTime } from './dates.ts';
import { fieldValue } from './format.ts';
import { nameOf, siteZone } from './site.ts';
import { t } from './texts.ts';

/** Records fetched at once, and of them shown of one reason. */
const FETCHED = 500;
const SHOWN = 10;

interface Found {
  readonly items: readonly QuarantinedView[];
  readonly nextCursor?: string | undefined;
}

type Act = (action: 'retry' | 'drop', records: readonly QuarantinedView[]) => void;

export function QuarantinePage({ sink }: { sink: string }): JSX.Element {
  const found = useSignal<Found | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  const outcome = useSignal<QuarantineOutcomeView | undefined>(undefined);
  const look = async (): Promise<void> => {
    const { value, refusal } = await ask(api.quarantine.$get({ query: { sink, limit: String(FETCHED) } }));
    if (value) found.value = value;
    else refused.value = refusal;
  };
  const act = async (action: 'retry' | 'drop', records: readonly QuarantinedView[]): Promise<void> => {
    const seqs = records.map(({ seq }) => seq);
    const answer = await ask(api.quarantine.actions.$post({ json: { sink, action, seqs } }));
    // The list first: nobody shall touch a record that has gone.
    await look();
    refused.value = answer.refusal;
    outcome.value = answer.value;
  };
  const start: Act = (action, records) => void act(action, records).catch(() => {});
  useEffect(() => {
    look().catch(() => {});
  }, []);
  const groups = byReason(found.value?.items ?? []);
  return (
    <SubPage title={t('quarantine.title', { sink: sink === 'influx' ? t('part.influx') : sink })}>
      <p class="lead">{t('quarantine.lead')}</p>
      <Refused refusal={refused.value} />
      <p role="status" class="detail">
        {outcome.value ? told(outcome.value) : null}
      </p>
      {found.value?.items.length === 0 ? <Empty hint={t('quarantine.empty')} /> : null}
      {[...groups].map(([reason, records]) => (
        <Group key={reason} reason={reason} records={records} act={start} />
      ))}
      {found.value?.nextCursor === undefined ? null : <p class="lead">{t('quarantine.more')}</p>}
      {maySetUp.value ? null : <p class="detail">{t('page.viewer')}</p>}
    </SubPage>
  );
}

function byReason(items: readonly QuarantinedView[]): Map<string, QuarantinedView[]> {
  const groups = new Map<string, QuarantinedView[]>();
  for (const item of items) groups.set(item.reason, [...(groups.get(item.reason) ?? []), item]);
  return groups;
}

function told({ delivered, dropped, refused, unfit, ahead, stopped }: QuarantineOutcomeView): string {
  const words = t('quarantine.outcome', { delivered, dropped, refused, left: unfit + ahead });
  return stopped === undefined ? words : `${words} ${stopped}`;
}

interface GroupProps {
  readonly reason: string;
  readonly records: readonly QuarantinedView[];
  readonly act: Act;
}

function Group({ reason, records, act }: GroupProps): JSX.Element {
  const count = records.length;
  return (
    <section class="quarantine">
      <h3 class="amiss">{reason}</h3>
      {maySetUp.value && count > 1 ? (
        <div class="tools">
          <button type="button" class="toggle" onClick={() => act('retry', records)}>
            {t('quarantine.retryAll', { count })}
          </button>
          <ConfirmButton label={t('quarantine.dropAll', { count })} act={() => act('drop', records)} />
        </div>
      ) : null}
      <ul class="rows">
        {records.slice(0, SHOWN).map((record) => (
          <Item key={record.seq} record={record} act={act} />
        ))}
      </ul>
      {count > SHOWN ? <p class="detail">{t('quarantine.hidden', { count: count - SHOWN })}</p> : null}
    </section>
  );
}

function Item({ record, act }: { record: QuarantinedView; act: Act }): JSX.Element {
  const { device, time, kind, body } = record;
  return (
    <li class="row refusal">
      <strong>{device === null ? kind : nameOf(device)}</strong>
      <time dateTime={time}>{wholeTime(Date.parse(time), siteZone.value)}</time>
      <p class="contents">
        {Object.entries(fieldsOf(body)).map(([name, value]) => (
          <span key={name} class="pair">
            <span class="quiet mono">{name}</span> {value}
          </span>
        ))}
      </p>
      {maySetUp.value ? (
        <div class="tools">
          <button type="button" class="toggle" onClick={() => act('retry', [record])}>
            {t('quarantine.retry')}
          </button>
          <ConfirmButton label={t('quarantine.drop')} act={() => act('drop', [record])} />
        </div>
      ) : null}
    </li>
  );
}

/** The fields of a reading, or whatever the record has, as text: a string that should be a number is quoted. */
function fieldsOf(body: unknown): Readonly<Record<string, string>> {
  if (typeof body !== 'object' || body === null) return { body: String(body) };
  const fields =
    'fields' in body && typeof body.fields === 'object' && body.fields !== null ? body.fields : body;
  const text = (value: unknown): string =>
    typeof value === 'number' ? fieldValue(value) : JSON.stringify(value);
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, text(value)]));
}
