import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { substitute } from '../substitute.ts';

/** One query of one panel, ready to be asked. */
export interface PanelQuery {
  readonly dashboard: string;
  readonly panel: string;
  readonly legend: string;
  readonly expression: string;
}

/** Every query of a dashboard, with its variables at `All` and Grafana's window replaced by `window`. */
export function queriesOf({ uid = '', panels = [] }: Dashboard, window: string): PanelQuery[] {
  return panels.flatMap((panel) => {
    if (panel.type === 'row') return [];
    const { title = '', targets = [] } = panel as Panel;
    return targets.map((target) => {
      const { expr = '', legendFormat = '' } = target as { expr?: string; legendFormat?: string };
      return { dashboard: uid, panel: title, legend: legendFormat, expression: substitute(expr, window) };
    });
  });
}
