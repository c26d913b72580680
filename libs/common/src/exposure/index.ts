export { isLoopback } from './loopback.js';
export { weakness } from './weak-password.js';
