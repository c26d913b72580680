export { clientChannelOptions, serverChannelOptions, serviceConfig } from './channel-options.js';
export { keyManagerPackageDefinition } from './package-definition.js';
