/**
 * Whether an expression makes sense before it is asked of any reading: fields are known, units fit (20 °C is not more than 3 bar),
 * what is compared and joined can be, and what comes out is true or false.
 */
import { type SaidKey, tell, tellAll } from '../../model/said.ts';
import { meant } from '../meant.ts';
import type { FieldRef, Node } from './parse.ts';
import { type ExpressionFault, faultAt } from './tokens.ts';

/** What is known of a field; undefined where nothing is known of the device's fields at all. */
export type FieldKnowledge =
  | { readonly known: true; readonly unit?: string | undefined }
  | { readonly known: false; readonly others: readonly string[] };

export type KnowField = (ref: FieldRef) => FieldKnowledge | 'unknown-device' | undefined;

/** `unit`: undefined where any fits. 'any': a field, of which a reading decides. */
interface Sort {
  readonly of: 'number' | 'boolean' | 'text' | 'any';
  readonly unit?: string | undefined;
}

/** What cannot be compared, both in the order of the alphabet. */
const UNLIKE: Readonly<Record<string, SaidKey>> = {
  'number text': 'rule.compareNumberText',
  'boolean number': 'rule.compareNumberBoolean',
  'boolean text': 'rule.compareBooleanText',
};
const ARITHMETIC: ReadonlySet<string> = new Set(['+', '-', '*', '/']);

/** What is wrong with it, at most a few; empty where nothing is. */
export function checkExpression(node: Node, know: KnowField): readonly ExpressionFault[] {
  const faults: ExpressionFault[] = [];
  const sort = sortOf(node, know, faults);
  if (faults.length === 0 && sort.of !== 'boolean' && sort.of !== 'any')
    faults.push(faultAt(0, 'rule.trueOrFalse'));
  return faults.slice(0, 10);
}

function sortOf(node: Node, know: KnowField, faults: ExpressionFault[]): Sort {
  switch (node.kind) {
    case 'value':
      return { of: typeof node.value === 'string' ? 'text' : (typeof node.value as 'number' | 'boolean') };
    case 'field':
      return { of: 'any', unit: unitOf(node, know, faults) };
    case 'window':
      return { of: 'number', unit: unitOf(node, know, faults) };
    case 'unary': {
      const inside = sortOf(node.of, know, faults);
      const wanted = node.name === 'not' ? 'boolean' : 'number';
      if (inside.of !== wanted && inside.of !== 'any')
        faults.push(
          faultAt(node.at, wanted === 'number' ? 'rule.ofNumber' : 'rule.ofBoolean', { name: node.name }),
        );
      return { of: wanted, unit: inside.unit };
    }
    case 'binary':
      return binarySort(node, know, faults);
  }
}

function binarySort(node: Node & { kind: 'binary' }, know: KnowField, faults: ExpressionFault[]): Sort {
  const left = sortOf(node.left, know, faults);
  const right = sortOf(node.right, know, faults);
  const { name, at } = node;
  if (name === 'and' || name === 'or') {
    if (![left, right].every(({ of }) => of === 'boolean' || of === 'any'))
      faults.push(faultAt(at, 'rule.joins', { name }));
    return { of: 'boolean' };
  }
  if (ARITHMETIC.has(name)) {
    if (![left, right].every(({ of }) => of === 'number' || of === 'any'))
      faults.push(faultAt(at, 'rule.numbersOnly', { name }));
    if (name === '*' || name === '/') return { of: 'number', unit: scaledUnit(name, left, right) };
    return { of: 'number', unit: sameUnit(left, right, at, faults) };
  }
  const unlike = left.of === right.of ? undefined : UNLIKE[[left.of, right.of].sort().join(' ')];
  if (unlike) faults.push(faultAt(at, unlike));
  if (name !== '=' && name !== '!=' && [left, right].some(({ of }) => of === 'boolean' || of === 'text'))
    faults.push(faultAt(at, 'rule.numbersOnly', { name }));
  sameUnit(left, right, at, faults);
  return { of: 'boolean' };
}

function sameUnit(left: Sort, right: Sort, at: number, faults: ExpressionFault[]): string | undefined {
  if (left.unit !== undefined && right.unit !== undefined && left.unit !== right.unit)
    faults.push(faultAt(at, 'rule.units', { unit: left.unit, other: right.unit }));
  return left.unit ?? right.unit;
}

/** Of a product nothing can be said, but of one with a plain number. */
function scaledUnit(name: '*' | '/', left: Sort, right: Sort): string | undefined {
  if (left.unit !== undefined && right.unit === undefined) return left.unit;
  return name === '*' && left.unit === undefined ? right.unit : undefined;
}

function unitOf(
  { ref, at }: { readonly ref: FieldRef; readonly at: number },
  know: KnowField,
  faults: ExpressionFault[],
): string | undefined {
  const field = know(ref);
  if (field === 'unknown-device') {
    faults.push(faultAt(at, 'rule.unnamedDevice', { device: ref.device }));
    return undefined;
  }
  if (field?.known === false) {
    const told = tellAll([tell('rule.noField', { field: ref.field }), ...meant(ref.field, field.others)]);
    faults.push({ at, message: told.detail, said: told.said });
  }
  return field?.known === true ? field.unit : undefined;
}
