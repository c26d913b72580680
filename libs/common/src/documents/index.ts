export { type AddressGuard, AddressRefused, type AddressRules, createAddressGuard } from './address-guard.js';
export { isAllowedAddress, isLoopback } from './allowed-address.js';
export { ask, type Question, type Reply } from './ask.js';
export { createDocumentFetch, type FetchDocument, FetchFailed, type FetchSettings } from './fetch-document.js';
