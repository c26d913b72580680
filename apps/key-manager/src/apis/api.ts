/** An API as the publisher describes it (WSO2 Publisher v4). Members not named here round-trip in `body`. */
export interface Api {
  readonly id: string;
  readonly tenantDomain: string;
  /** Full user name. */
  readonly provider: string;
  readonly name: string;
  readonly version: string;
  /** With leading slash, may hold `{version}`; immutable. */
  readonly context: string;
  readonly lifeCycleStatus: LifeCycleStatus;
  readonly isDefaultVersion: boolean;
  /** The whole validated API object except the members above. */
  readonly body: ApiBody;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type LifeCycleStatus = 'CREATED' | 'PUBLISHED' | 'PROTOTYPED' | 'BLOCKED' | 'DEPRECATED' | 'RETIRED';

/** What the gateway and the scope rules read of an API body; everything else is kept as it came. */
export interface ApiBody {
  readonly transport: readonly string[];
  /** Subscription tiers offered. */
  readonly policies: readonly string[];
  readonly securityScheme: readonly string[];
  readonly authorizationHeader?: string | null | undefined;
  readonly operations: readonly ApiOperation[];
  readonly scopes: readonly { readonly scope: ApiScope; readonly shared: boolean }[];
  readonly endpointConfig?: EndpointConfig | null | undefined;
  readonly corsConfiguration?: CorsConfiguration | null | undefined;
  readonly [member: string]: unknown;
}

export interface ApiOperation {
  readonly id: string;
  readonly target: string;
  readonly verb: string;
  readonly authType: string;
  readonly throttlingPolicy: string;
  readonly scopes: readonly string[];
  readonly [member: string]: unknown;
}

export interface ApiScope {
  readonly id?: string | undefined;
  readonly name: string;
  readonly displayName?: string | undefined;
  readonly description?: string | undefined;
  /** Roles, any one of which may have the scope; empty: everyone. */
  readonly bindings: readonly string[];
}

export interface EndpointConfig {
  readonly endpoint_type?: string | undefined;
  readonly production_endpoints?: EndpointEntry | readonly EndpointEntry[] | null | undefined;
  readonly sandbox_endpoints?: EndpointEntry | readonly EndpointEntry[] | null | undefined;
  readonly [member: string]: unknown;
}

export interface EndpointEntry {
  readonly url?: string | undefined;
  readonly [member: string]: unknown;
}

export interface CorsConfiguration {
  readonly corsConfigurationEnabled: boolean;
  readonly accessControlAllowOrigins: readonly string[];
  readonly accessControlAllowCredentials: boolean;
  readonly accessControlAllowHeaders: readonly string[];
  readonly accessControlAllowMethods: readonly string[];
}

/** A frozen copy of an API that can be deployed. */
export interface Revision {
  readonly id: string;
  readonly apiId: string;
  /** 1, 2, 3 …; shown as `Revision N`. */
  readonly number: number;
  readonly description: string;
  readonly body: ApiBody;
  readonly createdAt: number;
}

/** Which revision of an API a gateway environment runs; one at a time. */
export interface Deployment {
  readonly apiId: string;
  readonly environment: string;
  readonly vhost: string;
  readonly revisionId: string;
  readonly displayOnDevportal: boolean;
  readonly deployedAt: number;
}

/** A scope that several APIs of a tenant share. */
export interface SharedScope extends ApiScope {
  readonly id: string;
  readonly tenantDomain: string;
  readonly displayName: string;
  readonly description: string;
}
