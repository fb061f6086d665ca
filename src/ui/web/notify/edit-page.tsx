/**
 * The page of one person, group or route: its form, kept under the state that was looked at, so that of two who change it at
 * once the second is told and shown what the first one saved.
 */
import { type Signal, useSignal } from '@preact/signals';
import type { ComponentType, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { maySetUp } from '../access.ts';
import type { Outcome, Refusal } from '../call.ts';
import { ConfirmButton, Empty, Refused, SubPage } from '../components.tsx';
import { idOfName } from '../name-id.ts';
import { hrefOf } from '../page.ts';
import { SavedForm } from '../saved-form.tsx';
import { t } from '../texts.ts';
import { fetchBook } from './book.ts';
import { type Filled, filled } from './filled.ts';
import type { Book } from './first-step.ts';

interface Kept {
  readonly id: string;
  readonly name: string;
  readonly revision: number;
}

type Headers = Readonly<Record<string, string>>;

export interface FieldsProps<T> {
  readonly value: T | undefined;
  /** What there is to choose from. */
  readonly book: Book;
}

/** What there is to know about one kind of them. */
export interface Editing<T extends Kept, Body extends { readonly name: string }> {
  readonly kind: 'person' | 'group' | 'route';
  readonly list: () => Promise<Outcome<{ readonly items: readonly T[] }>>;
  readonly among: (book: Book) => readonly T[];
  readonly put: (id: string, json: Body, headers: Headers) => Promise<Outcome<T>>;
  readonly remove: (id: string, headers: Headers) => Promise<Refusal | undefined>;
  readonly read: (form: Filled) => Body;
  readonly Fields: ComponentType<FieldsProps<T>>;
  /** Below the form of one that is kept. */
  readonly Below?: ComponentType<{ readonly value: T }>;
}

interface EditProps<T extends Kept, Body extends { readonly name: string }> {
  readonly editing: Editing<T, Body>;
  /** '' for a new one. */
  readonly of: string;
}

const VIEWS = { person: 'people', group: 'groups', route: '' } as const;

export function EditPage<T extends Kept, Body extends { readonly name: string }>({
  editing,
  of,
}: EditProps<T, Body>): JSX.Element {
  /** Before it has come there is no form: saved without what it chooses from, it would take that out. */
  const book = useSignal<Book | undefined>(undefined);
  const value = useSignal<T | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  const isGone = useSignal(false);
  /** Here, since the form begins anew with what was saved. */
  const isSaved = useSignal(false);
  const look = async (): Promise<void> => {
    const answer = await fetchBook();
    refused.value = answer.refusal;
    if (!answer.value) return;
    book.value = answer.value;
    if (of === '') return;
    value.value = editing.among(answer.value).find(({ id }) => id === of);
    isGone.value = value.value === undefined;
  };
  useEffect(() => void look(), []);
  const { kind } = editing;
  const view = VIEWS[kind];
  const back = { href: hrefOf('notify', view), text: t(`notify.view.${view === '' ? 'routes' : view}`) };
  const isThere = (of === '' || value.value !== undefined) && !isGone.value;
  return (
    <SubPage title={value.value?.name ?? t(`notify.new.${kind}`)} back={back}>
      {isGone.value ? <Empty hint={t('page.gone')} /> : <Refused refusal={refused.value} />}
      {maySetUp.value ? null : <p class="hint">{t('page.viewer')}</p>}
      {!isThere || !book.value ? null : maySetUp.value ? (
        <Form key={value.value?.revision ?? 0} {...{ editing, value, isSaved, look }} book={book.value} />
      ) : value.value ? (
        <Shown editing={editing} value={value.value} book={book.value} />
      ) : null}
    </SubPage>
  );
}

/** For those who may look: nothing to fill in, and nothing to send. */
function Shown<T extends Kept, Body extends { readonly name: string }>({
  editing: { Fields, Below },
  value,
  book,
}: {
  readonly editing: Editing<T, Body>;
  readonly value: T;
  readonly book: Book;
}): JSX.Element {
  return (
    <>
      <div class="entry">
        <fieldset class="bare" disabled>
          <Fields value={value} book={book} />
        </fieldset>
      </div>
      {Below ? <Below value={value} /> : null}
    </>
  );
}

interface FormProps<T extends Kept, Body extends { readonly name: string }> {
  readonly editing: Editing<T, Body>;
  readonly value: Signal<T | undefined>;
  readonly book: Book;
  readonly isSaved: Signal<boolean>;
  readonly look: () => Promise<void>;
}

function Form<T extends Kept, Body extends { readonly name: string }>({
  editing,
  value,
  book,
  isSaved,
  look,
}: FormProps<T, Body>): JSX.Element {
  const form = useRef<HTMLFormElement>(null);
  const refused = useSignal<Refusal | undefined>(undefined);
  const save = async (): Promise<void> => {
    const known = value.peek();
    const json = editing.read(filled(new FormData(form.current ?? undefined)));
    const id = known?.id ?? (await freeId(editing, json.name));
    const outcome = await editing.put(id, json, stateOf(known));
    refused.value = outcome.refusal;
    isSaved.value = outcome.value !== undefined;
    if (outcome.value && known) value.value = outcome.value;
    else if (outcome.value) location.hash = hrefOf(editing.kind, outcome.value.id);
  };
  const { Fields, Below } = editing;
  const words = { theirs: t('notify.theirs'), saved: t('notify.saved'), save: t('notify.save') };
  return (
    <>
      <SavedForm
        {...{ form, isSaved, save, words }}
        refusal={refused.value}
        look={value.value ? look : undefined}
      >
        <Fields value={value.value} book={book} />
      </SavedForm>
      {Below && value.value ? <Below value={value.value} /> : null}
      {value.value ? <Remove editing={editing} value={value.value} /> : null}
    </>
  );
}

/** What was looked at; that there was none yet. */
function stateOf(known: Kept | undefined): Headers {
  return known ? { 'if-match': `"${known.revision}"` } : { 'if-none-match': '*' };
}

async function freeId<T extends Kept, Body extends { readonly name: string }>(
  { list, kind }: Editing<T, Body>,
  name: string,
): Promise<string> {
  const { value } = await list();
  return idOfName(
    name,
    kind,
    (value?.items ?? []).map(({ id }) => id),
  );
}

function Remove<T extends Kept, Body extends { readonly name: string }>({
  editing: { remove, kind },
  value,
}: {
  readonly editing: Editing<T, Body>;
  readonly value: T;
}): JSX.Element {
  const refused = useSignal<Refusal | undefined>(undefined);
  const act = async (): Promise<void> => {
    refused.value = await remove(value.id, stateOf(value));
    if (!refused.value) location.hash = hrefOf('notify', VIEWS[kind]);
  };
  return (
    <div class="tools">
      <ConfirmButton label={t('notify.remove', { name: value.name })} act={() => void act()} />
      <Refused refusal={refused.value} />
    </div>
  );
}
