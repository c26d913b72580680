export { isAllowedAddress, isLoopback } from './allowed-address.js';
export { createDocumentFetch, type FetchDocument, FetchFailed, type FetchSettings } from './fetch-document.js';
