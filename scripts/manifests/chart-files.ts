/** A chart's own files beside its templates: what it is called, its values with their descriptions, their schema. */
import * as z from 'zod/mini';
import type { Setting } from '../../src/config/declare.ts';
import { yamlText } from '../../src/deploy/print.ts';

export const MADE = '# Made by `node scripts/manifests.ts` from src/deploy: change that, not this file.\n';

export interface ChartValues {
  readonly name: string;
  readonly description: string;
  readonly keys: readonly Setting[];
  /** What each section is about. */
  readonly sections: Readonly<Record<string, string>>;
  /** What the section `settings` is. */
  readonly settings: string;
  readonly secretNames: readonly string[];
  readonly schema: z.ZodMiniObject;
}

/** Files by their path in the chart. */
export function chartFiles(values: ChartValues, version: string): ReadonlyMap<string, string> {
  return new Map([
    ['Chart.yaml', MADE + chartYaml(values, version)],
    ['values.yaml', MADE + valuesYaml(values)],
    ['values.schema.json', valuesSchema(values)],
  ]);
}

function chartYaml({ name, description }: ChartValues, version: string): string {
  return yamlText({
    apiVersion: 'v2',
    name,
    description,
    type: 'application',
    version,
    appVersion: version,
    kubeVersion: '>=1.30.0-0',
  });
}

/** The defaults, each with its description; a description in YAML is a values file. */
function valuesYaml({ keys, sections, settings, secretNames }: ChartValues): string {
  const lines: string[] = [];
  for (const [section, about] of Object.entries(sections)) {
    lines.push(`# ${about}`, `${section}:`);
    for (const { key, doc, default: fallback } of keys.filter((one) => one.section === section)) {
      lines.push(`  # ${doc.description}`, `  ${key}: ${JSON.stringify(fallback ?? '')}`);
    }
  }
  lines.push(`# ${settings}`, 'settings: {}');
  lines.push('# Passwords for secrets.form plain; better in a values file of their own.', 'secret_values:');
  lines.push(...secretNames.map((name) => `  ${name}: ""`));
  return `${lines.join('\n')}\n`;
}

function valuesSchema({ schema, secretNames }: ChartValues): string {
  const text = z._default(z.string(), '');
  const secretValues = z.strictObject(Object.fromEntries(secretNames.map((name) => [name, text])));
  const whole = z.extend(schema, {
    secret_values: z.optional(secretValues),
    global: z.optional(z.record(z.string(), z.unknown())),
  });
  return `${JSON.stringify(z.toJSONSchema(whole, { io: 'input', target: 'draft-7' }), undefined, 2)}\n`;
}
