/** Several devices changed together: choose, say what to set, see what would change, and only then do it. */
import { type Signal, useSignal, useSignalEffect } from '@preact/signals';
import type { JSX, TargetedSubmitEvent } from 'preact';
import type { DeviceChangesView, DeviceView } from '../../shapes/devices.ts';
import { api, ask, type Refusal } from '../call.ts';
import { Refused } from '../components.tsx';
import { devices } from '../site.ts';
import { t } from '../texts.ts';
import { areasOf } from './filter.ts';

/** Devices in one request, as the box takes them. */
const MOST = 1_000;
/** Lines of a list that are shown. */
const SHOWN = 50;
const TASKS = ['area', 'profile', 'codec', 'remove'] as const;
type Task = (typeof TASKS)[number];

type Change = Parameters<typeof api.devices.change.$post>[0]['json'];

interface BulkProps {
  readonly selected: Signal<ReadonlySet<string> | undefined>;
  /** What the list shows now. */
  readonly found: readonly DeviceView[];
}

export function BulkPanel({ selected, found }: BulkProps): JSX.Element {
  const task = useSignal<Task>('area');
  const planned = useSignal<{ change: Change; outcome: DeviceChangesView } | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  const chosen = selected.value ?? new Set<string>();
  const send = async (change: Change, dryRun: 'true' | 'false'): Promise<void> => {
    const { value, refusal } = await ask(api.devices.change.$post({ query: { dryRun }, json: change }));
    refused.value = refusal;
    if (value) planned.value = { change, outcome: value };
    if (value && dryRun === 'false') selected.value = new Set();
  };
  const plan = (set: Omit<Change, 'devices'>): void => {
    const revisions = new Map(devices.value.map(({ value }) => [value.devEui, value.revision]));
    const list = [...chosen].slice(0, MOST).map((devEui) => ({ devEui, revision: revisions.get(devEui) }));
    void send({ devices: list, ...set }, 'true');
  };
  const { change, outcome } = planned.value ?? {};
  return (
    <section class="section bulk" aria-label={t('devices.several')}>
      <div class="tools">
        <button
          type="button"
          class="toggle"
          onClick={() => {
            selected.value = new Set(found.slice(0, MOST).map(({ devEui }) => devEui));
          }}
        >
          {t('bulk.all', { count: Math.min(MOST, found.length) })}
        </button>
        <button
          type="button"
          class="toggle"
          disabled={chosen.size === 0}
          onClick={() => {
            selected.value = new Set();
          }}
        >
          {t('bulk.none')}
        </button>
        <span class="bulk-count" role="status">
          {t('bulk.chosen', { count: chosen.size })}
        </span>
      </div>
      <Form task={task} isEmpty={chosen.size === 0} plan={plan} />
      <Refused refusal={refused.value} />
      {outcome ? <Outcome outcome={outcome} /> : null}
      {change && outcome?.dryRun && outcome.changed.length + outcome.removed.length > 0 ? (
        <button type="button" class="primary" onClick={() => void send(change, 'false')}>
          {t(change.remove ? 'bulk.doRemove' : 'bulk.do', {
            count: outcome.changed.length + outcome.removed.length,
          })}
        </button>
      ) : null}
    </section>
  );
}

interface FormProps {
  readonly task: Signal<Task>;
  readonly isEmpty: boolean;
  readonly plan: (set: Omit<Change, 'devices'>) => void;
}

function Form({ task, isEmpty, plan }: FormProps): JSX.Element {
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const value = String(new FormData(event.currentTarget).get('value') ?? '').trim();
    if (task.value === 'remove') plan({ remove: true });
    else if (task.value === 'codec') plan({ codec: value });
    else plan({ [task.value]: value === '' ? null : value });
  };
  return (
    <form class="tools" onSubmit={submit}>
      <select
        aria-label={t('bulk.task')}
        onChange={({ currentTarget: { value } }) => {
          task.value = TASKS.find((one) => one === value) ?? 'area';
        }}
      >
        {TASKS.map((one) => (
          <option key={one} value={one} selected={one === task.value}>
            {t(`bulk.task.${one}`)}
          </option>
        ))}
      </select>
      {task.value === 'area' ? <AreaField /> : null}
      {task.value === 'profile' || task.value === 'codec' ? (
        <Choice key={task.value} of={task.value} />
      ) : null}
      <button type="submit" class="toggle" disabled={isEmpty}>
        {t('bulk.look')}
      </button>
    </form>
  );
}

function AreaField(): JSX.Element {
  const areas = areasOf(devices.value.map(({ value }) => value)).filter(([name]) => name !== '');
  return (
    <>
      <input
        name="value"
        list="bulk-areas"
        maxLength={100}
        autocomplete="off"
        aria-label={t('devices.area')}
        placeholder={t('bulk.noArea')}
      />
      <datalist id="bulk-areas">
        {areas.map(([name]) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  );
}

function Choice({ of }: { of: 'profile' | 'codec' }): JSX.Element {
  const names = useSignal<readonly string[]>([]);
  useSignalEffect(() => {
    const asked = of === 'profile' ? ask(api.profiles.$get({})) : ask(api.codecs.$get({}));
    asked.then(
      ({ value }) => {
        names.value = (value?.items ?? []).map(({ name }) => name);
      },
      () => {},
    );
  });
  return (
    <select name="value" aria-label={t(`bulk.task.${of}`)}>
      {of === 'profile' ? <option value="">{t('add.noProfile')}</option> : null}
      {names.value.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
}

function Outcome({
  outcome: { dryRun, changed, removed, skipped },
}: {
  outcome: DeviceChangesView;
}): JSX.Element {
  const lines = [
    ...changed.map(({ devEui, name, from, to }) => ({
      devEui,
      text: `${name}: ${differenceWords(from, to)}`,
    })),
    ...removed.map(({ devEui, name }) => ({ devEui, text: name })),
    ...skipped.map(({ devEui, name, why }) => ({ devEui, text: `${name}: ${t(`bulk.why.${why}`)}` })),
  ];
  const rest = lines.length - SHOWN;
  return (
    <div role="status">
      <p>
        {t(dryRun ? 'bulk.would' : 'bulk.did', {
          changed: changed.length,
          removed: removed.length,
          skipped: skipped.length,
        })}
      </p>
      <ul class="outcome">
        {lines.slice(0, SHOWN).map(({ devEui, text }) => (
          <li key={devEui}>{text}</li>
        ))}
        {rest > 0 ? <li>{t('import.more', { count: rest })}</li> : null}
      </ul>
    </div>
  );
}

type Changed = DeviceChangesView['changed'][number];

function differenceWords(from: Changed['from'], to: Changed['to']): string {
  return (['area', 'profile', 'codec'] as const)
    .filter((name) => to[name] !== undefined)
    .map((name) =>
      t('bulk.fromTo', {
        what: t(`bulk.task.${name}`),
        from: from[name] ?? t('bulk.nothing'),
        to: to[name] ?? t('bulk.nothing'),
      }),
    )
    .join('; ');
}
