// Breaks the rules on purpose; see ../../../../../boundaries.test.ts.
import type { Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Client } from 'pg';
import type { gatewayConfig } from '../../../../../../../apps/cli/src/configuration.js';

export type Canary = [typeof Injectable, DataSource, Client, typeof gatewayConfig];
