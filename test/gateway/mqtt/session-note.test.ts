/** The note of sessions outlives us and is never worse than none. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSessionNote } from '../../../src/gateway/mqtt/session-note.ts';
import { temporaryFolder } from '../../support/process.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());
const URL = 'mqtt://broker:1883';
const open = () => openSessionNote(join(folder.path, 'note.json'));

describe('the note of our session at the broker', () => {
  it('S3: knows after a restart what the broker is to know', () => {
    expect(open().isKnown(URL, 'a')).toBe(false);
    open().subscribed(URL, 'a');
    expect(open().isKnown(URL, 'a')).toBe(true);
    expect(open().isKnown('mqtt://other:1883', 'a')).toBe(false);
  });

  it('D3: an id of before is old until it is dropped; an id that is ours again is not', () => {
    for (const id of ['a', 'b', 'c', 'a']) open().subscribed(URL, id);
    open().subscribed('mqtt://other:1883', 'x');
    open().subscribed(URL, 'a');
    expect(open().old(URL)).toEqual(['b', 'c']);
    open().drop(URL, 'b');
    expect(open().old(URL)).toEqual(['c']);
    expect(open().isKnown(URL, 'b')).toBe(false);
  });

  it('is bounded, and what cannot be read counts as empty', () => {
    for (let n = 0; n < 50; n++) open().subscribed(URL, `id-${n}`);
    expect(open().old(URL)).toHaveLength(7);
    for (const text of ['', '{', 'null', '[1,{"url":2}]', '{"url":"x"}']) {
      writeFileSync(join(folder.path, 'note.json'), text);
      expect(open().old(URL)).toEqual([]);
    }
  });
});
