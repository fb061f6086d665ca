/** The value of an expression at one moment; undefined where a value it needs is not there, or is of another kind than it needs. */
import type { FieldRef, Node, Operator, WindowFunction } from './parse.ts';

export type Value = number | string | boolean;

/** Where an expression gets its values from. */
export interface Values {
  last(ref: FieldRef): Value | undefined;
  over(name: WindowFunction, ref: FieldRef, windowMs: number): number | undefined;
}

export function evaluate(node: Node, values: Values): Value | undefined {
  switch (node.kind) {
    case 'value':
      return node.value;
    case 'field':
      return values.last(node.ref);
    case 'window':
      return values.over(node.name, node.ref, node.windowMs);
    case 'unary': {
      const inside = evaluate(node.of, values);
      if (node.name === 'not') return typeof inside === 'boolean' ? !inside : undefined;
      if (typeof inside !== 'number') return undefined;
      return node.name === 'abs' ? Math.abs(inside) : -inside;
    }
    case 'binary':
      return binary(node.name, evaluate(node.left, values), evaluate(node.right, values));
  }
}

function binary(name: Operator, left: Value | undefined, right: Value | undefined): Value | undefined {
  // What is false, or true, without the other is so whatever the other is.
  if (name === 'and') return left === false || right === false ? false : both(left, right);
  if (name === 'or') return left === true || right === true ? true : either(left, right);
  if (left === undefined || right === undefined) return undefined;
  if (name === '=') return typeof left === typeof right ? left === right : undefined;
  if (name === '!=') return typeof left === typeof right ? left !== right : undefined;
  return typeof left === 'number' && typeof right === 'number' ? ofNumbers(name, left, right) : undefined;
}

function both(left: Value | undefined, right: Value | undefined): boolean | undefined {
  return left === true && right === true ? true : undefined;
}

function either(left: Value | undefined, right: Value | undefined): boolean | undefined {
  return left === false && right === false ? false : undefined;
}

function ofNumbers(name: Operator, left: number, right: number): Value | undefined {
  switch (name) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    default: {
      const value =
        name === '+'
          ? left + right
          : name === '-'
            ? left - right
            : name === '*'
              ? left * right
              : left / right;
      return Number.isFinite(value) ? value : undefined;
    }
  }
}
