import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { agent, backendUrl, port } from './settings.mjs';

class AppModule {
  configure(consumer) {
    consumer.apply(createProxyMiddleware({ target: backendUrl, agent })).forRoutes('{*path}');
  }
}
Module({})(AppModule);

const app = await NestFactory.create(AppModule, { logger: false });
await app.listen(port, '127.0.0.1');
