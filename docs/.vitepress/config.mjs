/**
 * The documentation as a site: everything in docs/ and the pages beside it, in the order of docs/README.md, with a search that
 * runs in the browser. Nothing comes from outside.
 */
import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
/** '**The operator of a box**: [install](install.md), …' */
const sidebar = [...readme.matchAll(/^\*\*(?<reader>[^*]+)\*\*:(?<links>(?:.|\n(?!\n))+)/gm)].map(
  ({ groups }) => ({
    text: groups.reader,
    items: [...groups.links.matchAll(/\[([^\]]+)\]\(([^)]+)\.md\)/g)].map(([, text, page]) => ({
      text: text[0].toUpperCase() + text.slice(1),
      link: page.startsWith('../') ? page.slice(2) : `/docs/${page}`,
    })),
  }),
);

// biome-ignore lint/style/noDefaultExport: VitePress reads its configuration from the default export
export default defineConfig({
  title: 'WebSCADA Edge',
  description: 'The appliance for a remote site with LoRaWAN sensors',
  // Copies that lie as in the repository, so that the links between them hold: made by `npm run site`.
  srcDir: '.vitepress/pages',
  outDir: '../out/docs-site',
  rewrites: { 'docs/README.md': 'index.md', 'docs/decisions/README.md': 'docs/decisions/index.md' },
  cleanUrls: false,
  lastUpdated: false,
  // Words such as <site> are words.
  markdown: { html: false },
  // Files that are no pages: schemas, configurations, source. Links to pages are checked by the tests.
  ignoreDeadLinks: [(link) => !/\.(md|html)$/.test(link.split('#')[0] ?? '')],
  themeConfig: { sidebar, search: { provider: 'local' }, outline: [2, 3] },
});
