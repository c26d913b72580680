import {
  type ConditionalGroup as ConditionalGroupMessage,
  type DenyRule as DenyRuleMessage,
  type Limit,
  LimitUnit,
  ThrottlingLevel,
  type ThrottlingPolicy as ThrottlingPolicyMessage,
} from '@keygate/proto/keymanager/v1/catalog';
import type { DenyRule } from '../policies/deny-rule.js';
import { applicationInTenant } from '../policies/full-names.js';
import {
  burstOf,
  type ConditionalGroup,
  type IpCondition,
  type PolicyCondition,
  type PolicyLevel,
  type ThrottlingPolicy,
} from '../policies/policy.js';
import { type CountedLimit, countedLimit } from '../policies/quota.js';

export function throttlingPolicyMessage(policy: ThrottlingPolicy): ThrottlingPolicyMessage {
  const { id, tenantDomain, level, name } = policy;
  const burst = level === 'subscription' ? burstOf(policy) : undefined;
  return {
    id,
    tenantDomain,
    level: levels[level],
    name,
    defaultLimit: level === 'custom' ? undefined : limitMessage(countedLimit(policy.defaultLimit)),
    burst: limitMessage(burst && countedLimit({ type: 'REQUESTCOUNTLIMIT', requestCount: burst })),
    stopOnQuotaReach: level === 'subscription' ? policy.stopOnQuotaReach : true,
    conditionalGroups: level === 'advanced' ? policy.conditionalGroups.map(groupMessage) : [],
    siddhiQuery: level === 'custom' ? policy.siddhiQuery : '',
    keyTemplate: level === 'custom' ? policy.keyTemplate : '',
  };
}

const levels: Readonly<Record<PolicyLevel, ThrottlingLevel>> = {
  application: ThrottlingLevel.THROTTLING_LEVEL_APPLICATION,
  subscription: ThrottlingLevel.THROTTLING_LEVEL_SUBSCRIPTION,
  advanced: ThrottlingLevel.THROTTLING_LEVEL_ADVANCED,
  custom: ThrottlingLevel.THROTTLING_LEVEL_CUSTOM,
};

const limitUnits: Readonly<Record<CountedLimit['unit'], LimitUnit>> = {
  requests: LimitUnit.LIMIT_UNIT_REQUESTS,
  bytes: LimitUnit.LIMIT_UNIT_BYTES,
  events: LimitUnit.LIMIT_UNIT_EVENTS,
};

function limitMessage(limit: CountedLimit | undefined): Limit | undefined {
  return limit && { unit: limitUnits[limit.unit], amount: limit.amount, windowMillis: limit.windowMillis };
}

function groupMessage({ conditions, limit }: ConditionalGroup): ConditionalGroupMessage {
  return { conditions: conditions.map(conditionMessage), limit: limitMessage(countedLimit(limit)) };
}

function conditionMessage(condition: PolicyCondition): ConditionalGroupMessage['conditions'][number] {
  const { invertCondition: invert } = condition;
  switch (condition.type) {
    case 'IPCONDITION':
      return { invert, condition: addressCondition(condition.ipCondition) };
    case 'HEADERCONDITION': {
      const { headerName: name, headerValue: pattern } = condition.headerCondition;
      return { invert, condition: { $case: 'header', header: { name, pattern } } };
    }
    case 'QUERYPARAMETERCONDITION': {
      const { parameterName: name, parameterValue: pattern } = condition.queryParameterCondition;
      return { invert, condition: { $case: 'queryParameter', queryParameter: { name, pattern } } };
    }
    case 'JWTCLAIMSCONDITION': {
      const { claimUrl: name, attribute: pattern } = condition.jwtClaimsCondition;
      return { invert, condition: { $case: 'jwtClaim', jwtClaim: { name, pattern } } };
    }
  }
}

function addressCondition(condition: IpCondition): ConditionalGroupMessage['conditions'][number]['condition'] {
  if (condition.ipConditionType === 'IPSPECIFIC') return { $case: 'ip', ip: condition.specificIP };
  return { $case: 'ipRange', ipRange: { first: condition.startingIP, last: condition.endingIP } };
}

export function denyRuleMessage(rule: DenyRule): DenyRuleMessage {
  const { id, tenantDomain, enabled } = rule;
  return { id, tenantDomain, enabled, subject: subjectOf(rule) };
}

function subjectOf({ tenantDomain, ...rule }: DenyRule): DenyRuleMessage['subject'] {
  switch (rule.conditionType) {
    case 'API':
      return { $case: 'api', api: rule.conditionValue };
    case 'APPLICATION': {
      const { owner, name } = applicationInTenant(rule.conditionValue, tenantDomain);
      return { $case: 'application', application: `${owner}:${name}` };
    }
    case 'USER':
      return { $case: 'user', user: rule.conditionValue };
    case 'IP': {
      const { fixedIp, invert } = rule.conditionValue;
      return { $case: 'addresses', addresses: { range: { first: fixedIp, last: fixedIp }, invert } };
    }
    case 'IPRANGE': {
      const { startingIp, endingIp, invert } = rule.conditionValue;
      return { $case: 'addresses', addresses: { range: { first: startingIp, last: endingIp }, invert } };
    }
  }
}
