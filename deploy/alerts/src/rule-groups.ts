import { agentRules } from './agents.ts';
import { brokerRules } from './broker.ts';
import { budgetRules } from './budgets.ts';
import { gatewayRules } from './gateway.ts';
import { routingRules } from './routing.ts';
import type { RuleGroup } from './rule.ts';
import { serviceRules } from './services.ts';
import { streamRules } from './streams.ts';

/** Every alert rule, in the order of the file. */
export const RULE_GROUPS: readonly RuleGroup[] = [
  serviceRules,
  brokerRules,
  streamRules,
  routingRules,
  agentRules,
  gatewayRules,
  budgetRules,
];
