import { expect, test } from 'vitest';
import { isLoopbackName, whyRefusedOrigin } from './origin.ts';

const local = { loopback: true, allowedHosts: [], allowedOrigins: [] };
const open = { loopback: false, allowedHosts: [], allowedOrigins: [] };
const from = (host?: string, origin?: string, fetchSite?: string) => ({ host, origin, fetchSite });

test.each([
  ['127.0.0.1:7400', true],
  ['localhost', true],
  ['LOCALHOST:1', true],
  ['[::1]:7400', true],
  ['127.1.2.3', true],
  ['evil.example:7400', false],
  ['127.0.0.1.evil.example', false],
  ['localhost.evil.example', false],
  ['a@b', false],
  ['', false],
  [undefined, false],
])('loopback under the host %s: %s', (host, welcome) => {
  expect(whyRefusedOrigin(from(host), local) === undefined).toBe(welcome);
});

test('further names and origins can be allowed', () => {
  const policy = { ...local, allowedHosts: ['nova.internal'], allowedOrigins: ['https://console.example'] };
  expect(whyRefusedOrigin(from('nova.internal:7400'), policy)).toBeUndefined();
  expect(whyRefusedOrigin(from('other.internal'), policy)).toContain('NOVA_ALLOWED_HOSTS');
  expect(whyRefusedOrigin(from('localhost', 'https://console.example'), policy)).toBeUndefined();
  expect(whyRefusedOrigin(from('localhost', 'https://other.example'), policy)).toContain('other.example');
});

test('a server for others is addressed by any name, but not from pages of others', () => {
  expect(whyRefusedOrigin(from('gateway.default.svc:7400'), open)).toBeUndefined();
  expect(whyRefusedOrigin(from('gateway:7400', 'http://gateway:7400'), open)).toBeUndefined();
  expect(whyRefusedOrigin(from('gateway:7400', 'http://evil:7400'), open)).toBeDefined();
  expect(whyRefusedOrigin(from('gateway:7400', 'null'), open)).toBeDefined();
  expect(whyRefusedOrigin(from('gateway:7400', undefined, 'cross-site'), open)).toBeDefined();
  expect(whyRefusedOrigin(from('gateway:7400', undefined, 'none'), open)).toBeUndefined();
});

test('names of this machine', () => {
  expect(['localhost', '127.0.0.1', '::1'].every(isLoopbackName)).toBe(true);
  expect(['0.0.0.0', '10.0.0.1', '::', 'host'].some(isLoopbackName)).toBe(false);
});
