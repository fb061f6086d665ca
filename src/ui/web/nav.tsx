/** The way to each page: a bar at the bottom of a phone, where the thumb is, and a rail at the left of a wide screen. */
import type { JSX } from 'preact';
import { unseenAlarms } from './alarms/summary.ts';
import { page } from './page.ts';
import { hrefOf, isWithin, type PageName } from './routes.ts';
import { otherThings } from './site.ts';
import { t } from './texts.ts';

interface Entry {
  readonly name: 'site' | 'devices' | 'add' | 'alarms' | 'gateways' | 'readings' | 'more';
  /** On the rail only; on a phone it is under More. */
  readonly isWide?: true;
}

const ENTRIES: readonly Entry[] = [
  { name: 'site' },
  { name: 'devices' },
  { name: 'add' },
  { name: 'alarms' },
  { name: 'gateways', isWide: true },
  { name: 'readings', isWide: true },
  { name: 'more' },
];

export function Nav(): JSX.Element {
  return (
    <nav class="nav" aria-label={t('app.pages')}>
      <ul>
        {ENTRIES.map((entry) => (
          <li key={entry.name} class={entry.isWide ? 'wide-only' : ''}>
            <NavLink {...entry} />
          </li>
        ))}
      </ul>
    </nav>
  );
}

function NavLink({ name }: Entry): JSX.Element {
  const { name: open } = page.value;
  const count = name === 'site' ? otherThings.value : name === 'alarms' ? unseenAlarms.value : 0;
  return (
    <a
      href={hrefOf(name)}
      {...(open === name
        ? { 'aria-current': 'page' }
        : isInside(open, name)
          ? { 'aria-current': 'true' }
          : {})}
    >
      <NavIcon name={name} />
      <span>{t(`nav.${name}`)}</span>
      {count === 0 ? null : (
        <span class="badge">
          <span aria-hidden="true">{count > 99 ? '99+' : count}</span>
          <span class="spoken">{t(name === 'alarms' ? 'alarm.unseen' : 'all.attention', { count })}</span>
        </span>
      )}
    </a>
  );
}

/** Pages that have an entry of their own are not part of another's. */
function isInside(open: PageName, name: Entry['name']): boolean {
  return ENTRIES.some((entry) => entry.name === open) ? false : isWithin(open, name);
}

/** Drawn anew each time, as all icons are. */
function NavIcon({ name }: Pick<Entry, 'name'>): JSX.Element {
  const paths = {
    site: 'M4 11.5L12 4l8 7.5V20h-5.5v-5h-5v5H4z',
    devices: 'M4 6h2M10 6h10M4 12h2M10 12h10M4 18h2M10 18h10',
    add: 'M12 4v16M4 12h16',
    alarms: 'M5.5 17h13l-2-3v-4a4.5 4.5 0 0 0-9 0v4zM10 20a2 2 0 0 0 4 0',
    gateways:
      'M12 13v8M12 13a1.5 1.5 0 1 0 0-3a1.5 1.5 0 0 0 0 3zM7.5 16a6.4 6.4 0 0 1 0-9M16.5 16a6.4 6.4 0 0 0 0-9',
    readings: 'M4 19h16M5 14l4-5 4 3 6-7',
    more: 'M5 12h.1M12 12h.1M19 12h.1',
  };
  return (
    <svg class={`icon nav-${name}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
