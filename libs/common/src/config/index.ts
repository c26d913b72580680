export { port, type SettingMeta, setting } from './setting.js';
export { sharedSettings } from './shared-settings.js';
