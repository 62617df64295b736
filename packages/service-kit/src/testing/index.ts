export { type ManualClock, manualClock } from './manual-clock.ts';
export { stressService } from './stress-service.ts';
