import { describe, expect, it } from 'vitest';
import { clientChannelOptions, keyManagerPackageDefinition, serverChannelOptions, serviceConfig } from './index.js';

describe('gRPC options', () => {
  const retried = serviceConfig.methodConfig.flatMap(({ name }) =>
    name.map(({ service, method }) => `${service}/${method}`),
  );

  it('retry reads and never what issues or revokes', () => {
    expect(retried).toContain('keymanager.v1.KeyValidationService/ValidateToken');
    expect(retried.filter((name) => /Issue|Revoke|Report/.test(name))).toEqual([]);
  });

  it('name only methods that exist', () => {
    const paths = Object.values(keyManagerPackageDefinition).flatMap((service) =>
      Object.values(service).map(({ path }) => path.slice(1)),
    );
    expect(paths).toEqual(expect.arrayContaining(retried));
  });

  it('never ask for connections of age 0, which would recycle every one at once', () => {
    expect(
      serverChannelOptions({ maxMessageBytes: 1, maxConcurrentStreams: 1 })['grpc.max_connection_age_ms'],
    ).toBeGreaterThan(60_000);
    expect(JSON.parse(`${clientChannelOptions()['grpc.service_config']}`)).toEqual(serviceConfig);
  });

  it('carry a full and an empty message unchanged', () => {
    const issue = keyManagerPackageDefinition['keymanager.v1.TokenService']?.issueToken;
    if (!issue) throw new Error('TokenService has no issueToken');
    const roundTrip = (message: unknown) => issue.requestDeserialize(issue.requestSerialize(message));
    const empty = issue.requestDeserialize(Buffer.alloc(0));
    expect(roundTrip(empty)).toEqual(empty);
    const parameters = [
      { name: 'grant_type', value: 'password' },
      { name: 'grant_type', value: '' },
    ];
    // An empty list stays a list: a handler may count on it.
    expect(roundTrip({ request: { parameters: [] } })).toMatchObject({ request: { parameters: [] } });
    expect(roundTrip({ request: { parameters, authorization: 'Basic x' } })).toMatchObject({
      request: { parameters, authorization: 'Basic x' },
    });
  });
});
