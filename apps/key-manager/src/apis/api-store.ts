import type { Api, ApiBody, Deployment, LifeCycleStatus, Revision, SharedScope } from './api.js';

export interface LifecycleEvent {
  readonly previousState: LifeCycleStatus | null;
  readonly postState: LifeCycleStatus;
  /** Full user name. */
  readonly user: string;
  readonly at: number;
}

export interface DeployedScope {
  readonly scope: string;
  readonly apiName: string;
  readonly shared: boolean;
}

export const ApiStore = Symbol('ApiStore');
/** APIs, revisions and deployments. What gateways must know is appended to the catalogue in the same transaction. */
export interface ApiStore {
  /** Throws `AlreadyExists` for the same context and version, or the same name (without case) and version. */
  createApi(api: Api): Promise<void>;
  findApi(id: string): Promise<Api | undefined>;
  /**
   * In order of name and version. `query` is a part of the name; `statuses` keeps only those states; `visibleTo` and
   * `accessibleTo` are roles, and leave out what `visibility: RESTRICTED` with other `visibleRoles`, or
   * `accessControl: RESTRICTED` with other `accessControlRoles`, hides from them.
   */
  listApis(page: {
    tenantDomain: string;
    query?: string;
    statuses?: readonly LifeCycleStatus[];
    visibleTo?: readonly string[];
    /** Leaves out what `visibility: PRIVATE` keeps to users of the tenant. */
    isStranger?: boolean;
    accessibleTo?: readonly string[];
    offset: number;
    limit: number;
  }): Promise<{ apis: Api[]; total: number }>;
  /** APIs of the tenant, in any version, with that name (without case) or that context. */
  findNamesakes(tenantDomain: string, by: { name: string; context: string }): Promise<Api[]>;
  /** Which APIs, by name, declare these scopes for themselves (`shared: false`). */
  findLocalScopes(tenantDomain: string, names: readonly string[]): Promise<{ scope: string; apiName: string }[]>;
  /** Which APIs, by name, declare these scopes in a revision that is deployed, shared ones included. */
  findDeployedScopes(tenantDomain: string, names: readonly string[]): Promise<DeployedScope[]>;
  /** Throws `NotFound`. Making it the default version takes the flag from the API's other versions. */
  updateApi(id: string, change: { body?: ApiBody; isDefaultVersion?: boolean }): Promise<Api>;
  /** Moves the API from `from` to `to`, with a line of history; false when it was not in `from`. */
  changeLifecycle(id: string, from: LifeCycleStatus, to: LifeCycleStatus, user: string): Promise<boolean>;
  lifecycleHistory(id: string): Promise<LifecycleEvent[]>;
  /** Revisions and deployments go with it. The caller has made sure that nobody is subscribed. */
  deleteApi(id: string): Promise<boolean>;

  /** Freezes the API as it is now. Throws `NotFound`. */
  createRevision(apiId: string, description: string): Promise<Revision>;
  findRevision(id: string): Promise<Revision | undefined>;
  listRevisions(apiId: string): Promise<Revision[]>;
  /** False when there is none. The caller has made sure that it is not deployed. */
  deleteRevision(id: string): Promise<boolean>;
  /** Takes the place of what was deployed to the same environment. */
  deploy(deployment: Deployment): Promise<void>;
  undeploy(apiId: string, environment: string): Promise<boolean>;
  listDeployments(apiId: string): Promise<Deployment[]>;
}

export const SharedScopeStore = Symbol('SharedScopeStore');
export interface SharedScopeStore {
  /** Throws `AlreadyExists`. */
  createScope(scope: SharedScope): Promise<void>;
  findScope(tenantDomain: string, id: string): Promise<SharedScope | undefined>;
  listScopes(tenantDomain: string): Promise<SharedScope[]>;
  updateScope(scope: SharedScope): Promise<boolean>;
  deleteScope(tenantDomain: string, id: string): Promise<boolean>;
  /** The roles that each scope of the tenant is bound to, shared and of APIs; an empty list binds no role. */
  bindingsInForce(tenantDomain: string): Promise<ReadonlyMap<string, readonly string[]>>;
}
