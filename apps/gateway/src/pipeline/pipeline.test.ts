import { describe, expect, it } from 'vitest';
import { createAnswers } from './answers.js';
import { faults } from './gateway-errors.js';
import { onAnswer, pipeline, runStages } from './pipeline.js';
import type { Stage } from './stage.js';
import { anExchange, settings } from './test/exchange.js';

const observer = { ended: () => undefined, failed: () => undefined };
const ports = {
  catalog: { current: () => undefined },
  tokens: { lookup: () => ({ state: 'invalid' }) as const },
  forwarder: { forward: () => undefined },
  observer,
  settings,
};

describe('the pipeline', () => {
  it('has its stages in this order', () => {
    const stages = pipeline(ports, createAnswers(onAnswer, observer));
    expect(stages.map(({ name }) => name)).toEqual([
      'route',
      'cors',
      'authenticate',
      'authorize',
      'subscription',
      'deny',
      'throttle',
      'validate',
      'cache',
      'transform',
      'proxy',
    ]);
  });

  const log: string[] = [];
  const stage = (name: string, run: Stage['run'] = () => undefined): Stage => ({
    name,
    run: (exchange) => {
      log.push(name);
      return run(exchange);
    },
  });

  it('makes no promise when no stage does', () => {
    log.length = 0;
    expect(runStages([stage('a'), stage('b')], anExchange())).toBeUndefined();
    expect(log).toEqual(['a', 'b']);
  });

  it('waits where a stage returns a promise, and goes on behind it', async () => {
    log.length = 0;
    const pending = runStages(
      [stage('a', () => Promise.resolve()), stage('b'), stage('c', async () => {})],
      anExchange(),
    );
    expect(log).toEqual(['a']);
    await pending;
    expect(log).toEqual(['a', 'b', 'c']);
  });

  it('stops where the request ended while a stage was waited for', async () => {
    log.length = 0;
    const exchange = anExchange();
    const ending = stage('a', async () => {
      exchange.fault = 'subscriptionThrottled';
    });
    await runStages([ending, stage('b')], exchange);
    expect(log).toEqual(['a']);
  });

  it('stops at an answer of its own', () => {
    log.length = 0;
    const answering = stage('a', (exchange) => exchange.answer({ status: 200, headers: [] }));
    runStages([answering, stage('b')], anExchange());
    expect(log).toEqual(['a']);
  });

  it('lets a fault through, early or late', async () => {
    const failing = stage('a', () => {
      throw new Error('no');
    });
    expect(() => runStages([failing, stage('b')], anExchange())).toThrow('no');
    await expect(runStages([stage('a', async () => {}), failing], anExchange())).rejects.toThrow('no');
  });
});

describe('facts of an exchange', () => {
  it('are not there before their stage has run', () => {
    const exchange = anExchange();
    expect(() => exchange.api).toThrow('route has not run');
    expect(() => exchange.catalog).toThrow('route has not run');
    expect(() => exchange.resource).toThrow('route has not run');
  });
});

describe('the table of faults', () => {
  it('gives every 401 and 403 about a token one of the documented codes', () => {
    for (const { code, status } of Object.values(faults)) {
      if (status === 401) expect(code).toMatch(/^9009\d\d$/);
      expect(status).toBeGreaterThanOrEqual(400);
    }
  });
});
