// The APIs, applications and tokens of a measurement. All are made from their numbers, so whoever needs one computes it.
import { createHash } from 'node:crypto';

/** `apis` are split evenly among `apps`: an application is subscribed to those whose number leaves its own as the rest. */
export const smallWorld = { apis: 10, apps: 10, tokens: 1_000 };

/** 32 hexadecimal digits, as the key manager makes them. */
export const tokenOf = (number) => createHash('md5').update(`token ${number}`).digest('hex');

/** Whose token it is can be told from its hash, which is all that a key manager hears of it. */
export const appOf = (hash, { apps }) => hash.readUInt32LE(0) % apps;
const usersPerApp = 10;
export const userOf = (hash, world) => `user-${appOf(hash, world)}-${hash.readUInt32LE(4) % usersPerApp}@carbon.super`;
export const hashOf = (token) => createHash('sha256').update(token).digest();

export const special = {
  /** Nobody has issued it. */
  unknown: tokenOf('unknown'),
  unscoped: tokenOf('unscoped'),
  /** Of an application with one request a day. */
  limited: tokenOf('limited'),
};
export const limitedApp = 'limited';

export const scope = 'items:read';
export const pathOf = (api) => `/api-${api}/1.0.0/items/1`;
/** The same backend without any gate. */
export const openPath = '/open/1.0.0/items/1';
export const scopedPath = pathOf(0);

export const body =
  '{"id":1,"name":"bench","tags":["alpha","beta"],"price":12.5,"note":"what a small answer of an API looks like"}';

/** What a client of an API sends. */
export function requestText(path, token) {
  const authorization = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`;
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: application/json\r\n${authorization}\r\n`;
}

/** A request with the token of this number to one of the APIs that its application is subscribed to. */
export function requestOf(number, world, random = Math.random) {
  const token = tokenOf(number);
  const turn = Math.floor(random() * (world.apis / world.apps));
  return requestText(pathOf(appOf(hashOf(token), world) + turn * world.apps), token);
}

/** A request that ends once its token is known: for a scope that nobody has, before anything is counted or proxied. */
export function fillRequestOf(number, world) {
  const token = tokenOf(number);
  const path = `/api-${appOf(hashOf(token), world)}/1.0.0/items`;
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nAuthorization: Bearer ${token}\r\n\r\n`;
}
