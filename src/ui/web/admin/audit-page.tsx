/** The audit trail: who did what, when and from where, with a filter; whether it is whole; all of it as a file. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { AuditCheckView, AuditView } from '../../shapes/audit.ts';
import { mayAdminister } from '../access.ts';
import { api, ask, type Refusal } from '../call.ts';
import { Amiss, Empty, Refused, SubPage } from '../components.tsx';
import { wholeTime } from '../dates.ts';
import { siteZone } from '../site.ts';
import { hasText, t } from '../texts.ts';

export function AuditPage(): JSX.Element {
  return (
    <SubPage title={t('audit.title')}>
      {mayAdminister.value ? <Trail /> : <Empty hint={t('admin.only')} />}
    </SubPage>
  );
}

function Trail(): JSX.Element {
  const items = useSignal<readonly AuditView[] | undefined>(undefined);
  const next = useSignal<string | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  const find = useSignal('');
  const fetchPage = (cursor?: string): void => {
    const query = {
      limit: '100',
      ...(find.value === '' ? {} : { find: find.value }),
      ...(cursor === undefined ? {} : { cursor }),
    };
    void ask(api.audit.$get({ query })).then(({ value, refusal }) => {
      refused.value = refusal;
      if (!value) return;
      items.value = cursor === undefined ? value.items : [...(items.peek() ?? []), ...value.items];
      next.value = value.nextCursor;
    });
  };
  useEffect(() => fetchPage(), []);
  return (
    <>
      <p class="lead">{t('audit.lead')}</p>
      <form
        class="entry audit-tools"
        onSubmit={(event) => {
          event.preventDefault();
          find.value = String(new FormData(event.currentTarget).get('find')).trim();
          fetchPage();
        }}
      >
        <div class="field">
          <label for="audit-find">{t('audit.find')}</label>
          <div class="field-row">
            <input id="audit-find" name="find" type="search" maxLength={100} />
            <button type="submit" class="toggle">
              {t('audit.search')}
            </button>
          </div>
        </div>
      </form>
      <Check />
      <Refused refusal={refused.value} />
      {items.value?.length === 0 ? <Empty hint={t('audit.nothing')} /> : null}
      <ul class="rows">
        {items.value?.map((entry) => (
          <Entry key={entry.seq} entry={entry} />
        ))}
      </ul>
      {next.value === undefined ? null : (
        <button type="button" class="toggle" onClick={() => fetchPage(next.value)}>
          {t('audit.older')}
        </button>
      )}
    </>
  );
}

function Entry({ entry }: { entry: AuditView }): JSX.Element {
  const { time, who, from, what, on, refused, detail } = entry;
  const key = `audit.did.${what}`;
  return (
    <li class="row audited">
      <strong>{hasText(key) ? t(key) : what}</strong>
      <time dateTime={time}>{wholeTime(Date.parse(time), siteZone.value)}</time>
      <span class="why quiet">
        {who}
        {from === '' ? '' : ` (${from})`}
        {on === undefined ? '' : ` · ${on}`}
        {refused ? (
          <>
            {' '}
            <Amiss words={t('audit.refused')} />
          </>
        ) : null}
      </span>
      {detail ? <span class="why quiet mono">{detailWords(detail)}</span> : null}
    </li>
  );
}

function detailWords(detail: NonNullable<AuditView['detail']>): string {
  return Object.entries(detail)
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(', ') : String(value)}`)
    .join(' · ');
}

/** Whether the chain is whole, looked through when asked. */
function Check(): JSX.Element {
  const found = useSignal<AuditCheckView | undefined>(undefined);
  return (
    <>
      <div class="tools care-tools">
        <button
          type="button"
          class="toggle"
          onClick={() =>
            void ask(api.audit.check.$get()).then(({ value }) => {
              found.value = value;
            })
          }
        >
          {t('audit.check')}
        </button>
        <a class="toggle" href="/api/v1/audit/export" download>
          {t('audit.export')}
        </a>
      </div>
      <p role="status" class="detail">
        {found.value === undefined ? (
          ''
        ) : found.value.brokenAt === undefined ? (
          t('audit.whole', { count: found.value.entries })
        ) : (
          <Amiss words={t('audit.broken', { seq: found.value.brokenAt })} />
        )}
      </p>
    </>
  );
}
