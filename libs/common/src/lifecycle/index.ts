export { BackOff } from './back-off.js';
export { explain, type ListenSettings, listen, PortTaken } from './listen.js';
export { onShutdown } from './shutdown.js';
