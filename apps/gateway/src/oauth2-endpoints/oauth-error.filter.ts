import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { faultAnswer, type OAuthAnswer, refusal, send } from './answers.js';

/** The one place where what went wrong becomes an answer of a token endpoint. */
@Catch()
export class OAuthErrorFilter implements ExceptionFilter {
  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (reply.sent) return;
    const refused = transportRefusals[statusOf(thrown)];
    const { answer, fault } = refused ? { answer: refused } : faultAnswer(thrown);
    if (fault) request.log[fault]({ err: thrown }, 'token request not answered');
    send(reply, answer);
  }
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
