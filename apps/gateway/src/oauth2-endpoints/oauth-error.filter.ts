import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { KeyManagerUnavailable } from '../key-manager/unavailable.js';
import { failed, type OAuthAnswer, refusal, send, unavailable } from './answers.js';
import { MalformedForm } from './form.js';

/** The one place where what went wrong becomes an answer of a token endpoint. */
@Catch()
export class OAuthErrorFilter implements ExceptionFilter {
  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (reply.sent) return;
    const answer = answerTo(thrown);
    if (answer === unavailable) request.log.warn({ err: thrown }, 'token request not answered');
    if (answer === failed) request.log.error({ err: thrown }, 'token request failed');
    send(reply, answer);
  }
}

function answerTo(thrown: unknown): OAuthAnswer {
  if (thrown instanceof KeyManagerUnavailable) return unavailable;
  if (thrown instanceof MalformedForm) return refusal(400, thrown.message);
  const refused = transportRefusals[statusOf(thrown)];
  return refused ?? failed;
}

function statusOf(thrown: unknown): number {
  if (thrown instanceof HttpException) return thrown.getStatus();
  const { statusCode } = (thrown ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : 500;
}

/** What Fastify refuses by itself, before a controller is called. */
const transportRefusals: Readonly<Record<number, OAuthAnswer>> = {
  400: refusal(400, 'The request body cannot be read.'),
  404: { status: 404, body: { code: '404', message: 'Not Found', description: 'There is no such endpoint.' } },
  413: { ...refusal(413, 'The request body is too large.'), endsConnection: true },
  415: refusal(415, 'The body must be application/x-www-form-urlencoded.'),
};
