/** What became of alarms, the newest first: found by words, priority and kind; taken along as a table. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { AlarmEntryView } from '../../shapes/alarms.ts';
import { api, ask, type Refusal } from '../call.ts';
import { Empty, Refused } from '../components.tsx';
import { wholeTime } from '../dates.ts';
import { siteZone } from '../site.ts';
import { t } from '../texts.ts';
import { messageWords } from '../told.ts';
import { PRIORITIES } from './choices.ts';
import { journalCsv } from './journal-csv.ts';
import { PriorityMark } from './priority-mark.tsx';

const KINDS = ['raised', 'cleared', 'acknowledged', 'shelved', 'suppressed', 'past'] as const;
/** Fetched for a file at most, by pages of PAGE. */
const PAGE = 200;
const MOST_PAGES = 50;

interface Wanted {
  readonly text: string;
  readonly priority: string;
  readonly event: string;
}

function fetchPage(wanted: Wanted, cursor?: string) {
  const { text, priority, event } = wanted;
  const urgent = PRIORITIES.find((one) => one === priority);
  return ask(
    api.alarms.journal.$get({
      query: {
        limit: String(PAGE),
        ...(text === '' ? {} : { text }),
        ...(urgent ? { priority: urgent } : {}),
        ...(event === '' ? {} : { event }),
        ...(cursor === undefined ? {} : { cursor }),
      },
    }),
  );
}

export function Journal(): JSX.Element {
  const items = useSignal<readonly AlarmEntryView[] | undefined>(undefined);
  const next = useSignal<string | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  const wanted = useSignal<Wanted>({ text: '', priority: '', event: '' });
  const look = async (cursor?: string): Promise<void> => {
    const { value, refusal } = await fetchPage(wanted.peek(), cursor);
    refused.value = refusal;
    if (!value) return;
    items.value = cursor === undefined ? value.items : [...(items.peek() ?? []), ...value.items];
    next.value = value.nextCursor;
  };
  useEffect(() => void look(), []);
  return (
    <>
      <Finder
        find={(asked) => {
          wanted.value = asked;
          void look();
        }}
      />
      <Refused refusal={refused.value} />
      {items.value?.length === 0 ? <Empty hint={t('alarm.journal.nothing')} /> : null}
      <ul class="rows alarms">
        {items.value?.map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </ul>
      <div class="tools">
        {next.value === undefined ? null : (
          <button type="button" class="toggle" onClick={() => void look(next.value)}>
            {t('alarm.journal.older')}
          </button>
        )}
        {items.value?.length ? <Save wanted={wanted.value} /> : null}
      </div>
    </>
  );
}

function Finder({ find }: { find: (wanted: Wanted) => void }): JSX.Element {
  const word = (form: FormData, name: string): string => String(form.get(name) ?? '').trim();
  return (
    <form
      class="entry"
      onSubmit={(event) => {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        find({ text: word(form, 'text'), priority: word(form, 'priority'), event: word(form, 'event') });
      }}
    >
      <div class="field-row">
        <div class="field">
          <label for="journal-text">{t('alarm.journal.find')}</label>
          <input id="journal-text" name="text" type="search" maxLength={100} />
        </div>
        <div class="field">
          <label for="journal-priority">{t('alarm.priority')}</label>
          <select id="journal-priority" name="priority">
            <option value="">{t('alarm.any')}</option>
            {PRIORITIES.map((one) => (
              <option key={one} value={one}>
                {t(`alarm.priority.${one}`)}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="journal-event">{t('alarm.journal.what')}</label>
          <select id="journal-event" name="event">
            <option value="">{t('alarm.any')}</option>
            {KINDS.map((one) => (
              <option key={one} value={one}>
                {t(`alarm.event.${one}`)}
              </option>
            ))}
          </select>
        </div>
      </div>
      <button type="submit" class="toggle">
        {t('alarm.journal.search')}
      </button>
    </form>
  );
}

function Entry({ entry }: { entry: AlarmEntryView }): JSX.Element {
  const { priority, event, subjectName, by, time } = entry;
  // Why one ended is what the event itself says.
  const reason = event === 'ended' ? undefined : entry.reason;
  return (
    <li class="alarm-row">
      <PriorityMark priority={priority} />
      <div class="alarm-words">
        <strong>{messageWords(entry)}</strong>
        <p class="detail">
          {t(`alarm.event.${event}`)} · {subjectName}
          {by === undefined ? '' : ` · ${by}`}
          {reason === undefined ? '' : ` · ${t('alarm.reason', { reason })}`}
        </p>
      </div>
      <time class="quiet" dateTime={time}>
        {wholeTime(Date.parse(time), siteZone.value)}
      </time>
    </li>
  );
}

/** The browser makes the file, of what was looked for. */
function Save({ wanted }: { wanted: Wanted }): JSX.Element {
  const state = useSignal<'saving' | 'cut' | Refusal | undefined>(undefined);
  const save = async (): Promise<void> => {
    state.value = 'saving';
    const entries: AlarmEntryView[] = [];
    let cursor: string | undefined;
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      const { value, refusal } = await fetchPage(wanted, cursor);
      if (!value) {
        state.value = refusal;
        return;
      }
      entries.push(...value.items);
      cursor = value.nextCursor;
      if (cursor === undefined) break;
    }
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([journalCsv(entries)], { type: 'text/csv' }));
    link.download = 'alarms.csv';
    link.click();
    URL.revokeObjectURL(link.href);
    state.value = cursor === undefined ? undefined : 'cut';
  };
  const refusal = typeof state.value === 'object' ? state.value : undefined;
  return (
    <>
      <button type="button" class="toggle" disabled={state.value === 'saving'} onClick={() => void save()}>
        {t('alarm.journal.save')}
      </button>
      <span role="status">
        {state.value === 'cut' ? t('alarm.journal.cut', { count: PAGE * MOST_PAGES }) : ''}
      </span>
      <Refused refusal={refusal} />
    </>
  );
}
