import { All, Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { send } from './answers.js';

/** Addresses that are kept for endpoints this gateway does not offer, so that no API can take them. */
@Controller()
export class UnservedController {
  @All(['authorize', '.well-known/*'])
  refuse(@Res() reply: FastifyReply): void {
    send(reply, {
      status: 404,
      body: { code: '404', message: 'Not Found', description: 'This gateway does not offer this endpoint.' },
    });
  }
}
