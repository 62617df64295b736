type Scale = readonly (readonly [from: number, divisor: number, suffix: string])[];

const SECONDS: Scale = [
  [86_400, 86_400, ' d'],
  [3_600, 3_600, ' h'],
  [60, 60, ' min'],
  [1, 1, ' s'],
  [1e-3, 1e-3, ' ms'],
  [0, 1e-6, ' µs'],
];
const BYTES: Scale = [
  [2 ** 30, 2 ** 30, ' GiB'],
  [2 ** 20, 2 ** 20, ' MiB'],
  [2 ** 10, 2 ** 10, ' KiB'],
  [0, 1, ' B'],
];
const COUNTS: Scale = [
  [1e6, 1e6, ' Mil'],
  [1e3, 1e3, ' K'],
  [0, 1, ''],
];

/** A value as Grafana would write it in a unit of its own naming. */
export function inUnit(value: number, unit = 'short'): string {
  if (value === 0) return unit === 'percentunit' ? '0 %' : '0';
  if (unit === 'percentunit') return `${digits(100 * value)} %`;
  const [scale, suffix] = {
    s: [SECONDS, ''] as const,
    bytes: [BYTES, ''] as const,
    ops: [COUNTS, ' /s'] as const,
    reqps: [COUNTS, ' /s'] as const,
  }[unit] ?? [COUNTS, ''];
  const [, divisor, name] = scale.find(([from]) => Math.abs(value) >= from) ?? [0, 1, ''];
  return digits(value / divisor) + name + suffix;
}

function digits(value: number): string {
  const places = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return String(Number(value.toFixed(places)));
}
