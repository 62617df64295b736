/** Of a dashboard's JSON, what the page reads. */
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly panels: readonly Panel[];
}

export interface Panel {
  readonly type: 'row' | 'stat' | 'timeseries' | 'bargauge';
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
  readonly fieldConfig?: { readonly defaults: Field };
}

export interface Field {
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  readonly thresholds?: {
    readonly steps: readonly { readonly value: number | null; readonly color: string }[];
  };
  readonly mappings?: readonly { readonly options: Readonly<Record<string, { readonly text: string }>> }[];
  readonly custom?: { readonly stacking?: { readonly mode: string }; readonly drawStyle?: string };
}

/** Which span is shown, and with which window of rates. Times are Unix seconds. */
export interface Settings {
  readonly start: number;
  readonly end: number;
  readonly window: string;
}

/** One series of a panel, with a value or a gap at each time. */
export interface Line {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

const COLOURS: Readonly<Record<string, string>> = {
  green: '#56a64b',
  yellow: '#e0a916',
  orange: '#ff780a',
  red: '#d6353f',
  blue: '#3871dc',
};

/** The colour of a value: that of the last threshold it reaches. */
export function colourOf(value: number, { thresholds }: Field): string {
  const reached = thresholds?.steps.filter((step) => step.value === null || value >= step.value).at(-1);
  return cssColour(reached?.color ?? 'blue');
}

export const cssColour = (name: string): string => COLOURS[name] ?? name;

export function lastOf({ values }: Line): number | undefined {
  return values.findLast((value) => value !== null) ?? undefined;
}
