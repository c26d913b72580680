import { All, Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { notOffered, send } from './answers.js';

/** Addresses that are kept for endpoints this gateway does not offer, so that no API can take them. */
@Controller()
export class UnservedController {
  @All(['.well-known/*'])
  refuse(@Res() reply: FastifyReply): void {
    send(reply, notOffered);
  }
}
