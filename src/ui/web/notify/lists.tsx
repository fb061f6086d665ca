/** Routes, people and groups in a row each, with what each says in a line. */
import type { JSX } from 'preact';
import type { NotifyRouteView } from '../../shapes/notify.ts';
import { maySetUp } from '../access.ts';
import { Empty } from '../components.tsx';
import { hrefOf } from '../page.ts';
import { t } from '../texts.ts';
import { type Book, recipientName } from './first-step.ts';
import { isWindowDays, windowRowOf } from './windows.ts';

interface ListProps {
  readonly kind: 'person' | 'group' | 'route';
  readonly items: readonly { readonly id: string; readonly name: string; readonly note: string }[];
  readonly none: string;
}

function List({ kind, items, none }: ListProps): JSX.Element {
  return (
    <>
      {items.length === 0 ? <Empty hint={none} /> : null}
      {maySetUp.value ? (
        <div class="tools">
          <a class="primary" href={hrefOf(kind)}>
            {t(`notify.new.${kind}`)}
          </a>
        </div>
      ) : null}
      {items.length === 0 ? null : (
        <ul class="rows">
          {items.map(({ id, name, note }) => (
            <li key={id}>
              <a class="row choice" href={hrefOf(kind, id)}>
                <strong>{name}</strong>
                <span />
                <span class="why quiet">{note}</span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

export function RouteList({ book }: { book: Book }): JSX.Element {
  const items = book.routes.map((route) => ({
    id: route.id,
    name: route.name,
    note: routeNote(book, route),
  }));
  return <List kind="route" items={items} none={t('notify.routes.none')} />;
}

export function PeopleList({ book: { people } }: { book: Book }): JSX.Element {
  const items = people.map(({ id, name, addresses, quiet }) => ({
    ...{ id, name },
    note: [
      addresses.map(({ channel }) => t(`notify.channel.${channel}`)).join(', ') ||
        t('notify.person.noAddress'),
      ...(quiet
        ? [t('notify.person.quietShort', { windows: quiet.windows.map(windowWords).join(', ') })]
        : []),
    ].join(' · '),
  }));
  return <List kind="person" items={items} none={t('notify.people.none')} />;
}

export function GroupList({ book }: { book: Book }): JSX.Element {
  const items = book.groups.map(({ id, name, members }) => ({
    ...{ id, name },
    note:
      members.map((member) => recipientName(book, `person:${member}`)).join(', ') || t('notify.group.nobody'),
  }));
  return <List kind="group" items={items} none={t('notify.groups.none')} />;
}

/** 'critical, high → Ada · Mon to Fri 08:00 to 18:00 · after 15 min: Bob' */
function routeNote(book: Book, route: NotifyRouteView): string {
  const { enabled, priorities, to, hours, digestAt, escalate } = route;
  const names = (all: readonly string[]): string => all.map((one) => recipientName(book, one)).join(', ');
  return [
    ...(enabled ? [] : [t('notify.route.off')]),
    `${priorities.map((one) => t(`alarm.priority.${one}`)).join(', ')} → ${names(to)}`,
    ...(hours ? [hours.map(windowWords).join(', ')] : []),
    ...(digestAt === undefined ? [] : [t('notify.route.digestShort', { at: digestAt })]),
    ...escalate.map((step) =>
      t('notify.route.stepShort', { minutes: step.afterMinutes, who: names(step.to) }),
    ),
  ].join(' · ');
}

function windowWords(window: string): string {
  const { days, from, to } = windowRowOf(window);
  const words = isWindowDays(days) ? t(`notify.days.${days}`) : days;
  return `${words} ${from}–${to}`.trim();
}
