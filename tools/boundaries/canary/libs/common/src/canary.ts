// Breaks the rules on purpose; see ../../../../boundaries.test.ts.
import type { GatewayConfig } from '../../../../../../apps/gateway/src/config/gateway.config.js';
import { second } from './canary-cycle.js';

export type Canary = GatewayConfig;
export const first = () => second;
