import { parse } from 'yaml';
import { z } from 'zod';
import { Refusal } from '../../refusal.js';
import { flows, type OperationPolicy } from './operation-policy.js';

const text = (most: number) => z.string().max(most);

/** WSO2's policy specification: `type: operation_policy`, `version`, `data`. */
const specification = z.object({
  data: z.object({
    category: text(100).default('Mediation'),
    name: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/, 'is no name'),
    version: z
      .string()
      .regex(/^v\d{1,5}(\.\d{1,5})?$/, 'is no version, such as v1')
      .default('v1'),
    displayName: text(200).optional(),
    description: text(2_000).default(''),
    applicableFlows: z
      .array(z.enum(['request', 'response', 'fault']))
      .min(1)
      .default([...flows]),
    supportedApiTypes: z.array(text(50)).max(20).default(['HTTP']),
    policyAttributes: z
      .array(
        z.object({
          name: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/, 'is no name'),
          displayName: text(200).optional(),
          description: text(2_000).default(''),
          required: z.boolean().default(false),
          type: text(50).default('String'),
        }),
      )
      .max(50)
      .nullish()
      .transform((list) => list ?? []),
  }),
});

type Specified = Omit<OperationPolicy, 'id' | 'tenantDomain' | 'steps' | 'createdAt'>;

/** Reads the YAML or JSON that describes a policy. */
export function readPolicySpecification(yaml: string): Specified {
  const read = specification.safeParse(parsed(yaml));
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new Refusal('invalid', `The policy specification: ${issue?.path.join('.')} ${issue?.message}`);
  }
  const { policyAttributes, displayName, ...data } = read.data.data;
  return {
    ...data,
    displayName: displayName ?? data.name,
    attributes: policyAttributes.map((attribute) => ({
      ...attribute,
      displayName: attribute.displayName ?? attribute.name,
    })),
  };
}

function parsed(yaml: string): unknown {
  try {
    return parse(yaml, { maxAliasCount: 0 });
  } catch {
    throw new Refusal('invalid', 'The policy specification is no YAML');
  }
}
