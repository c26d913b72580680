import type { ApiStore } from '../apis/api-store.js';
import { effectiveContext } from '../apis/context.js';
import type { ApplicationStore } from '../applications/application-store.js';
import { Refusal } from '../refusal.js';
import { AlreadyExists } from '../storage/errors.js';
import type { UserStore } from '../users/user-store.js';
import { isUuid } from '../uuid.js';
import { isAddress, isAddressRange } from './addresses.js';
import type { DenyCondition, DenyRule, DenyRuleStore } from './deny-rule.js';
import { applicationInTenant, knownUser } from './full-names.js';

export interface DenyRulePorts {
  readonly denyRules: DenyRuleStore;
  readonly apis: Pick<ApiStore, 'findNamesakes'>;
  readonly applications: Pick<ApplicationStore, 'listApplications'>;
  readonly users: Pick<UserStore, 'findUser'>;
}

/** Every gateway holds every rule in memory. */
const mostRules = 10_000;

export async function createDenyRule({ denyRules }: Pick<DenyRulePorts, 'denyRules'>, rule: DenyRule): Promise<void> {
  if ((await denyRules.listDenyRules(rule.tenantDomain)).length >= mostRules) {
    throw new Refusal('forbidden', `A tenant has ${mostRules} deny policies at most`);
  }
  try {
    await denyRules.createDenyRule(rule);
  } catch (error) {
    if (!(error instanceof AlreadyExists)) throw error;
    throw new Refusal('deny_rule_exists', `A deny policy for this ${rule.conditionType} already exists`);
  }
}

export async function requireDenyRule(
  { denyRules }: Pick<DenyRulePorts, 'denyRules'>,
  tenantDomain: string,
  id: string,
): Promise<DenyRule> {
  const found = isUuid(id) ? await denyRules.findDenyRule(id) : undefined;
  if (found?.tenantDomain !== tenantDomain) throw denyRuleNotFound(id);
  return found;
}

export function denyRuleNotFound(id: string): Refusal {
  return new Refusal('deny_rule_not_found', `Deny policy with id ${id} not found`);
}

/** The condition in the form that is kept; refused (WSO2: 500) when it could name nobody. */
export async function settleCondition(
  ports: DenyRulePorts,
  tenantDomain: string,
  condition: DenyCondition,
): Promise<DenyCondition> {
  switch (condition.conditionType) {
    case 'USER':
      // They need not exist: a rule may be there before the user is.
      return { ...condition, conditionValue: await knownUser(ports.users, condition.conditionValue, tenantDomain) };
    case 'IP':
      if (!isAddress(condition.conditionValue.fixedIp)) throw invalidAddress('', condition.conditionValue.fixedIp);
      return condition;
    case 'IPRANGE': {
      const { startingIp, endingIp } = condition.conditionValue;
      const wrong = [startingIp, endingIp].find((address) => !isAddress(address));
      if (wrong !== undefined) throw invalidAddress('Condition type: IPRANGE. ', wrong);
      if (!isAddressRange(startingIp, endingIp)) {
        throw invalid(`Condition type: IPRANGE. ${startingIp} to ${endingIp} is no range of ip addresses`);
      }
      return condition;
    }
    case 'APPLICATION':
      if (await hasApplication(ports, tenantDomain, condition.conditionValue)) return condition;
      throw invalid(`Couldn't Save Block Condition Due to Invalid Application name ${condition.conditionValue}`);
    case 'API':
      if (await hasApi(ports, tenantDomain, condition.conditionValue)) return condition;
      throw invalid(`Couldn't Save Block Condition Due to Invalid API Context ${condition.conditionValue}`);
  }
}

function invalidAddress(where: string, address: string): Refusal {
  return invalid(`${where}${address} is an invalid ip address format`);
}

function invalid(description: string): Refusal {
  return new Refusal('deny_rule_invalid', description);
}

async function hasApplication(
  { applications }: Pick<DenyRulePorts, 'applications'>,
  tenantDomain: string,
  value: string,
): Promise<boolean> {
  const { owner, name } = applicationInTenant(value, tenantDomain);
  const page = { tenantDomain, owner, query: name, offset: 0, limit: 1_000 };
  const found = await applications.listApplications(page);
  return found.applications.some((application) => application.name === name);
}

/** The version may stand in any segment, since a context may say where (`/{version}/pets`). */
async function hasApi({ apis }: Pick<DenyRulePorts, 'apis'>, tenantDomain: string, value: string): Promise<boolean> {
  const segments = value.split('/').slice(0, maxSegments);
  const plain = value.slice(0, Math.max(value.lastIndexOf('/'), 0));
  const contexts = segments.map((_, at) => segments.map((each, i) => (i === at ? '{version}' : each)).join('/'));
  for (const context of [plain, ...contexts]) {
    const found = await apis.findNamesakes(tenantDomain, { name: '', context });
    if (found.some((api) => effectiveContext(api.context, api.version) === value)) return true;
  }
  return false;
}

/** No context is longer: it has 232 characters at most, and what more there is finds nothing. */
const maxSegments = 20;
