/** A value with its unit, and whether it is beyond a limit. A number is never broken in two. */
import type { JSX } from 'preact';
import { Amiss } from './components.tsx';
import type { ShownField } from './fields.ts';
import { t } from './texts.ts';

/** Characters that fit the narrowest column; longer values have the width of the card. */
const COLUMN_CHARS = 8;
const LONG_CHARS = 12;

type Shown = Pick<ShownField, 'text' | 'unit' | 'isNumber'>;

export function isWide({ text, unit = '' }: Shown): boolean {
  return text.length + unit.length > COLUMN_CHARS;
}

export function Figure({ text, unit, isNumber }: Shown): JSX.Element {
  const size = text.length > LONG_CHARS ? 'longer' : text.length > COLUMN_CHARS ? 'long' : '';
  return (
    <>
      <span class={`figure ${isNumber ? size : 'words'}`}>{text}</span>
      {unit === undefined ? null : <span class="unit">{unit}</span>}
    </>
  );
}

export function Beyond({ field: { beyond, unit = '' } }: { field: ShownField }): JSX.Element | null {
  if (!beyond) return null;
  return <Amiss words={t(`value.${beyond.side}`, { limit: `${beyond.limit} ${unit}`.trim() })} />;
}
