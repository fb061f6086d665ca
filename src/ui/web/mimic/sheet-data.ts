/** What lies on a drawing, and how it is moved: the one shape of it that view and editor share. Pure. */
import type { DeviceView } from '../../shapes/devices.ts';
import type { SheetItem } from '../../shapes/sheet-input.ts';
import { mainField } from '../device-summary.ts';
import { type ShownField, shownFields } from '../fields.ts';

export type { SheetItem };

/** Changes the item as it is now: two keys pressed before a page is drawn again both count. */
export type ChangeItem = (id: string, edit: (now: SheetItem) => SheetItem) => void;

/** How far an arrow key moves, of the drawing. */
const STEP = 0.01;

/** The value an item shows; undefined where there is none yet. */
export function fieldOf(item: SheetItem, device: DeviceView | undefined): ShownField | undefined {
  if (!device) return undefined;
  if (item.field === undefined) return mainField(device);
  return shownFields(device.last?.fields ?? {}, device.fields, true).find(({ key }) => key === item.field);
}

/** `item` where it was let go; never outside the drawing. */
export function placed(item: SheetItem, x: number, y: number): SheetItem {
  return { ...item, x: within(x), y: within(y) };
}

/** Moved by an arrow key; undefined for another key. */
export function nudged(item: SheetItem, key: string): SheetItem | undefined {
  const by = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[key];
  const [dx = 0, dy = 0] = by ?? [];
  return by && placed(item, item.x + dx, item.y + dy);
}

function within(share: number): number {
  return Math.round(Math.min(1, Math.max(0, share)) * 10_000) / 10_000;
}

/** An id that none of `items` has. */
export function freshId(items: readonly SheetItem[]): string {
  const taken = new Set(items.map(({ id }) => id));
  let n = items.length + 1;
  while (taken.has(`i${n}`)) n += 1;
  return `i${n}`;
}

/** Whether what is filled in can be saved. */
export function isWhole({ kind, device, text, fPort, data }: SheetItem): boolean {
  if (kind === 'text') return (text ?? '') !== '';
  if (kind === 'value') return device !== undefined;
  return device !== undefined && fPort !== undefined && (data ?? '') !== '' && (text ?? '') !== '';
}
