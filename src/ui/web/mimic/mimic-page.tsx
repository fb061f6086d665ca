/** Drawings of the site: chosen, looked at, arranged. The first needs no work: every device by its main value. */
import { type Signal, useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import type { SheetView } from '../../shapes/sheets.ts';
import { maySetUp } from '../access.ts';
import { api, ask, type Refusal, tell } from '../call.ts';
import { ConfirmButton, Empty, Refused, SubPage } from '../components.tsx';
import { idOfName } from '../name-id.ts';
import { hrefOf } from '../page.ts';
import { PictureInput, type PictureState, usePicture } from '../pictures.tsx';
import { judged } from '../site.ts';
import { t } from '../texts.ts';
import { Tiles, tilesOf } from '../tiles.tsx';
import { ItemForm } from './item-form.tsx';
import { type ChangeItem, freshId, isWhole, type SheetItem } from './sheet-data.ts';
import { SheetArranged, SheetShown } from './sheet-view.tsx';

export function MimicPage({ of }: { of: string }): JSX.Element {
  const sheets = useSignal<readonly SheetView[] | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  const load = async (): Promise<void> => {
    const answer = await ask(api.sheets.$get());
    refused.value = answer.refusal;
    if (answer.value) sheets.value = answer.value.items;
  };
  useSignalEffect(() => void load());
  const sheet = sheets.value?.find(({ id }) => id === of);
  return (
    <SubPage title={sheet?.name ?? t('mimic.title')}>
      <Chooser of={of} sheets={sheets.value ?? []} />
      <Refused refusal={refused.value} />
      {of === '' ? <Tiles list={tilesOf(judged.value)} /> : null}
      {of !== '' && sheets.value && !sheet ? <Empty hint={t('mimic.missing')} /> : null}
      {sheet ? <OneSheet key={sheet.id} sheet={sheet} load={load} /> : null}
      {of === '' && maySetUp.value ? <NewSheet sheets={sheets} /> : null}
    </SubPage>
  );
}

function Chooser({ of, sheets }: { of: string; sheets: readonly SheetView[] }): JSX.Element {
  const all = [{ id: '', name: t('mimic.all') }, ...sheets];
  return (
    <nav class="tools" aria-label={t('mimic.title')}>
      {all.map(({ id, name }) => (
        <a key={id} class="toggle" href={hrefOf('mimic', id)} aria-current={id === of ? 'page' : undefined}>
          {name}
        </a>
      ))}
    </nav>
  );
}

function NewSheet({ sheets }: { sheets: Signal<readonly SheetView[] | undefined> }): JSX.Element {
  const refused = useSignal<Refusal | undefined>(undefined);
  const make = async (name: string): Promise<void> => {
    const id = idOfName(
      name,
      'sheet',
      (sheets.peek() ?? []).map((one) => one.id),
    );
    const answer = await ask(api.sheets[':id'].$put({ param: { id }, json: { name, items: [] } }));
    refused.value = answer.refusal;
    if (!answer.value) return;
    sheets.value = [...(sheets.peek() ?? []), answer.value];
    location.hash = hrefOf('mimic', id);
  };
  return (
    <form
      class="card entry"
      onSubmit={(event) => {
        event.preventDefault();
        void make(String(new FormData(event.currentTarget).get('name') ?? '').trim());
      }}
    >
      <div class="field">
        <label for="mimic-name">{t('mimic.newName')}</label>
        <input id="mimic-name" name="name" required maxLength={80} pattern=".*\S.*" autocomplete="off" />
      </div>
      <Refused refusal={refused.value} />
      <button type="submit" class="primary">
        {t('mimic.new')}
      </button>
    </form>
  );
}

interface OneSheetProps {
  readonly sheet: SheetView;
  readonly load: () => Promise<void>;
}

function OneSheet({ sheet, load }: OneSheetProps): JSX.Element {
  const isArranging = useSignal(false);
  const picture = usePicture('sheet', sheet.id);
  if (isArranging.value)
    return <Arranging sheet={sheet} picture={picture} load={load} done={() => (isArranging.value = false)} />;
  return (
    <>
      <SheetShown {...sheet} picture={picture.url.value} />
      {sheet.items.length === 0 ? <Empty hint={t('mimic.empty')} /> : null}
      {maySetUp.value ? (
        <div class="tools">
          <button type="button" class="toggle" onClick={() => (isArranging.value = true)}>
            {t('mimic.arrange')}
          </button>
        </div>
      ) : null}
    </>
  );
}

interface ArrangingProps extends OneSheetProps {
  readonly picture: PictureState;
  readonly done: () => void;
}

const KINDS = ['value', 'button', 'text'] as const;

function Arranging({ sheet, picture, load, done }: ArrangingProps): JSX.Element {
  const items = useSignal<readonly SheetItem[]>(sheet.items);
  const selected = useSignal<string | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  const { id, name, revision } = sheet;
  const change: ChangeItem = (of, edit) => {
    items.value = items.peek().map((one) => (one.id === of ? edit(one) : one));
  };
  /** Read again: who was told that another had changed it must not meet the same answer a second time. */
  const leave = (): void => {
    void load();
    done();
  };
  const remove = (gone: string): void => {
    items.value = items.peek().filter((one) => one.id !== gone);
  };
  const add = (kind: SheetItem['kind']): void => {
    const item = { id: freshId(items.peek()), kind, x: 0.5, y: 0.5 };
    items.value = [...items.peek(), item];
    selected.value = item.id;
  };
  const save = async (): Promise<void> => {
    const body = { param: { id }, json: { name, items: [...items.peek()] } };
    refused.value = await tell(api.sheets[':id'].$put(body, { headers: { 'if-match': `"${revision}"` } }));
    if (refused.value) return;
    await load();
    done();
  };
  const removeSheet = async (): Promise<void> => {
    refused.value = await tell(api.sheets[':id'].$delete({ param: { id } }));
    if (!refused.value) location.hash = hrefOf('mimic');
  };
  const item = items.value.find((one) => one.id === selected.value);
  const isReady = items.value.every(isWhole);
  return (
    <>
      <SheetArranged
        {...{ name, change, remove }}
        items={items.value}
        picture={picture.url.value}
        selected={selected.value}
        select={(one) => {
          selected.value = one;
        }}
      />
      <p class="detail">{t('mimic.how')}</p>
      <div class="tools">
        {KINDS.map((kind) => (
          <button key={kind} type="button" class="toggle" onClick={() => add(kind)}>
            + {t(`mimic.kind.${kind}`)}
          </button>
        ))}
        <PictureInput kind="sheet" of={id} label={t('mimic.picture')} stored={picture.look} />
      </div>
      {item ? <ItemForm item={item} change={change} remove={() => remove(item.id)} /> : null}
      <Refused refusal={refused.value} />
      {isReady ? null : <p class="detail">{t('mimic.unfinished')}</p>}
      <div class="tools">
        <button type="button" class="primary" disabled={!isReady} onClick={() => void save()}>
          {t('mimic.save')}
        </button>
        <button type="button" class="toggle" onClick={leave}>
          {t('mimic.leave')}
        </button>
        <ConfirmButton label={t('mimic.removeSheet')} act={() => void removeSheet()} />
      </div>
    </>
  );
}
