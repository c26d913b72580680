import { type ChannelOptions, experimental, status } from '@grpc/grpc-js';

/** Scheme of targets that list several host names; grpc-js itself lists only IP addresses (`ipv4:`). */
export const addressListScheme = 'keygate-addresses';

/** Resolves every `host:port` of a comma-separated list by DNS and offers their union to the load balancer. */
class AddressListResolver implements experimental.Resolver {
  private readonly children: experimental.Resolver[];
  private readonly results: (readonly experimental.Endpoint[] | undefined)[];
  private readonly listener: experimental.ResolverListener;

  constructor(target: experimental.GrpcUri, listener: experimental.ResolverListener, options: ChannelOptions) {
    const addresses = target.path.split(',');
    this.listener = listener;
    this.results = addresses.map(() => undefined);
    this.children = addresses.map((path, index) =>
      experimental.createResolver(
        { scheme: 'dns', authority: '', path },
        (endpoints) => this.accept(index, endpoints.ok ? endpoints.value : []),
        options,
      ),
    );
  }

  static getDefaultAuthority(target: experimental.GrpcUri): string {
    return target.path.split(',')[0] ?? target.path;
  }

  updateResolution(): void {
    for (const child of this.children) child.updateResolution();
  }

  destroy(): void {
    for (const child of this.children) child.destroy();
  }

  /** One unknown name must not keep the others from being used, so its failure counts as no addresses. */
  private accept(index: number, endpoints: readonly experimental.Endpoint[]): boolean {
    this.results[index] = endpoints;
    const found = this.results.flatMap((result) => result ?? []);
    const pending = this.results.includes(undefined);
    if (found.length === 0 && pending) return true;
    const failure = { code: status.UNAVAILABLE, details: 'None of the key manager names could be resolved' };
    const answer =
      found.length > 0
        ? experimental.statusOrFromValue(found)
        : experimental.statusOrFromError<experimental.Endpoint[]>(failure);
    return this.listener(answer, {}, null, '');
  }
}

/** Makes targets of the scheme above usable; repeating it does nothing. */
export function registerAddressListResolver(): void {
  experimental.registerResolver(addressListScheme, AddressListResolver);
}
