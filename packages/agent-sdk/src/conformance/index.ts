export {
  type ConformanceOptions,
  type ConformancePlatform,
  type ConformanceRunner,
  transportConformance,
} from './transport-conformance.ts';
