/** The box's OpenAPI document, to be read here: no viewer from elsewhere is fetched or needed. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { Section, SubPage } from '../components.tsx';
import { t } from '../texts.ts';
import {
  type Document,
  fieldsOf,
  groupsOf,
  type Operation,
  type Route,
  type Schema,
  typeOf,
} from './openapi.ts';

export function ApiPage(): JSX.Element {
  const document = useSignal<Document | undefined>(undefined);
  const wanted = useSignal('');
  useEffect(() => {
    fetch('/api/v1/openapi.json')
      .then((answer) => answer.json())
      .then(
        (found: Document) => {
          document.value = found;
        },
        () => {},
      );
  }, []);
  const found = document.value;
  return (
    <SubPage title={t('api.title')}>
      <p class="detail">{found?.info.description}</p>
      <div class="tools care-tools">
        <input
          type="search"
          aria-label={t('api.find')}
          placeholder={t('api.find')}
          value={wanted.value}
          onInput={(event) => {
            wanted.value = event.currentTarget.value;
          }}
        />
        <a class="toggle" href="/api/v1/openapi.json" download>
          {t('api.download')}
        </a>
      </div>
      {found
        ? [...groupsOf(found, wanted.value)].map(([group, routes]) => (
            <Section key={group} id={`api-${group}`} title={group} count={routes.length}>
              {routes.map((route) => (
                <RouteDetails key={`${route.method} ${route.path}`} route={route} document={found} />
              ))}
            </Section>
          ))
        : null}
    </SubPage>
  );
}

function RouteDetails({ route, document }: { route: Route; document: Document }): JSX.Element {
  const isOpen = useSignal(false);
  const { method, path, operation } = route;
  return (
    <details
      class="support-file"
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary>
        <span class="mono">
          <strong>{method}</strong> {path}
        </span>
        <br />
        <span class="quiet">{operation.summary}</span>
      </summary>
      {isOpen.value ? <OperationDetails operation={operation} document={document} /> : null}
    </details>
  );
}

function OperationDetails({
  operation,
  document,
}: {
  operation: Operation;
  document: Document;
}): JSX.Element {
  const { description, deprecated, parameters = [], requestBody, responses = {} } = operation;
  return (
    <div class="api-details">
      <p class="detail">
        {description} {deprecated ? t('api.deprecated') : ''}
      </p>
      {parameters.length > 0 ? (
        <Fields
          title={t('api.parameters')}
          fields={parameters.map(({ name, schema, required = false, description: words }) => [
            name,
            words === undefined ? (schema ?? {}) : { ...schema, description: words },
            required,
          ])}
        />
      ) : null}
      {Object.entries(requestBody?.content ?? {}).map(([type, { schema }]) => (
        <Shape key={type} title={`${t('api.body')}: ${type}`} schema={schema} document={document} />
      ))}
      {Object.entries(responses).map(([status, answer]) => (
        <Shape
          key={status}
          title={`${status} ${answer.description ?? ''}`}
          schema={Object.values(answer.content ?? {})[0]?.schema}
          document={document}
        />
      ))}
    </div>
  );
}

interface ShapeProps {
  readonly title: string;
  readonly schema: Schema | undefined;
  readonly document: Document;
}

function Shape({ title, schema, document }: ShapeProps): JSX.Element {
  const type = typeOf(schema);
  return <Fields title={type === '' ? title : `${title} (${type})`} fields={fieldsOf(schema, document)} />;
}

function Fields({
  title,
  fields,
}: {
  title: string;
  fields: readonly (readonly [string, Schema, boolean])[];
}): JSX.Element {
  return (
    <>
      <h3 class="api-title">{title}</h3>
      {fields.length > 0 ? (
        <dl class="told">
          {fields.map(([name, schema, required]) => (
            <div key={name}>
              <dt>
                <span class="mono">{name}</span> {typeOf(schema)}
                {required ? '' : ` · ${t('api.optional')}`}
              </dt>
              <dd>{schema.description}</dd>
            </div>
          ))}
        </dl>
      ) : null}
    </>
  );
}
