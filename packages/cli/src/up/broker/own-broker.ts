// What starting a broker of one's own takes; also used by packages/testing for the brokers of tests.
export { isPortFree } from '../free-port.ts';
export {
  guardContainer,
  guardDirectory,
  guardMarked,
  guardProcess,
  type LastSignal,
  releaseProcess,
} from '../lifeline.ts';
export { canInstallWithApt, installWithApt } from './apt-install.ts';
export { type AskOptions, askBroker, type BrokerAnswer, BrokerAnswerError } from './ask-broker.ts';
export {
  BROKER_PROGRAMS,
  type BrokerArguments,
  type BrokerServer,
  brokerArguments,
  type Persistence,
} from './broker-arguments.ts';
export { type BrokerProcess, type BrokerProcessOptions, startBrokerProcess } from './broker-process.ts';
export { DEFAULT_BROKER_IMAGE, serverOfImage } from './docker-broker.ts';
export { findOnPath } from './find-on-path.ts';
