// Breaks the rules on purpose; see ../../../../boundaries.test.ts.
import { first } from './canary.js';

export const second = () => first;
