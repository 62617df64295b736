import { SERVICES } from '@nova-torch/protocol';
import { expect, test } from 'vitest';
import { createFleetHealth } from './fleet-health.ts';

const status = (service: string, fields: object = {}) => ({
  service,
  instance: `${service}-1`,
  ready: true,
  stopping: false,
  missing: [],
  pid: 1,
  started_at_ms: 0,
  every_ms: 2_000,
  load: {},
  ...fields,
});

test('an instance silent for three periods is gone', () => {
  const fleet = createFleetHealth();
  for (const service of SERVICES) fleet.observe(status(service), 10_000);
  expect(fleet.report(16_000).status).toBe('ok');
  const late = fleet.report(16_001);
  expect(late).toMatchObject({ status: 'degraded', instances: [] });
  expect(late.missing).toHaveLength(SERVICES.length);
});

test('an instance that fell silent is named until another of its service speaks; one that stopped is not', () => {
  const fleet = createFleetHealth();
  const of = (service: string, nowMs: number) =>
    fleet.report(nowMs).missing.find((one) => one.startsWith(service));
  expect(of('registry', 9_000)).toBe('registry: no instance is running');
  fleet.observe(status('registry', { instance: 'registry-2' }), 10_000);
  fleet.observe(status('registry'), 9_000);
  expect(of('registry', 30_400)).toBe('registry: nothing heard of registry-2 for 20 s');
  expect(of('registry', 40_000)).toBe('registry: nothing heard of registry-2 for 30 s');
  fleet.observe(status('registry', { instance: 'registry-3' }), 41_000);
  expect(of('registry', 41_000)).toBeUndefined();
  fleet.observe(status('registry', { instance: 'registry-3', stopping: true }), 42_000);
  expect(of('registry', 90_000)).toBe('registry: no instance is running');
});

test('one ready instance of several is enough; an older word changes nothing', () => {
  const fleet = createFleetHealth();
  for (const service of SERVICES) fleet.observe(status(service), 10_000);
  fleet.observe(status('registry', { instance: 'registry-2', ready: false, missing: ['index'] }), 10_000);
  expect(fleet.report(10_000).status).toBe('ok');
  fleet.observe(status('registry', { ready: false, missing: ['index'] }), 9_000);
  expect(fleet.report(10_000).status).toBe('ok');
  fleet.observe(status('registry', { ready: false, missing: ['index'] }), 11_000);
  expect(fleet.report(11_000).missing).toEqual(['registry: index']);
  fleet.observe(status('registry', { ready: false }), 12_000);
  fleet.observe(status('registry', { instance: 'registry-2', stopping: true }), 12_000);
  expect(fleet.report(12_000).missing).toEqual(['registry: no instance is ready']);
});
