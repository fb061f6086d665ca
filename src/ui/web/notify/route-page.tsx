/** A route: which alarms go to whom, by what and when; whom to tell when nobody has acknowledged them. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { NotifyRouteView } from '../../shapes/notify.ts';
import { PRIORITIES } from '../alarms/choices.ts';
import { api, ask, tell } from '../call.ts';
import { areasOf } from '../devices/filter.ts';
import { devices } from '../site.ts';
import { t } from '../texts.ts';
import { type Editing, EditPage, type FieldsProps } from './edit-page.tsx';
import { Check, Checks, Line, type Options, Rows } from './fields.tsx';
import type { Book } from './first-step.ts';
import { CHANNELS } from './person-draft.ts';
import { MOST_STEPS, NEW_ROUTE, type RouteBody, routeOf } from './route-draft.ts';
import { Windows } from './window-fields.tsx';

const one = api.notify.routes[':id'];

const ROUTE: Editing<NotifyRouteView, RouteBody> = {
  kind: 'route',
  list: () => ask(api.notify.routes.$get()),
  among: ({ routes }) => routes,
  put: (id, json, headers) => ask(one.$put({ param: { id }, json }, { headers })),
  remove: (id, headers) => tell(one.$delete({ param: { id } }, { headers })),
  read: routeOf,
  Fields,
};

export function RoutePage({ of }: { of: string }): JSX.Element {
  return <EditPage editing={ROUTE} of={of} />;
}

function Fields({ value, book }: FieldsProps<NotifyRouteView>): JSX.Element {
  const route: RouteBody = value ?? NEW_ROUTE;
  const recipients = recipientsOf(book);
  return (
    <>
      <Line name="name" label={t('notify.name')} value={route.name} max={100} isRequired />
      <Check name="enabled" label={t('notify.route.enabled')} isOn={route.enabled} />
      <Checks
        name="to"
        legend={t('notify.route.to')}
        options={recipients}
        chosen={route.to}
        none={t('notify.people.none')}
      />
      <Which route={route} />
      <When route={route} />
      <Check name="recovery" label={t('notify.route.recovery')} isOn={route.recovery} />
      <Rows
        name="escalate"
        legend={t('notify.route.escalate')}
        hint={t('notify.route.escalateHint')}
        items={route.escalate}
        most={MOST_STEPS}
        add={t('notify.route.addStep')}
        takeOut={(n) => t('notify.route.removeStep', { n })}
        draw={(prefix, step) => <Step prefix={prefix} step={step} recipients={recipients} />}
      />
    </>
  );
}

function recipientsOf({ people, groups }: Book): Options {
  return [
    ...groups.map(({ id, name }) => [`group:${id}`, t('notify.route.group', { name })] as const),
    ...people.map(({ id, name }) => [`person:${id}`, name] as const),
  ];
}

/** Of which alarms: by how urgent they are, and only of some areas and rules where some are chosen. */
function Which({ route }: { route: RouteBody }): JSX.Element {
  const rules = useSignal<Options | undefined>(undefined);
  useEffect(() => {
    void ask(api['alarm-rules'].$get()).then(({ value }) => {
      rules.value = (value?.items ?? []).map(({ id, name }) => [id, name] as const);
    });
  }, []);
  const areas = areasOf(devices.value.map((device) => device.value))
    .map(([area]) => area)
    .filter((area) => area !== '');
  const isNarrowed = [route.areas, route.rules, route.channels].some((only) => only !== undefined);
  return (
    <>
      <Checks
        name="priorities"
        legend={t('notify.route.priorities')}
        options={PRIORITIES.map((priority) => [priority, t(`alarm.priority.${priority}`)])}
        chosen={route.priorities}
        none=""
      />
      <details open={isNarrowed}>
        <summary>{t('notify.route.only')}</summary>
        <Checks
          name="areas"
          legend={t('notify.route.areas')}
          options={areas.map((area) => [area, area])}
          chosen={route.areas ?? []}
          none={t('notify.route.noAreas')}
        />
        {rules.value ? (
          <Checks
            name="rules"
            legend={t('notify.route.rules')}
            options={rules.value}
            chosen={route.rules ?? []}
            none={t('notify.route.noRules')}
          />
        ) : (
          (route.rules ?? []).map((rule) => <input key={rule} type="hidden" name="rules" value={rule} />)
        )}
        <Checks
          name="channels"
          legend={t('notify.route.channels')}
          options={CHANNELS.map((channel) => [channel, t(`notify.channel.${channel}`)])}
          chosen={route.channels ?? []}
          none=""
        />
      </details>
    </>
  );
}

function When({ route }: { route: RouteBody }): JSX.Element {
  return (
    <>
      <Windows
        name="hours"
        legend={t('notify.route.hours')}
        hint={t('notify.route.hoursHint')}
        windows={route.hours ?? []}
      />
      <Line
        name="digestAt"
        label={t('notify.route.digest')}
        type="time"
        value={route.digestAt}
        hint={t('notify.route.digestHint')}
      />
    </>
  );
}

interface StepProps {
  readonly prefix: string;
  readonly step: RouteBody['escalate'][number] | undefined;
  readonly recipients: Options;
}

function Step({ prefix, step, recipients }: StepProps): JSX.Element {
  return (
    <>
      <Line
        name={`${prefix}-after`}
        label={t('notify.route.after')}
        type="number"
        min={1}
        max={10_080}
        value={String(step?.afterMinutes ?? 15)}
        isRequired
      />
      <Checks
        name={`${prefix}-to`}
        legend={t('notify.route.to')}
        options={recipients}
        chosen={step?.to ?? []}
        none={t('notify.people.none')}
      />
    </>
  );
}
