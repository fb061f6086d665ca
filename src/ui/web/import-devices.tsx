/** Devices out of a file: first what would be done with it, then, when somebody agrees, the same for good. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { api, ask, type Refusal } from './call.ts';
import { ConfirmButton, Refused, Section } from './components.tsx';
import { ImportColumns } from './importing/import-columns.tsx';
import { type Found, type Mapping, remember, remembered } from './importing/mapping.ts';
import { t } from './texts.ts';
import { detailWords, type Told } from './told.ts';

/** Lines of each list that are shown. */
const SHOWN = 20;

type Imported = Pick<Told, 'said'> &
  Readonly<Partial<Record<'note', string | undefined>> & Record<'devEui' | 'name', string>>;

/** As the box answers. */
interface Outcome {
  readonly dryRun: boolean;
  readonly created: readonly Imported[];
  readonly changed: readonly Imported[];
  readonly skipped: readonly Imported[];
  readonly problems: readonly (Pick<Told, 'said'> & { readonly line: number; readonly problem: string })[];
  readonly columns?: Found | undefined;
}

type Undone = Readonly<Record<'restored' | 'removed' | 'skipped', readonly Imported[]>>;

export function ImportDevices(): JSX.Element {
  const text = useSignal('');
  const outcome = useSignal<Outcome | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  const undone = useSignal<Undone | undefined>(undefined);
  const mapping = useSignal<Mapping>({});
  const send = async (dryRun: 'true' | 'false'): Promise<void> => {
    const told = mapping.value;
    const columns = Object.keys(told).length > 0 ? { columns: JSON.stringify(told) } : {};
    const { value, refusal } = await ask(
      api.devices.import.$post(
        { query: { dryRun, ...columns } },
        { init: { body: text.value, headers: { 'content-type': 'text/plain' } } },
      ),
    );
    outcome.value = value;
    undone.value = undefined;
    refused.value = refusal;
  };
  const choose = (next: Mapping): void => {
    mapping.value = next;
    remember(outcome.value?.columns, next);
    void send('true');
  };
  /** Looks at a new file; what was told of one with the same headings holds again. */
  const look = async (read: string): Promise<void> => {
    text.value = read;
    mapping.value = {};
    await send('true');
    const before = remembered(outcome.value?.columns);
    if (!before) return;
    mapping.value = before;
    await send('true');
  };
  const { created = [], changed = [], skipped = [], problems = [], dryRun } = outcome.value ?? {};
  const count = created.length + changed.length;
  return (
    <Section id="add-file" title={t('import.title')}>
      <p class="lead">{t('import.hint')}</p>
      <Choose take={look} />
      <Refused refusal={refused.value} />
      <div role="status">
        {outcome.value ? (
          <>
            <p>
              {t(dryRun ? 'import.would' : 'import.did', {
                created: created.length,
                changed: changed.length,
                skipped: skipped.length,
              })}
            </p>
            {dryRun && outcome.value.columns ? (
              <ImportColumns
                columns={outcome.value.columns}
                text={text.value}
                mapping={mapping.value}
                choose={choose}
              />
            ) : null}
            <Listed title={t('import.created')} lines={created.map(lineOf)} />
            <Listed title={t('import.changed')} lines={changed.map(lineOf)} />
            <Listed title={t('import.skipped')} lines={skipped.map(lineOf)} />
            <Listed
              title={t('import.problems')}
              lines={problems.map(
                ({ line, problem, said }) => `${line}: ${detailWords({ detail: problem, said })}`,
              )}
            />
          </>
        ) : null}
      </div>
      {dryRun === false && count > 0 ? (
        <ConfirmButton
          label={t('import.undo')}
          act={() => {
            ask(api.devices.import.undo.$post()).then(
              ({ value, refusal }) => {
                refused.value = refusal;
                undone.value = value;
                if (value) outcome.value = undefined;
              },
              () => {},
            );
          }}
        />
      ) : null}
      <p role="status">
        {undone.value
          ? t('import.undone', {
              restored: undone.value.restored.length,
              removed: undone.value.removed.length,
              skipped: undone.value.skipped.length,
            })
          : ''}
      </p>
      {dryRun && count > 0 ? (
        <button type="button" class="primary" onClick={() => void send('false')}>
          {t('import.do', { count })}
        </button>
      ) : null}
    </Section>
  );
}

function Choose({ take }: { take: (text: string) => Promise<void> }): JSX.Element {
  return (
    <label class="toggle file">
      {t('import.choose')}
      <input
        type="file"
        accept=".csv,.json,.txt,text/csv,application/json"
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          currentTarget.value = '';
          file?.text().then(take, () => {});
        }}
      />
    </label>
  );
}

function lineOf({ devEui, name, note, said }: Outcome['created'][number]): string {
  return `${devEui} ${name}${note === undefined ? '' : ` (${detailWords({ detail: note, said })})`}`;
}

function Listed({ title, lines }: { title: string; lines: readonly string[] }): JSX.Element | null {
  if (lines.length === 0) return null;
  const rest = lines.length - SHOWN;
  return (
    <details open={lines.length <= SHOWN}>
      <summary>
        {title} ({lines.length})
      </summary>
      <ul>
        {lines.slice(0, SHOWN).map((line) => (
          <li key={line}>{line}</li>
        ))}
        {rest > 0 ? <li>{t('import.more', { count: rest })}</li> : null}
      </ul>
    </details>
  );
}
