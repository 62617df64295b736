// What starting a broker of one's own takes; also used by packages/testing for the brokers of tests.
export { freePort, isPortFree } from '../free-port.ts';
export { guardDirectory, guardProcess, type LastSignal, releaseProcess } from '../lifeline.ts';
export { canInstallWithApt, installWithApt } from './apt-install.ts';
export { askBroker, type BrokerAnswer, BrokerAnswerError } from './ask-broker.ts';
export {
  type BrokerProcess,
  type BrokerProcessOptions,
  type BrokerServer,
  brokerArguments,
  type Persistence,
  startBrokerProcess,
} from './broker-process.ts';
export { findOnPath } from './find-on-path.ts';

/** The image that Docker runs when NOVA_BROKER_IMAGE names no other. */
export const DEFAULT_BROKER_IMAGE = 'docker.dragonflydb.io/dragonflydb/dragonfly:v2.1.0';
