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
