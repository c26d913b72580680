export { isProtectedHeader } from './protected-headers.js';
