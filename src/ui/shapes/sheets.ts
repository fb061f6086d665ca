/** Drawings of the site with values on them. */
import * as z from 'zod/mini';
import { named } from './component.ts';
import { about } from './describe.ts';
import { sheetItem } from './sheet-input.ts';

export const sheetSchema = named(
  'Sheet',
  z.object({
    id: z.string(),
    name: about(z.string(), 'As people call it'),
    items: z.array(sheetItem),
    revision: about(z.string(), 'Changes with the sheet: send it as If-Match'),
  }),
);

export type SheetView = z.infer<typeof sheetSchema>;
