/** Several people under one name. */
import type { JSX } from 'preact';
import type { NotifyGroupView } from '../../shapes/notify.ts';
import { api, ask, tell } from '../call.ts';
import { Refused } from '../components.tsx';
import { t } from '../texts.ts';
import { useBook } from './book.ts';
import { type Editing, EditPage } from './edit-page.tsx';
import { Checks, Line } from './fields.tsx';
import { type GroupBody, groupOf } from './route-draft.ts';

const one = api.notify.groups[':id'];

const GROUP: Editing<NotifyGroupView, GroupBody> = {
  kind: 'group',
  list: () => ask(api.notify.groups.$get()),
  put: (id, json, headers) => ask(one.$put({ param: { id }, json }, { headers })),
  remove: (id, headers) => tell(one.$delete({ param: { id } }, { headers })),
  read: groupOf,
  Fields,
};

export function GroupPage({ of }: { of: string }): JSX.Element {
  return <EditPage editing={GROUP} of={of} />;
}

function Fields({ value }: { value: NotifyGroupView | undefined }): JSX.Element {
  const { book, refused } = useBook();
  return (
    <>
      <Line name="name" label={t('notify.name')} value={value?.name} max={100} isRequired />
      <Refused refusal={refused.value} />
      {book.value ? (
        <Checks
          name="members"
          legend={t('notify.group.members')}
          options={book.value.people.map(({ id, name }) => [id, name])}
          chosen={value?.members ?? []}
          none={t('notify.people.none')}
        />
      ) : null}
    </>
  );
}
