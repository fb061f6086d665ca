/** A drawing with what lies on it: values with their state, buttons, words; while it is arranged, all of it can be moved. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { mayOperate } from '../access.ts';
import { api, type Refusal, tell } from '../call.ts';
import { ConfirmButton, Refused } from '../components.tsx';
import { isStale } from '../device-state.ts';
import { Figure } from '../field-figure.tsx';
import { StateIcon } from '../icons.tsx';
import { hrefOf } from '../page.ts';
import { boxNowMs } from '../screen-clock.ts';
import { connection, devices } from '../site.ts';
import { t } from '../texts.ts';
import { type ChangeItem, fieldOf, nudged, placed, type SheetItem } from './sheet-data.ts';

interface SheetProps {
  readonly name: string;
  readonly items: readonly SheetItem[];
  /** Its address; nothing without one. */
  readonly picture: string | null | undefined;
}

interface ArrangeProps extends SheetProps {
  readonly selected: string | undefined;
  readonly select: (id: string) => void;
  readonly change: ChangeItem;
  readonly remove: (id: string) => void;
}

export function SheetShown(props: SheetProps): JSX.Element {
  return (
    <Drawing {...props}>
      {props.items.map((item) => (
        <Place key={item.id} item={item}>
          <Shown item={item} />
        </Place>
      ))}
    </Drawing>
  );
}

export function SheetArranged(props: ArrangeProps): JSX.Element {
  const drawing = useRef<HTMLDivElement>(null);
  return (
    <Drawing {...props} within={drawing}>
      {props.items.map((item) => (
        <Place key={item.id} item={item}>
          <Handle {...props} item={item} drawing={() => drawing.current} />
        </Place>
      ))}
    </Drawing>
  );
}

function Drawing(
  props: SheetProps & {
    readonly within?: { current: HTMLDivElement | null };
    readonly children: JSX.Element[];
  },
): JSX.Element {
  return (
    <div class={props.picture ? 'drawing' : 'drawing drawing-blank'} ref={props.within ?? null}>
      {props.picture ? <img src={props.picture} alt={props.name} draggable={false} /> : null}
      {props.children}
    </div>
  );
}

function Place({ item, children }: { item: SheetItem; children: JSX.Element }): JSX.Element {
  return (
    <div class="place" style={{ left: `${item.x * 100}%`, top: `${item.y * 100}%` }}>
      {children}
    </div>
  );
}

function deviceOf(item: SheetItem) {
  return devices.value.find(({ value }) => value.devEui === item.device)?.value;
}

function Shown({ item }: { item: SheetItem }): JSX.Element {
  if (item.kind === 'text') return <span class="on-drawing">{item.text}</span>;
  if (item.kind === 'button') return <Send item={item} />;
  return <Value item={item} />;
}

function Value({ item }: { item: SheetItem }): JSX.Element {
  const device = deviceOf(item);
  const field = fieldOf(item, device);
  const isOld = device !== undefined && isStale(device, boxNowMs.value);
  const hatched = isOld || connection.value === 'lost';
  const name = item.text ?? device?.name ?? item.device ?? '';
  const state = isOld
    ? t('state.stale')
    : field?.beyond
      ? t('mimic.beyond', { limit: field.beyond.limit })
      : '';
  const inside = (
    <>
      <span class="quiet">{name}</span>
      <span class="values">{field ? <Figure {...field} /> : '–'}</span>
      {device && state === '' ? null : (
        <span class="word amiss">
          <StateIcon mark="degraded" />
          {device ? state : t('mimic.gone')}
        </span>
      )}
    </>
  );
  const look = `on-drawing value-on-drawing ${hatched ? 'stale' : ''}`;
  if (!device) return <span class={look}>{inside}</span>;
  return (
    <a class={look} href={hrefOf('device', device.devEui)}>
      {inside}
    </a>
  );
}

function Send({ item }: { item: SheetItem }): JSX.Element {
  const refused = useSignal<Refusal | undefined>(undefined);
  const isSent = useSignal(false);
  const send = async (): Promise<void> => {
    const { device: devEui = '', fPort = 1, data = '' } = item;
    const json = { fPort, data, confirmed: false };
    refused.value = await tell(api.devices[':devEui'].downlinks.$post({ param: { devEui }, json }));
    isSent.value = refused.value === undefined;
  };
  if (!mayOperate.value) return <span class="on-drawing quiet">{item.text}</span>;
  return (
    <span class="on-drawing">
      <ConfirmButton label={item.text ?? ''} act={() => void send()} />
      <span role="status">{isSent.value ? t('mimic.queued') : ''}</span>
      <Refused refusal={refused.value} />
    </span>
  );
}

interface HandleProps extends Pick<ArrangeProps, 'selected' | 'select' | 'change' | 'remove'> {
  readonly item: SheetItem;
  readonly drawing: () => HTMLElement | null;
}

/** Dragged by finger or mouse, moved by arrow keys, removed by Delete. */
function Handle({ item, selected, select, change, remove, drawing }: HandleProps): JSX.Element {
  const holds = useRef(false);
  const words = item.text ?? deviceOf(item)?.name ?? t(`mimic.kind.${item.kind}`);
  return (
    <button
      type="button"
      class="toggle handle"
      aria-pressed={selected === item.id}
      onClick={() => select(item.id)}
      onKeyDown={(event) => {
        if (nudged(item, event.key)) change(item.id, (now) => nudged(now, event.key) ?? now);
        else if (event.key === 'Delete') remove(item.id);
        else return;
        event.preventDefault();
      }}
      onPointerDown={(event) => {
        holds.current = true;
        event.currentTarget.setPointerCapture(event.pointerId);
        select(item.id);
      }}
      onPointerMove={({ clientX, clientY }) => {
        const box = drawing()?.getBoundingClientRect();
        if (!holds.current || !box) return;
        const [x, y] = [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
        change(item.id, (now) => placed(now, x, y));
      }}
      onPointerUp={() => {
        holds.current = false;
      }}
      onPointerCancel={() => {
        holds.current = false;
      }}
    >
      {words}
    </button>
  );
}
