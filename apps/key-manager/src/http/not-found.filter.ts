import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { send } from './fastify-host.js';

/** What reaches Nest's own router has matched no route, or failed before one was found. */
@Catch()
export class NotFoundFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): FastifyReply {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (statusOf(error) === 404) return send(reply, 404, 'Not Found', 'There is nothing at this path', request.id);
    if (statusOf(error) < 500) return send(reply, 400, 'Bad Request', 'The request cannot be read', request.id);
    request.log.error({ err: error }, 'request failed');
    return send(reply, 500, 'Internal Server Error', 'An unexpected error occurred', request.id);
  }
}

function statusOf(error: unknown): number {
  const status = error instanceof Error && 'getStatus' in error && typeof error.getStatus === 'function';
  return status ? Number((error as { getStatus(): unknown }).getStatus()) : 500;
}
