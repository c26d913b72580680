/** Whom a deny rule names (WSO2: condition type and value), in the words of the REST API. */
export type DenyCondition =
  /** `<context>/<version>` */
  | { readonly conditionType: 'API'; readonly conditionValue: string }
  /** `<owner>:<name>` */
  | { readonly conditionType: 'APPLICATION'; readonly conditionValue: string }
  /** `name@tenant` */
  | { readonly conditionType: 'USER'; readonly conditionValue: string }
  | { readonly conditionType: 'IP'; readonly conditionValue: FixedAddress }
  | { readonly conditionType: 'IPRANGE'; readonly conditionValue: AddressRange };

export type DenyConditionType = DenyCondition['conditionType'];

export interface FixedAddress {
  readonly fixedIp: string;
  /** Everybody else is refused. */
  readonly invert: boolean;
}

/** Both ends belong to it. */
export interface AddressRange {
  readonly startingIp: string;
  readonly endingIp: string;
  readonly invert: boolean;
}

/** WSO2: deny policy. Whoever it names is refused at once, whatever they are subscribed to. */
export type DenyRule = DenyCondition & {
  /** UUID. */
  readonly id: string;
  readonly tenantDomain: string;
  /** A rule that is switched off refuses nobody. */
  readonly enabled: boolean;
  readonly createdAt: number;
};

export const DenyRuleStore = Symbol('DenyRuleStore');
/** Deny rules. Every change is appended to the catalogue in the same transaction. */
export interface DenyRuleStore {
  /** In order of creation. */
  listDenyRules(tenantDomain: string): Promise<DenyRule[]>;
  /** In whatever tenant it is. */
  findDenyRule(id: string): Promise<DenyRule | undefined>;
  /** Throws `AlreadyExists` when the tenant has a rule for the same. */
  createDenyRule(rule: DenyRule): Promise<void>;
  /** Undefined when the tenant has no such rule. */
  enableDenyRule(tenantDomain: string, id: string, enabled: boolean): Promise<DenyRule | undefined>;
  deleteDenyRule(tenantDomain: string, id: string): Promise<boolean>;
}

/** What two rules for the same have in common. */
export function denyKey({ conditionType, conditionValue }: DenyCondition): string {
  return `${conditionType}\n${typeof conditionValue === 'string' ? conditionValue : JSON.stringify(conditionValue)}`;
}
