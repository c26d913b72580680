export type Flow = 'request' | 'response' | 'fault';
export const flows: readonly Flow[] = ['request', 'response', 'fault'];

/** What whoever attaches a policy has to say. */
export interface PolicyAttribute {
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly required: boolean;
  readonly type: string;
}

/** One thing a gateway does to a message; parameters may hold `{{attribute}}`. */
export interface PolicyStep {
  readonly name: 'addHeader' | 'removeHeader' | 'jsonToXML' | 'revokeOneTimeToken';
  readonly parameters: Readonly<Record<string, string>>;
}

/** A policy that can be attached to an API or to one of its operations (WSO2: common operation policy). */
export interface OperationPolicy {
  readonly id: string;
  readonly tenantDomain: string;
  readonly name: string;
  /** `v1`. */
  readonly version: string;
  readonly displayName: string;
  readonly description: string;
  readonly category: string;
  readonly applicableFlows: readonly Flow[];
  readonly supportedApiTypes: readonly string[];
  readonly attributes: readonly PolicyAttribute[];
  /** What it does, in this order. */
  readonly steps: readonly PolicyStep[];
  readonly createdAt: number;
}

export const OperationPolicyStore = Symbol('OperationPolicyStore');
/** Those of a tenant that were uploaded; the ones that every tenant has are in `built-in-policies.ts`. */
export interface OperationPolicyStore {
  /** Throws `AlreadyExists` for a name and version that are there. */
  createOperationPolicy(policy: OperationPolicy): Promise<void>;
  /** By name and version. */
  listOperationPolicies(tenantDomain: string): Promise<OperationPolicy[]>;
}
