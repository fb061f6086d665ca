/** CSV of every spreadsheet's kind, and text that is none. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCsv, writeCsv } from './csv.ts';

const cells = (text: string) => readCsv(text, 100).rows.map((row) => row.cells);

describe('readCsv', () => {
  test.each([
    [
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      '\ufeffa;b\r\n1,5;2\r\n',
      [
        ['a', 'b'],
        ['1,5', '2'],
      ],
    ],
    [
      'a\tb\r1\t2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a,b\n"x, ""y""","two\nlines"\n',
      [
        ['a', 'b'],
        ['x, "y"', 'two\nlines'],
      ],
    ],
    [
      'a,b\n,\n\n1,\n',
      [
        ['a', 'b'],
        ['1', ''],
      ],
    ],
    ['', []],
  ])('reads %j', (text, rows) => {
    expect(cells(text)).toEqual(rows);
  });

  test('counts lines within quotes', () => {
    expect(readCsv('a\n"x\r\ny"\nz', 100).rows.map((row) => row.line)).toEqual([1, 2, 4]);
  });

  test('stops where it must', () => {
    expect(readCsv('a\nb\n"c', 100)).toMatchObject({ problem: 'the quote opened on line 3 is never closed' });
    expect(readCsv('a\nb\nc', 2)).toMatchObject({ problem: 'only the first 2 rows are read' });
    expect(readCsv(`a\n${','.repeat(100_000)}`, 9)).toMatchObject({
      problem: 'line 2 has more than 256 cells',
    });
  });

  test('reads back what is written', () => {
    const cell = fc
      .string({ unit: 'binary' })
      .filter((text) => !/^[=+@\t\r-]/.test(text) && text.trim() !== '');
    const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(rows, (written) => {
        // The heading decides which separator is meant.
        expect(cells(writeCsv([['a', 'b'], ...written])).slice(1)).toEqual(written);
      }),
    );
  });

  test('defuses what a spreadsheet would run', () => {
    expect(writeCsv([['=1+1', '+a', '@b', '-c', 'd']])).toBe("'=1+1,'+a,'@b,'-c,d\r\n");
  });
});
