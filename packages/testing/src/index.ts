export { freePort } from '@nova-torch/cli/own-broker';
export { type BrokerChoice, chooseBroker, prepareTestBroker } from './env.ts';
export { type EventuallyOptions, eventually } from './eventually.ts';
export { startTestBroker, type TestBroker, type TestBrokerOptions } from './test-broker.ts';
