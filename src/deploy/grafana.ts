/** Grafana's JSON of a dashboard: panels two by two, and a choice of sites. */

const WIDTH = 12;
const HEIGHT = 8;

export interface Panel {
  readonly title: string;
  readonly expr: string;
  readonly legend: string;
  readonly unit: string;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  /** Query of the sites to choose from. */
  readonly sites: string;
  readonly panels: readonly Panel[];
}

export function dashboardJson(board: Dashboard): string {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own variables are written like this
  const datasource = { type: 'prometheus', uid: '${datasource}' };
  const panels = board.panels.map(({ title, expr, legend, unit }, index) => ({
    id: index + 1,
    type: 'timeseries',
    title,
    datasource,
    gridPos: { x: (index % 2) * WIDTH, y: Math.floor(index / 2) * HEIGHT, w: WIDTH, h: HEIGHT },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: [{ refId: 'A', datasource, expr, legendFormat: legend }],
  }));
  const dashboard = {
    uid: board.uid,
    title: board.title,
    tags: ['webscada-edge'],
    schemaVersion: 39,
    refresh: '30s',
    time: { from: 'now-24h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', type: 'datasource', query: 'prometheus' },
        {
          name: 'site',
          type: 'query',
          datasource,
          query: board.sites,
          refresh: 2,
          multi: true,
          includeAll: true,
          allValue: '.*',
        },
      ],
    },
    panels,
  };
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}
