export { type AddressGuard, AddressRefused, type AddressRules, createAddressGuard } from './address-guard.js';
export { isAllowedAddress, isLoopback } from './allowed-address.js';
export { createDocumentFetch, type FetchDocument, FetchFailed, type FetchSettings } from './fetch-document.js';
