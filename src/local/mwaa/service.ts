/**
 * MWAA: the life of environments, tags and tokens. No Airflow runs behind an environment: calls to its REST API are
 * answered with an error that says so.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { page, parseJson } from '../operations.js';
import { ServiceError } from '../service.js';
import type { Service, ServiceContext, ServiceRequest, ServiceResponse } from '../service.js';
import { Environments, invalid } from './environments.js';
import { createInput, environmentName, tags, updateInput } from './shapes.js';

const noAirflow =
  'This environment is simulated by the local endpoint: no Airflow runs behind it, so its REST API has nothing to ' +
  'answer.';

export function createMwaaService(context: ServiceContext): Promise<Service> {
  const environments = new Environments(context);
  return Promise.resolve({
    scope: 'airflow',
    handle: (request) =>
      new Promise((resolve) => {
        resolve(answer(environments, request));
      }),
    // Everything has been written by the time it was answered.
    stop: () => Promise.resolve(),
  });
}

function answer(environments: Environments, request: ServiceRequest): ServiceResponse {
  const { method, path, region, account, query } = request;
  const [, kind = '', given = '', more] = /^\/([a-z]+)(?:\/([^/]+)(\/.*)?)?$/.exec(path) ?? [];
  const name = decodeURIComponent(given) + decodeURIComponent(more ?? '');
  switch (`${method} ${kind}${name === '' ? '' : '/name'}`) {
    case 'PUT environments/name': {
      const input = read(createInput, parseJson(request.body));
      const made = environments.create(read(environmentName, name), input, region, account);
      return { status: 200, body: { Arn: made.Arn } };
    }
    case 'GET environments/name':
      return { status: 200, body: { Environment: environments.get(name) } };
    case 'PATCH environments/name': {
      environments.get(name);
      const input = read(updateInput, parseJson(request.body));
      return { status: 200, body: { Arn: environments.update(name, input, region, account).Arn } };
    }
    case 'DELETE environments/name':
      environments.delete(name);
      return { status: 200, body: {} };
    case 'GET environments': {
      const size = query.get('MaxResults');
      const asked = read(
        z.object({
          NextToken: z.string().optional(),
          MaxResults: z.number().int().min(1).max(25).optional(),
        }),
        {
          NextToken: query.get('NextToken') ?? undefined,
          MaxResults: size === null ? undefined : Number(size),
        },
      );
      const { entries, NextToken } = page(environments.names(), asked, {
        size: 25,
        errorType: 'ValidationException',
      });
      return { status: 200, body: { Environments: entries, ...(NextToken !== undefined && { NextToken }) } };
    }
    case 'GET tags/name':
      return { status: 200, body: { Tags: environments.byArn(name).Tags } };
    case 'POST tags/name': {
      const input = read(z.object({ Tags: tags }), parseJson(request.body));
      environments.tag(name, (now) => ({ ...now, ...input.Tags }));
      return { status: 200, body: {} };
    }
    case 'DELETE tags/name': {
      const keys = query.getAll('tagKeys');
      environments.tag(name, (now) =>
        Object.fromEntries(Object.entries(now).filter(([key]) => !keys.includes(key))),
      );
      return { status: 200, body: {} };
    }
    case 'POST clitoken/name':
      return {
        status: 200,
        body: { CliToken: token(), WebServerHostname: environments.get(name).WebserverUrl },
      };
    case 'POST webtoken/name':
      return {
        status: 200,
        body: {
          WebToken: token(),
          WebServerHostname: environments.get(name).WebserverUrl,
          IamIdentity: `user/${account}`,
          AirflowIdentity: `user/${account}`,
        },
      };
    case 'POST restapi/name':
      environments.get(name);
      return {
        status: 400,
        headers: { 'x-amzn-errortype': 'RestApiServerException' },
        body: {
          __type: 'RestApiServerException',
          message: noAirflow,
          RestApiStatusCode: 503,
          RestApiResponse: { title: 'Service Unavailable', detail: noAirflow, simulated: true },
        },
      };
    default:
      throw new ServiceError(404, 'ResourceNotFoundException', `There is no ${method} ${path}.`);
  }
}

const token = (): string => randomBytes(96).toString('base64url');

function read<Shape extends z.ZodType>(shape: Shape, input: unknown): z.infer<Shape> {
  const result = shape.safeParse(input);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.') || 'Name'}: ${issue.message}`);
  throw invalid(`Validation failed: ${problems.join('; ')}`);
}
