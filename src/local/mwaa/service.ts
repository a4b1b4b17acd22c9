/**
 * MWAA: the life of environments, tags and tokens, and a real Airflow behind each environment, which is started when
 * it is first called (local-airflow.ts).
 */
import { z } from 'zod';
import { page, parseJson } from '../json-protocol.js';
import { ServiceError } from '../service.js';
import type {
  EndpointSettings,
  Service,
  ServiceContext,
  ServiceRequest,
  ServiceResponse,
} from '../service.js';
import { Environments, invalid } from './environments.js';
import { AirflowUnavailable, LocalAirflow } from './local-airflow.js';
import { createInput, environmentName, restApiInput, tags, updateInput } from './shapes.js';
import type { RestApiInput } from './shapes.js';
import { Tokens } from './tokens.js';
import { answerWebServer } from './web-server.js';

/** Shorter than AWS's clients wait for an answer: 60 s. */
const patienceSeconds = 45;

export function createMwaaService(context: ServiceContext, settings: EndpointSettings): Promise<Service> {
  return Promise.resolve(new Mwaa(context, settings.airflowPython));
}

class Mwaa implements Service {
  readonly scope = 'airflow';
  readonly #context: ServiceContext;
  readonly #python: string | undefined;
  readonly #environments: Environments;
  readonly #tokens = new Tokens();
  readonly #airflows = new Map<string, LocalAirflow>();

  constructor(context: ServiceContext, python: string | undefined) {
    this.#context = context;
    this.#python = python;
    this.#environments = new Environments(context);
  }

  async handle(request: ServiceRequest): Promise<ServiceResponse> {
    if (!request.path.startsWith('/aws_mwaa/')) return this.#answer(request);
    try {
      return await answerWebServer(request, this.#tokens, {
        command: (name, words) => this.#airflow(name).command(words, patienceSeconds),
        door: (name) => this.#airflow(name).door(patienceSeconds),
      });
    } catch (error) {
      if (error instanceof AirflowUnavailable)
        throw new ServiceError(503, 'ServiceUnavailable', error.message);
      throw error;
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#airflows.values()].map((airflow) => airflow.stop()));
  }

  #airflow(name: string): LocalAirflow {
    const environment = this.#environments.get(name);
    const airflow = this.#airflows.get(name) ?? new LocalAirflow(this.#context, environment, this.#python);
    this.#airflows.set(name, airflow);
    return airflow;
  }

  /** Where the web server is found, as the tokens of an environment say it. */
  get #host(): string {
    return new URL(this.#context.endpoint).host;
  }

  async #restApi(
    name: string,
    { Method, Path, QueryParameters, Body }: RestApiInput,
  ): Promise<ServiceResponse> {
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(QueryParameters ?? {})) {
      for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) query.append(key, String(one));
    }
    const target = `${Path.startsWith('/') ? '' : '/'}${Path}${query.size > 0 ? `?${query.toString()}` : ''}`;
    const answer = await this.#airflow(name)
      .call(Method, target, Body, patienceSeconds)
      .catch((error: unknown) => {
        if (!(error instanceof AirflowUnavailable)) throw error;
        return { status: 503, body: { title: 'Service Unavailable', detail: error.message } };
      });
    const { status, body } = answer;
    if (status < 400) return { status: 200, body: { RestApiStatusCode: status, RestApiResponse: body } };
    const type = status < 500 ? 'RestApiClientException' : 'RestApiServerException';
    const detail = (body as { detail?: unknown } | null)?.detail;
    const message = typeof detail === 'string' ? detail : `Airflow answered with ${status}.`;
    return {
      status: 400,
      headers: { 'x-amzn-errortype': type },
      body: { __type: type, message, RestApiStatusCode: status, RestApiResponse: body },
    };
  }

  async #answer(request: ServiceRequest): Promise<ServiceResponse> {
    const environments = this.#environments;
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
        const updated = environments.update(name, input, region, account);
        await this.#airflows.get(name)?.change(updated);
        return { status: 200, body: { Arn: updated.Arn } };
      }
      case 'DELETE environments/name':
        await this.#airflow(name).remove();
        this.#airflows.delete(name);
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
        return {
          status: 200,
          body: { Environments: entries, ...(NextToken !== undefined && { NextToken }) },
        };
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
        this.#airflow(name).start();
        return {
          status: 200,
          body: { CliToken: this.#tokens.give(name, 'cli'), WebServerHostname: this.#host },
        };
      case 'POST webtoken/name':
        this.#airflow(name).start();
        return {
          status: 200,
          body: {
            WebToken: this.#tokens.give(name, 'web'),
            WebServerHostname: this.#host,
            IamIdentity: `user/${account}`,
            AirflowIdentity: `user/${account}`,
          },
        };
      case 'POST restapi/name':
        environments.get(name);
        return this.#restApi(name, read(restApiInput, parseJson(request.body)));
      default:
        throw new ServiceError(404, 'ResourceNotFoundException', `There is no ${method} ${path}.`);
    }
  }
}

function read<Shape extends z.ZodType>(shape: Shape, input: unknown): z.infer<Shape> {
  const result = shape.safeParse(input);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.') || 'Name'}: ${issue.message}`);
  throw invalid(`Validation failed: ${problems.join('; ')}`);
}
