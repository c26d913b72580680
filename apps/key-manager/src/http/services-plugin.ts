import type { FastifyPluginAsync } from 'fastify';

/** WSO2 answers here as soon as it is up; scripts and its portals use it to see that somebody is there. */
export const servicesPlugin: FastifyPluginAsync = async (fastify) => {
  fastify.head('/services/Version', async (_request, reply) => reply.status(202).send());
};
