/** What the item that is selected shows or does. */
import type { JSX } from 'preact';
import { devices } from '../site.ts';
import { t } from '../texts.ts';
import type { ChangeItem, SheetItem } from './sheet-data.ts';

interface ItemFormProps {
  readonly item: SheetItem;
  readonly change: ChangeItem;
  readonly remove: () => void;
}

export function ItemForm({ item, change, remove }: ItemFormProps): JSX.Element {
  const device = devices.value.find(({ value }) => value.devEui === item.device)?.value;
  return (
    <fieldset class="card entry">
      <legend>{t(`mimic.kind.${item.kind}`)}</legend>
      {item.kind === 'text' ? null : (
        <div class="field">
          <label for="mimic-device">{t('mimic.device')}</label>
          <select
            id="mimic-device"
            value={item.device ?? ''}
            onChange={({ currentTarget }) => change(item.id, withWord('device', currentTarget.value))}
          >
            <option value="">{t('mimic.choose')}</option>
            {devices.value.map(({ value: { devEui, name } }) => (
              <option key={devEui} value={devEui}>
                {name}
              </option>
            ))}
          </select>
        </div>
      )}
      {item.kind === 'value' ? (
        <div class="field">
          <label for="mimic-field">{t('mimic.field')}</label>
          <select
            id="mimic-field"
            value={item.field ?? ''}
            onChange={({ currentTarget }) => change(item.id, withWord('field', currentTarget.value))}
          >
            <option value="">{t('mimic.main')}</option>
            {Object.keys(device?.last?.fields ?? {}).map((field) => (
              <option key={field} value={field}>
                {field}
              </option>
            ))}
          </select>
        </div>
      ) : null}
      <Words item={item} change={change} />
      {item.kind === 'button' ? <Downlink item={item} change={change} /> : null}
      <button type="button" class="toggle" onClick={remove}>
        {t('mimic.remove')}
      </button>
    </fieldset>
  );
}

type PartProps = Pick<ItemFormProps, 'item' | 'change'>;

function Words({ item, change }: PartProps): JSX.Element {
  return (
    <div class="field">
      <label for="mimic-text">{t(item.kind === 'value' ? 'mimic.ownName' : 'mimic.text')}</label>
      <input
        id="mimic-text"
        maxLength={80}
        value={item.text ?? ''}
        onInput={({ currentTarget }) => change(item.id, withWord('text', currentTarget.value))}
      />
    </div>
  );
}

function Downlink({ item, change }: PartProps): JSX.Element {
  return (
    <div class="field-row">
      <div class="field">
        <label for="mimic-port">{t('mimic.port')}</label>
        <input
          id="mimic-port"
          type="number"
          min={1}
          max={223}
          value={item.fPort ?? ''}
          onInput={({ currentTarget: { valueAsNumber: fPort } }) => {
            const isPort = Number.isInteger(fPort) && fPort >= 1 && fPort <= 223;
            change(item.id, ({ fPort: _old, ...rest }) => (isPort ? { ...rest, fPort } : rest));
          }}
        />
      </div>
      <div class="field">
        <label for="mimic-data">{t('mimic.data')}</label>
        <input
          id="mimic-data"
          class="mono"
          maxLength={484}
          value={item.data ?? ''}
          onInput={({ currentTarget }) =>
            change(item.id, withWord('data', currentTarget.value.replace(/[^0-9a-fA-F]/g, '')))
          }
        />
      </div>
    </div>
  );
}

/** Nothing filled in is left out. */
function withWord(name: 'device' | 'field' | 'text' | 'data', word: string): (now: SheetItem) => SheetItem {
  return ({ [name]: _old, ...rest }) => (word === '' ? rest : { ...rest, [name]: word });
}
