/** What other programs read of the verbs: man shows the page, bash completes the words. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { completionScript, manPage } from '../../src/cli/manual.ts';
import { VERBS } from '../../src/cli/verbs.ts';

test('the man page has every verb and every option', () => {
  const page = manPage(VERBS, '1.2.3').replaceAll('\\-', '-');
  const missing = VERBS.flatMap(({ name, options }) => [
    ...(page.includes(`.SS ${name}`) ? [] : [name]),
    ...Object.keys(options).filter((option) => !page.includes(`--${option}`)),
  ]);
  expect(missing).toEqual([]);
});

test('bash completes verbs, their second words and their options', () => {
  const script = completionScript('bash', VERBS);
  const complete = (...words: readonly string[]): string[] => {
    const line = words.map((word) => `'${word}'`).join(' ');
    const ask = `${script}\nCOMP_WORDS=(webscada-edge ${line}); COMP_CWORD=${words.length}; _webscada_edge; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', ask], { encoding: 'utf8' }).trim().split('\n');
  };
  expect(complete('uni')).toEqual(['uninstall']);
  expect(complete('service', 'sta')).toEqual(['start', 'status']);
  expect(complete('install', '--dry')).toEqual(['--dry-run']);
  expect(complete('config', 'show', '--or')).toEqual(['--origin']);
  expect(complete('completion', 'f')).toEqual(['']);
});
