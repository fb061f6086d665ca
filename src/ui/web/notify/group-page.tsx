/** Several people under one name. */
import type { JSX } from 'preact';
import type { NotifyGroupView } from '../../shapes/notify.ts';
import { api, ask, tell } from '../call.ts';
import { t } from '../texts.ts';
import { type Editing, EditPage, type FieldsProps } from './edit-page.tsx';
import { Checks, Line } from './fields.tsx';
import { type GroupBody, groupOf } from './route-draft.ts';

const one = api.notify.groups[':id'];

const GROUP: Editing<NotifyGroupView, GroupBody> = {
  kind: 'group',
  list: () => ask(api.notify.groups.$get()),
  among: ({ groups }) => groups,
  put: (id, json, headers) => ask(one.$put({ param: { id }, json }, { headers })),
  remove: (id, headers) => tell(one.$delete({ param: { id } }, { headers })),
  read: groupOf,
  Fields,
};

export function GroupPage({ of }: { of: string }): JSX.Element {
  return <EditPage editing={GROUP} of={of} />;
}

function Fields({ value, book }: FieldsProps<NotifyGroupView>): JSX.Element {
  return (
    <>
      <Line name="name" label={t('notify.name')} value={value?.name} max={100} isRequired />
      <Checks
        name="members"
        legend={t('notify.group.members')}
        options={book.people.map(({ id, name }) => [id, name])}
        chosen={value?.members ?? []}
        none={t('notify.people.none')}
      />
    </>
  );
}
