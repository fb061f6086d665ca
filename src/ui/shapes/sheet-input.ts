/** What a drawing with values on it may hold: checked when it comes, and when its file is read again. */
import * as z from 'zod/mini';
import { about, maybe } from './describe.ts';

export const MAX_ITEMS = 200;
const share = z.number().check(z.gte(0), z.lte(1));
const word = (most: number) => z.string().check(z.minLength(1), z.maxLength(most));

export const sheetItem = z.strictObject({
  id: about(word(36), 'Of this item, unique on the sheet'),
  kind: about(
    z.enum(['value', 'button', 'text']),
    'The newest value of a field; a downlink at a touch; words',
  ),
  x: about(share, 'From the left of the drawing, of its width'),
  y: about(share, 'From its top, of its height'),
  device: maybe(word(16), 'DevEUI'),
  field: maybe(word(128), 'The one that stands for the device where left out'),
  text: maybe(word(80), "What is written; a value's name where left out"),
  fPort: maybe(z.int().check(z.gte(1), z.lte(223)), 'Of the downlink'),
  data: maybe(z.string().check(z.regex(/^([0-9a-fA-F]{2}){0,242}$/)), 'Of the downlink, hex'),
});

/** What is stored, and taken. */
export const sheetBody = z.strictObject({
  name: about(word(80), 'As people call it'),
  items: z.array(sheetItem).check(z.maxLength(MAX_ITEMS)),
});

export type SheetInput = z.output<typeof sheetBody>;
export type SheetItem = SheetInput['items'][number];
