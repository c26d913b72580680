import { describe, expect, it } from 'vitest';
import { anApi, catalogOf } from '../apis/test/catalog.js';
import { aRoutedExchange } from '../pipeline/test/exchange.js';
import { requestHeaders } from './request-headers.js';

function forwarded(headers: readonly string[], authorizationHeader = ''): string[] {
  const exchange = aRoutedExchange({ headers }, catalogOf({ apis: [anApi({ authorizationHeader })] }));
  const result = requestHeaders(exchange, undefined);
  const own = ['x-forwarded-for', '192.0.2.1', 'x-forwarded-proto', 'https', 'x-forwarded-host', 'gateway.test'];
  expect(result.slice(-8)).toEqual([...own, 'activityid', exchange.correlationId]);
  return result.slice(0, -8);
}

describe('what a backend gets', () => {
  it.each([
    [['Accept', 'a/b', 'X-Request-Id', '1', 'x_custom_name', '2']],
    [['User-Agent', 'é']],
    [['If-Match', 'a', 'If-Match', 'b']],
    [['X-Forward', '1', 'Proxied', '1', 'X-WSO', '2']],
  ])('%j as it came', (headers) => {
    expect(forwarded(headers)).toEqual(headers);
  });

  it.each([
    'Connection',
    'Keep-Alive',
    'Proxy',
    'Proxy-Authorization',
    'Proxy-Connection',
    'Trailer',
    'Upgrade',
    'Expect',
    'HTTP2-Settings',
    'Content-Length',
    'Authorization',
    'AUTHORIZATION',
    'DPoP',
    'X-JWT-Assertion',
    'x_jwt_assertion',
    'X-JWT_Assertion',
    'X-WSO2-User',
    'x_wso2_user',
    'X-Forwarded-For',
    'X_Forwarded_For',
    'x-forwarded-anything',
    'Forwarded',
    'X-Real-IP',
    'Content_Length',
    'Transfer_Encoding',
    'proxy_authorization',
    'ActivityID',
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-HTTP-Method-Override',
    'x_http_method_override',
  ])("without the client's own %s", (name) => {
    expect(forwarded([name, 'value', 'Accept', 'a/b'])).toEqual(['Accept', 'a/b']);
  });

  it('without what Connection names', () => {
    const headers = [
      'Connection',
      'close, X-One ,x-two',
      'connection',
      'Cookie',
      'X-One',
      '1',
      'X-Two',
      '2',
      'Cookie',
      'c',
    ];
    expect(forwarded([...headers, 'X-Three', '3'])).toEqual(['X-Three', '3']);
  });

  it("with the gateway's own headers even when Connection names them", () => {
    forwarded(['Connection', 'x-forwarded-for, activityid, host, x-forwarded-proto']);
  });

  it('without the header that carries the token of this API, in any spelling', () => {
    expect(
      forwarded(['X-Api-Token', 'Bearer a', 'x_api_token', 'b', 'Authorization', 'Basic c'], 'X-Api-Token'),
    ).toEqual([]);
    expect(forwarded(['X_Token', 'a', 'X-Token', 'b'], 'X_Token')).toEqual([]);
  });

  it('with TE only as far as trailers go', () => {
    expect(forwarded(['TE', 'gzip, trailers'])).toEqual(['te', 'trailers']);
    expect(forwarded(['TE', 'gzip'])).toEqual([]);
  });

  it('with one Cookie line, without pseudo headers', () => {
    expect(forwarded([':method', 'GET', 'cookie', 'a=1', 'cookie', 'b=2'])).toEqual(['cookie', 'a=1; b=2']);
  });

  it('with the correlation id of the client when it is well-formed', () => {
    const id = (headers: string[]) => requestHeaders(aRoutedExchange({ headers }), undefined).at(-1);
    expect(id(['activityid', 'abc-12345678'])).toBe('abc-12345678');
    expect(id(['X-Correlation-ID', 'abc-12345678'])).toBe('abc-12345678');
    const trace = '0af7651916cd43dd8448eb211c80319c';
    expect(id(['traceparent', `00-${trace}-b7ad6b7169203331-01`])).toBe(trace);
    expect(id(['activityid', 'forged\u0000 line'])).toMatch(/^[0-9a-f-]{36}$/);
  });
});
