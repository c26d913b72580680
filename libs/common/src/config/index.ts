export { withoutJavaStyle } from './arguments.js';
export { type DeepReadonly, deepFreeze } from './deep-readonly.js';
export type { Environment } from './environment.js';
export { type ConfigSources, type LoadedConfig, loadConfig } from './load-config.js';
export { isListeningPort, withOffset } from './ports.js';
export { ConfigProblems } from './problems.js';
export { port, type SettingMeta, setting } from './setting.js';
export { type SettingLeaf, settingsOf } from './settings-of.js';
export { sharedSettings } from './shared-settings.js';
