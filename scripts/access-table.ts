/**
 * Prints which role and which token may call which route, from what the routes state, into docs/access.md:
 * `node scripts/access-table.ts` writes it; a test compares what is there.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AccessRule } from '../src/ui/access/access-rule.ts';
import { operationOf } from '../src/ui/http/operation.ts';
import { ROLES } from '../src/ui/role.ts';
import { createApp } from '../src/ui/routes/app.ts';
import { createUiSite } from '../test/support/ui-site.ts';
import { createTestWorld } from '../test/support/world.ts';
import { root } from './house/sources.ts';

const BEGIN = '<!-- routes: made by scripts/access-table.ts -->';
const END = '<!-- routes end -->';
const PAGE = join(root, 'docs/access.md');

interface AppRoute {
  readonly method: string;
  readonly path: string;
  readonly handler: object;
}

export interface StatedRoute {
  readonly method: string;
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly access: AccessRule;
  readonly hidden: boolean;
}

/** What each route of the app states. Throws at one that states nothing. */
export function routesOf({ routes }: { readonly routes: readonly AppRoute[] }): StatedRoute[] {
  const handlers = new Map<string, object>();
  for (const { method, path, handler } of routes) {
    const route = `${method} ${path}`;
    if (method !== 'ALL' && !handlers.has(route)) handlers.set(route, handler);
  }
  return [...handlers].map(([route, first]) => {
    const stated = operationOf(first);
    if (!stated) throw new Error(`${route}: who may call it is not stated`);
    const [method = '', path = ''] = route.split(' ');
    const { name, summary, access, hidden = false } = stated;
    return { method, path, name, summary, access, hidden };
  });
}

/** The page with the table of `routes` in its place. Throws where the place is missing. */
export function pageWithRoutes(page: string, routes: readonly StatedRoute[]): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin)
    throw new Error(`docs/access.md has no place between "${BEGIN}" and "${END}"`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${table(routes)}\n\n${page.slice(end)}`;
}

function table(routes: readonly StatedRoute[]): string {
  const rows = routes
    .filter(({ hidden }) => !hidden)
    .toSorted((a, b) => rank(a) - rank(b) || a.path.localeCompare(b.path) || a.method.localeCompare(b.method))
    .map(({ method, path, access, summary }) => {
      const called = `${method} ${path.replace(/:(\w+)\??/g, '{$1}')}`;
      return `| \`${called}\` | ${roleWords(access)} | ${scopeWords(access)} | ${summary.replaceAll('|', '\\|')} |`;
    });
  return ['| route | role | token | what |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function rank({ access }: StatedRoute): number {
  if (access.who === 'public') return access.unclaimed ? -2 : -1;
  return ROLES.indexOf(access.who);
}

function roleWords(access: AccessRule): string {
  if (access.who !== 'public') return `\`${access.who}\``;
  return access.unclaimed ? 'everybody, also before the claim' : 'everybody';
}

function scopeWords(access: AccessRule): string {
  if (access.who === 'public') return '';
  return access.scope === null ? 'none' : `\`${access.scope}\``;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { app, close } = createApp(createUiSite(createTestWorld()).deps);
  writeFileSync(PAGE, pageWithRoutes(readFileSync(PAGE, 'utf8'), routesOf(app)));
  close();
}
