export { anAgent, aTaskSpec } from './builders.ts';
export {
  knownServers,
  parseServers,
  type ServerChoice,
  type ServerResult,
  testServer,
} from './conformance/servers.ts';
export {
  type BrokerChoice,
  bareEnvironment,
  chooseBroker,
  hostEnvironment,
  prepareTestBroker,
} from './env.ts';
export { type EventuallyOptions, eventually } from './eventually.ts';
export {
  type BrokerFault,
  fillMemory,
  type Heal,
  makeReadOnly,
  slowDown,
  strikeBroker,
} from './faults/broker-faults.ts';
export {
  type Choice,
  createFaultProxy,
  type FaultProxy,
  type FaultProxyOptions,
  type ProxyFault,
  type ProxyFaultStrength,
  strikeProxy,
} from './faults/fault-proxy.ts';
export {
  createFaultSchedule,
  type FaultSchedule,
  type FaultScheduleOptions,
  type FaultShare,
  freshSeed,
  type PlannedFault,
  pickOne,
  runFaults,
  seededRandom,
} from './faults/fault-schedule.ts';
export { isAlive, killProcess, stopProcess } from './faults/process-faults.ts';
export {
  CONNECTION_FAULTS,
  type ConnectionFault,
  type ProxiedConnection,
} from './faults/proxied-connection.ts';
export { freePort } from './free-port.ts';
export { checkHistory, type HistoryCounts, type HistoryReport } from './history/check-history.ts';
export type { CheckName, CheckOptions, Finding } from './history/checks.ts';
export type { Answer, HistoryEvent } from './history/events.ts';
export { endMarked, findMarked } from './marked-processes.ts';
export { attributesOf, type ReceivedSpan, startOtlpReceiver } from './otlp-receiver.ts';
export { type InstanceName, type Platform, type PlatformOptions, startPlatform } from './platform.ts';
export {
  type ActiveAlert,
  type Prometheus,
  type PrometheusOptions,
  type PrometheusSeries,
  type PrometheusTarget,
  prometheusVersion,
  startPrometheus,
  type TimeSpan,
} from './prometheus.ts';
export { readScriptInput, type ScriptInput, type ScriptOption, scriptOptions } from './script-options.ts';
export { type ServiceProcess, startServiceProcess } from './service-process.ts';
export type { LogLine, ServiceUnderTest } from './service-under-test.ts';
export { startTestBroker, type TestBroker, type TestBrokerOptions } from './test-broker.ts';
