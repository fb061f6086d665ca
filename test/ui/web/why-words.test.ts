/** The box's verdict on a silent device, in the language of the reader. */
import { afterEach, expect, test } from 'vitest';
import { type SilenceEvidence, whySilent } from '../../../src/model/silence.ts';
import { SILENCE_TEXTS } from '../../../src/model/silence-words.ts';
import { speak } from '../../../src/ui/web/texts.ts';
import { adviceWords, verdictWords } from '../../../src/ui/web/why-words.ts';
import { first } from '../../../src/ui/web/words/en/first.ts';
import { later } from '../../../src/ui/web/words/en/later.ts';
import { LANGUAGES } from '../../../src/ui/web/words/languages.ts';

afterEach(() => speak('en', { ...first, ...later }));

const NOW_MS = 1_000_000_000;
const EVIDENCE: SilenceEvidence = {
  ...{ nowMs: NOW_MS, startedMs: 0, devEui: '70b3d57ed0000001', activation: 'otaa' as const },
  ...{ lastMs: NOW_MS - 1_200_000, joinsSinceReading: 0, intervalMs: 240_000, isExpected: false },
  ...{ staleAfterMs: 720_000, marginsDb: [2.25], heardBy: ['g1'] },
  gateways: [{ gatewayId: 'g1', isOnline: true, lastSeenMs: NOW_MS, heardOthersMs: NOW_MS - 60_000 }],
};

function viewOf(evidence: SilenceEvidence) {
  const { said, text, todo, advice } = whySilent(evidence);
  return {
    ...{ said: said.map(({ key, values }) => ({ key, values: { ...values } })), text },
    ...(todo === undefined ? {} : { todo }),
    ...(advice === undefined ? {} : { advice }),
  };
}

test('is said in English with the words of the box, and ages as the pages write them', () => {
  const view = viewOf(EVIDENCE);
  expect(verdictWords(view)).toBe(
    'last heard 20m ago at 2.3 dB over the floor; usually every 4 min; its gateway heard other devices 1m ago',
  );
  expect(adviceWords(view)).toBe(view.advice);
});

test('is said in German', async () => {
  speak('de', { ...(await LANGUAGES.de.first()), ...(await LANGUAGES.de.later()) });
  const refused = { reason: 'join_wrong_mic', count: 4, lastMs: NOW_MS - 12_000 };
  const view = viewOf({ ...EVIDENCE, refused });
  expect(verdictWords(view)).toMatch(/^sein AppKey passt nicht: es hat 4-mal angeklopft, zuletzt /);
  expect(adviceWords(view)).toBe('Den AppKey eintragen, den sein Hersteller dafür nennt.');
  const once = viewOf({ ...EVIDENCE, refused: { ...refused, count: 1 } });
  expect(verdictWords(once)).toContain('es hat einmal angeklopft');
});

test('of a newer box, with words that are not known here, is told as the box does', () => {
  const view = {
    said: [{ key: 'silence.of.tomorrow', values: {} }],
    text: 'as it says',
    todo: 'silence.todo.x',
  };
  expect(verdictWords(view)).toBe('as it says');
  expect(adviceWords({ ...view, advice: 'do so' })).toBe('do so');
});

test('every word of the box is one of the pages', () => {
  expect(Object.keys(SILENCE_TEXTS).filter((key) => !(key in later))).toEqual([]);
});
