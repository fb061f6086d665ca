/** What bytes are a picture, and how large it is when unpacked. */
import { expect, test } from 'vitest';
import { readPicture } from '../../src/model/picture.ts';
import { jpeg, png, SVG, webp } from '../support/pictures.ts';

test('the kinds are told by their bytes', () => {
  expect(readPicture(png(640, 480))).toEqual({ type: 'image/png' });
  for (const marker of [0xc0, 0xc1, 0xc2])
    expect(readPicture(jpeg(640, 480, marker))).toEqual({ type: 'image/jpeg' });
  expect(readPicture(webp(640, 480))).toEqual({ type: 'image/webp' });
  expect(readPicture(Buffer.from(SVG))).toEqual({ type: 'image/svg+xml' });
});

test('a small file that unpacks to more than a phone holds is refused', () => {
  for (const make of [png, jpeg, webp]) {
    expect(readPicture(make(5_000, 5_000))).toHaveProperty('type');
    expect(readPicture(make(5_001, 5_000))).toBe('too_many_pixels');
  }
});

test('what is cut off, empty or something else is no picture', () => {
  const page = '<html><svg></svg></html>';
  const others = ['', 'GIF89a', '<svg', 'svg>', 'MZ'];
  for (const text of others) expect(readPicture(Buffer.from(text)), text).toBe('not_a_picture');
  expect(readPicture(Buffer.from(page.replace('<svg', '<sv')))).toBe('not_a_picture');
  for (const whole of [png(1, 1), jpeg(1, 1), webp(1, 1)])
    for (let length = 0; length < 22; length++)
      expect(readPicture(whole.subarray(0, length)), String(length)).toBe('not_a_picture');
  expect(readPicture(png(0, 10))).toBe('not_a_picture');
});

test('an SVG with entities, which may grow without end, is none', () => {
  const bomb = `<!DOCTYPE svg [<!ENTITY a "aaaa">]>${SVG.slice(SVG.indexOf('<svg'))}`;
  expect(readPicture(Buffer.from(bomb))).toBe('not_a_picture');
});

test('segments of a JPEG that go round in circles or beyond its end are not followed', () => {
  const bytes = jpeg(10, 10);
  bytes.writeUInt16BE(0xffff, 4);
  expect(readPicture(bytes)).toBe('not_a_picture');
  expect(readPicture(Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(100, 0xff)]))).toBe(
    'not_a_picture',
  );
});
