export { freePort } from '@nova-torch/cli/own-broker';
export { anAgent, aTaskSpec } from './builders.ts';
export {
  knownServers,
  parseServers,
  type ServerChoice,
  type ServerResult,
  testServer,
} from './conformance/servers.ts';
export { type BrokerChoice, chooseBroker, hostEnvironment, prepareTestBroker } from './env.ts';
export { type EventuallyOptions, eventually } from './eventually.ts';
export { endMarked, findMarked } from './marked-processes.ts';
export { type InstanceName, type Platform, type PlatformOptions, startPlatform } from './platform.ts';
export type { LogLine, ServiceUnderTest } from './service-under-test.ts';
export { startTestBroker, type TestBroker, type TestBrokerOptions } from './test-broker.ts';
