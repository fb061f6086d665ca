/** Notifications: who is told of alarms, by what, whether it leaves, and what was told. */
import type { JSX } from 'preact';
import type { NotifyView } from '../../shapes/notify.ts';
import { maySetUp } from '../access.ts';
import { api, ask } from '../call.ts';
import { usePolled } from '../care/polled.ts';
import { HowLong, Refused, SubPage } from '../components.tsx';
import { StateIcon } from '../icons.tsx';
import { hrefOf } from '../page.ts';
import { t } from '../texts.ts';
import { toldSentences } from '../told.ts';
import { useBook } from './book.ts';
import { Channels } from './channels.tsx';
import { First } from './first.tsx';
import { type Book, firstStep } from './first-step.ts';
import { GroupList, PeopleList, RouteList } from './lists.tsx';
import { ToldLog } from './told-log.tsx';

const VIEWS = ['routes', 'people', 'groups', 'channels', 'log'] as const;
type View = (typeof VIEWS)[number];
/** How often is asked how the channels do. */
const AGAIN_MS = 3_000;

/** `of`: a view, or 'log:<person>'. */
export function NotifyPage({ of }: { of: string }): JSX.Element {
  const [name, person = ''] = of.split(':');
  const view = VIEWS.find((one) => one === name) ?? 'routes';
  return (
    <SubPage title={t('page.name.notify')}>
      <nav class="tools finders" aria-label={t('page.name.notify')}>
        {VIEWS.map((one) => (
          <a
            key={one}
            class="toggle"
            href={hrefOf('notify', one === 'routes' ? '' : one)}
            aria-current={one === view ? 'page' : undefined}
          >
            {t(`notify.view.${one}`)}
          </a>
        ))}
      </nav>
      <Shown view={view} person={person} />
    </SubPage>
  );
}

function Shown({ view, person }: { view: View; person: string }): JSX.Element {
  const { book, refused } = useBook();
  const status = usePolled(
    () => ask(api.notify.$get()),
    () => true,
    { busyMs: AGAIN_MS },
  );
  const now = status.value.value;
  if (!book.value || !now) return <Refused refusal={refused.value ?? status.refusal.value} />;
  const step = firstStep(now.channels, book.value);
  return (
    <>
      <Refused refusal={status.refusal.value} />
      {step === undefined ? <State now={now} /> : null}
      {/* The channels say it themselves, at the one that is missing. */}
      {step === 'mail' && view === 'channels' ? null : <First step={step} />}
      {maySetUp.value ? null : <p class="hint">{t('page.viewer')}</p>}
      <OneView view={view} person={person} book={book.value} now={now} />
    </>
  );
}

function State({ now }: { now: NotifyView }): JSX.Element {
  const { state, queued, oldestUnsent } = now;
  const isAmiss = state === 'degraded';
  return (
    <p class={isAmiss ? 'hint note' : 'lead'}>
      <StateIcon mark={state} />{' '}
      <span>
        {toldSentences(now)}
        {oldestUnsent === undefined ? null : (
          <>
            {' '}
            {t('notify.queued', { count: queued })} <HowLong time={oldestUnsent} />.
          </>
        )}
      </span>
    </p>
  );
}

interface OneViewProps {
  readonly view: View;
  readonly person: string;
  readonly book: Book;
  readonly now: NotifyView;
}

function OneView({ view, person, book, now }: OneViewProps): JSX.Element {
  switch (view) {
    case 'routes':
      return <RouteList book={book} />;
    case 'people':
      return <PeopleList book={book} />;
    case 'groups':
      return <GroupList book={book} />;
    case 'channels':
      return <Channels channels={now.channels} people={book.people} />;
    case 'log':
      return <ToldLog people={book.people} person={person} />;
  }
}
