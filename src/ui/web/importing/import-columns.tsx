/** The columns of a file: what each is taken for, with the first rows below it, and another meaning chosen by hand. */
import type { JSX } from 'preact';
import { t } from '../texts.ts';
import { type Column, chosen, type Found, isSecret, type Mapping, samplesOf } from './mapping.ts';

const ROWS = 3;
const COLUMNS: readonly Column[] = [
  ...(['devEui', 'joinEui', 'appKey', 'name', 'area', 'description', 'profile', 'codec'] as const),
  ...([
    'region',
    'macVersion',
    'deviceClass',
    'devAddr',
    'nwkSKey',
    'appSKey',
    'fCntUp',
    'fCntDown',
  ] as const),
];

interface ImportColumnsProps {
  readonly columns: Found;
  readonly text: string;
  readonly mapping: Mapping;
  readonly choose: (mapping: Mapping) => void;
}

export function ImportColumns({ columns, text, mapping, choose }: ImportColumnsProps): JSX.Element | null {
  const { headings } = columns;
  if (headings.length === 0) return null;
  const rows = samplesOf(columns, text, ROWS);
  // Who has begun to tell goes on.
  const isOpen = !headings.some(({ column }) => column === 'devEui') || Object.keys(mapping).length > 0;
  return (
    <details open={isOpen} class="import-columns">
      <summary>{t('import.columns')}</summary>
      <p class="detail">{t('import.columnsHint')}</p>
      <ul class="rows">
        {headings.map(({ heading, column }, n) => (
          <li key={`${n} ${heading}`} class="entry">
            <div class="field">
              <label for={`import-column-${n}`}>{heading || n + 1}</label>
              <select
                id={`import-column-${n}`}
                onChange={({ currentTarget }) => {
                  const next = COLUMNS.find((one) => one === currentTarget.value) ?? '';
                  choose(chosen(columns, mapping, heading, next));
                }}
              >
                <option value="" selected={column === undefined}>
                  {t('import.leftOut')}
                </option>
                {COLUMNS.map((one) => (
                  <option key={one} value={one} selected={one === column}>
                    {t(`import.column.${one}`)}
                  </option>
                ))}
              </select>
            </div>
            <p class="detail mono">
              {rows
                .map((cells) => (isSecret(column, cells[n] ?? '') ? '••••' : (cells[n] ?? '')))
                .join(' · ')}
            </p>
          </li>
        ))}
      </ul>
    </details>
  );
}
