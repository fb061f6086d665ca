/** Somebody who is told: language, where to be reached, quiet hours; a test message to each address, with what the server said. */
import type { JSX } from 'preact';
import type { NotifyPersonView } from '../../shapes/notify.ts';
import { maySetUp } from '../access.ts';
import { PRIORITIES } from '../alarms/choices.ts';
import { api, ask, tell } from '../call.ts';
import { hrefOf } from '../page.ts';
import { siteZone } from '../site.ts';
import { t } from '../texts.ts';
import { Addresses } from './address-fields.tsx';
import { type Editing, EditPage, type FieldsProps } from './edit-page.tsx';
import { Line, Pick } from './fields.tsx';
import { PERSON_LANGUAGES, type PersonBody, personOf, URGENT } from './person-draft.ts';
import { PersonTest } from './trial.tsx';
import { Windows } from './window-fields.tsx';

const one = api.notify.people[':id'];

const PERSON: Editing<NotifyPersonView, PersonBody> = {
  kind: 'person',
  list: () => ask(api.notify.people.$get()),
  among: ({ people }) => people,
  put: (id, json, headers) => ask(one.$put({ param: { id }, json }, { headers })),
  remove: (id, headers) => tell(one.$delete({ param: { id } }, { headers })),
  read: personOf,
  Fields,
  Below,
};

export function PersonPage({ of }: { of: string }): JSX.Element {
  return <EditPage editing={PERSON} of={of} />;
}

function Fields({ value }: FieldsProps<NotifyPersonView>): JSX.Element {
  return (
    <>
      <Line name="name" label={t('notify.name')} value={value?.name} max={100} isRequired />
      <Pick
        name="language"
        label={t('notify.person.language')}
        value={value?.language ?? 'en'}
        options={PERSON_LANGUAGES.map((code) => [code, t(`notify.language.${code}`)])}
      />
      <Line
        name="timeZone"
        label={t('notify.person.timeZone')}
        value={value?.timeZone}
        max={64}
        list="notify-zones"
        hint={t('notify.person.timeZoneHint', { zone: siteZone.value })}
      />
      <datalist id="notify-zones">
        {Intl.supportedValuesOf('timeZone').map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
      <Addresses addresses={value?.addresses ?? []} />
      <Windows
        name="quiet"
        legend={t('notify.person.quiet')}
        hint={t('notify.person.quietHint')}
        windows={value?.quiet?.windows ?? []}
      />
      <Pick
        name="except"
        label={t('notify.person.except')}
        value={value?.quiet?.except ?? URGENT}
        options={PRIORITIES.map((priority) => [priority, t(`alarm.priority.${priority}`)])}
      />
    </>
  );
}

function Below({ value: { id, name } }: { value: NotifyPersonView }): JSX.Element {
  return (
    <>
      {maySetUp.value ? <PersonTest person={id} /> : null}
      <p>
        <a class="toggle link" href={hrefOf('notify', `log:${id}`)}>
          {t('notify.person.log', { name })}
        </a>
      </p>
    </>
  );
}
