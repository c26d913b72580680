import { setting } from '@keygate/common/config';
import { z } from 'zod';

const names = (pattern: RegExp) => z.array(z.string().regex(pattern)).max(100);
const token = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/;

/** The `gateway.cors` section: of APIs without CORS settings of their own, and of the token endpoints. */
export const cors = z
  .strictObject({
    allowOrigins: setting(
      names(/^(?:\*|https?:\/\/[^\s,/]+)$/).default(['*']),
      'Origins whose pages may call APIs without CORS settings of their own, and the token endpoints; `*`: any.',
      { env: 'GATEWAY_CORS_ALLOW_ORIGINS', wso2: 'apim.cors.allow_origins' },
    ),
    allowHeaders: setting(
      names(token).default(['authorization', 'Access-Control-Allow-Origin', 'Content-Type', 'SOAPAction']),
      'Headers that such pages may send.',
      { env: 'GATEWAY_CORS_ALLOW_HEADERS', wso2: 'apim.cors.allow_headers' },
    ),
    allowMethods: setting(
      names(token).default([]),
      'Methods that such pages may use; empty: those of the resource that is asked for.',
      { env: 'GATEWAY_CORS_ALLOW_METHODS', wso2: 'apim.cors.allow_methods' },
    ),
    allowCredentials: setting(
      z.boolean().default(false),
      'Let such pages send cookies and client certificates. Has no effect together with the origin `*`.',
      { env: 'GATEWAY_CORS_ALLOW_CREDENTIALS', wso2: 'apim.cors.allow_credentials' },
    ),
  })
  .prefault({});
