/** Objects as text: YAML in a stable order that diffs well, or one JSON List. */
import type { KubeObject } from './object.ts';
import { stringify } from './yaml.ts';

/** One value as YAML; texts of several lines stay readable, nothing is folded, and no word is taken for a boolean. */
export function yamlText(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, version: '1.1', singleQuote: false });
}

/** All objects, a document each; `heading` is a comment line before the first. */
export function yamlDocuments(objects: readonly KubeObject[], heading: string): string {
  return `# ${heading}\n${objects.map((object) => `---\n${yamlText(object)}`).join('')}`;
}

export function jsonList(objects: readonly KubeObject[]): string {
  return `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }, undefined, 2)}\n`;
}
