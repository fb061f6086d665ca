/** CSV of every spreadsheet's kind, and text that is none. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCsv, writeCsv } from '../../src/devices/csv.ts';

const rowsOf = (text: string) => [...readCsv(text)].filter((row) => row.cells.length > 0);
const cells = (text: string) => rowsOf(text).map((row) => row.cells);
const problemOf = (text: string) => [...readCsv(text)].at(-1)?.problem?.detail;

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
    expect(rowsOf('a\n"x\r\ny"\nz').map((row) => row.line)).toEqual([1, 2, 4]);
  });

  test.each(['\n', '\r\n', '\r'])(
    'a cell may be cut anywhere by the pieces that are read; lines end with %j',
    (newline) => {
      for (const gap of ['', '   ']) {
        for (let length = 16_360; length < 16_400; length++) {
          const long = `${'x'.repeat(length - 20)}""y${newline}z`;
          const text = `a,b${newline}"${long}"${gap},"1"${gap}${newline}2,"3"`;
          expect(cells(text)).toEqual([
            ['a', 'b'],
            [long.replace('""', '"').replace(newline, '\n'), '1'],
            ['2', '3'],
          ]);
          expect(rowsOf(text).map((row) => row.line)).toEqual([1, 2, 4]);
        }
      }
    },
  );

  test('S7: four million empty lines take no row each, and the line of what follows is right', () => {
    const text = `a,b\n${',\n'.repeat(1_500_000)}${'\n \r\n'.repeat(500_000)} ,x\n"",\n"",y`;
    const rows = [...readCsv(text)];
    expect(rows.filter((row) => row.cells.length > 0).map((row) => [row.line, ...row.cells])).toEqual([
      [1, 'a', 'b'],
      [2_500_002, ' ', 'x'],
      [2_500_004, '', 'y'],
    ]);
    expect(rows.length).toBeLessThan(500);
  });

  test('S7: a file of quoted nothing ends after as many rows as a spreadsheet has', () => {
    expect(problemOf(`a\n${'""\n'.repeat(1_100_000)}`)).toBe('only the first 1048576 rows are read');
  });

  test('lines with and without quotes are read alike', () => {
    const cell = fc.constantFrom('', ' ', 'x', ' y ', '"x"', '"a\nb"', '"a,""b"', '""');
    const line = fc.array(cell, { minLength: 2, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.nat(11), (lines, at) => {
        const plain = (one: string) => (one.startsWith('"') ? one.slice(1, -1).replaceAll('""', '"') : one);
        const text = (all: string[][]) => ['a,b', ...all.map((one) => one.join(','))].join('\n');
        const expected = lines.filter((one) => one.some((each) => plain(each).trim() !== ''));
        expect(cells(text(lines)).slice(1)).toEqual(expected.map((one) => one.map(plain)));
        // A quote further up sends all that follows to the library.
        const shifted = [...lines.slice(0, at), ['"q"', ''], ...lines.slice(at)];
        expect(cells(text(shifted))).toHaveLength(expected.length + 2);
      }),
    );
  });

  test('stops where it must', () => {
    expect(problemOf('a,b\n1,"2" x\n3,4')).toBe('line 2 has text behind the quote that closes a cell');
    expect(problemOf('a\nb\n"c')).toBe('the quote opened on line 3 is never closed');
    expect(problemOf(`a\n${','.repeat(100_000)}`)).toBe('line 2 has more than 256 cells');
    const cell = 'line 2 has a cell of more than 65536 characters; is a quote missing?';
    expect(problemOf(`a\n${'x'.repeat(70_000)}`)).toBe(cell);
    expect(problemOf(`a\n"${'x'.repeat(70_000)}"`)).toBe(cell);
    expect(problemOf(`a\n${`${'x'.repeat(60_000)},`.repeat(5)}`)).toBe(
      'line 2 has more than 262144 characters',
    );
  });

  test('reads back what is written', () => {
    const cell = fc
      .string({ unit: 'binary' })
      .filter((text) => !/^[=+@\t\r-]/.test(text) && text.trim() !== '');
    const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(rows, (written) => {
        // The heading decides which separator is meant.
        const read = cells(writeCsv([['a', 'b'], ...written])).slice(1);
        const asRead = (text: string) => text.replace(/\r\n?/g, '\n');
        expect(read).toEqual(written.map((row) => row.map(asRead)));
      }),
    );
  });

  test('defuses what a spreadsheet would run', () => {
    const row = ['=1+1', '+a', '@b', '-c', '\t=d', '\r=e', '=f\n=g', '=\r\n', 'h', ''];
    expect(cells(writeCsv([row]))).toEqual([
      ["'=1+1", "'+a", "'@b", "'-c", "'\t=d", "'\n=e", "'=f\n=g", "'=\n", 'h', ''],
    ]);
  });
});
