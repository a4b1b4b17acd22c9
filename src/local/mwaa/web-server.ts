/**
 * The part of MWAA's web server that is not Airflow: `/aws_mwaa/cli` takes a command of Airflow's command line, and
 * `/aws_mwaa/aws-console-sso` and `/aws_mwaa/login` let a browser in. Whoever calls has a token instead of a signature.
 */
import { shellWords } from '../emr-serverless/shell-words.js';
import { messageOf } from '../message-of.js';
import { ServiceError } from '../service.js';
import type { ServiceRequest, ServiceResponse } from '../service.js';
import type { CommandAnswer } from './local-airflow.js';
import type { Tokens } from './tokens.js';

/** What an environment's Airflow can do for a caller with a token. */
export interface Doors {
  command(environment: string, words: readonly string[]): Promise<CommandAnswer>;
  door(environment: string): Promise<{ url: string; token: string }>;
}

/** What MWAA refuses: parts of Airflow that it runs itself, and all that touches its database. */
const notForCallers = new Set([
  ...[
    'api-server',
    'celery',
    'dag-processor',
    'db',
    'fab-db',
    'kerberos',
    'kubernetes',
    'scheduler',
    'standalone',
  ],
  ...['triggerer', 'webserver', 'worker'],
]);

export async function answerWebServer(
  request: ServiceRequest,
  tokens: Tokens,
  doors: Doors,
): Promise<ServiceResponse> {
  const { method, path } = request;
  if (method === 'POST' && path === '/aws_mwaa/cli') {
    const token = /^Bearer\s+(\S+)$/i.exec(request.headers['authorization'] ?? '')?.[1] ?? '';
    const environment = tokens.environmentOf(token, 'cli');
    if (environment === undefined)
      throw new ServiceError(403, 'AccessDeniedException', 'No token, or an old one.');
    return command(environment, request.body.toString('utf8'), doors);
  }
  if (method === 'POST' && path === '/aws_mwaa/login') {
    const token = new URLSearchParams(request.body.toString('utf8')).get('token') ?? '';
    const environment = tokens.environmentOf(token, 'web');
    if (environment === undefined)
      throw new ServiceError(403, 'AccessDeniedException', 'No token, or an old one.');
    const door = await doors.door(environment);
    return {
      status: 302,
      headers: { location: door.url, 'set-cookie': `_token=${door.token}; Path=/; SameSite=Lax` },
      body: '',
    };
  }
  if (method === 'GET' && path === '/aws_mwaa/aws-console-sso') {
    return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: signInPage };
  }
  throw new ServiceError(404, 'ResourceNotFoundException', `There is no ${method} ${path}.`);
}

async function command(environment: string, line: string, doors: Doors): Promise<ServiceResponse> {
  let words: string[];
  try {
    words = shellWords(line);
  } catch (error) {
    throw new ServiceError(400, 'ValidationException', messageOf(error));
  }
  const [first] = words;
  if (first === undefined || notForCallers.has(first)) {
    throw new ServiceError(403, 'AccessDeniedException', `MWAA does not run "airflow ${line.trim()}".`);
  }
  const { code, stdout, stderr } = await doors.command(environment, words);
  const encoded = (text: string): string => Buffer.from(text).toString('base64');
  return { status: code === 0 ? 200 : 400, body: { stdout: encoded(stdout), stderr: encoded(stderr) } };
}

/** The token is behind the `#`, which no server sees: the page hands it in. */
const signInPage = `<!doctype html><meta charset="utf-8"><title>Airflow</title><p>Signing in…</p>
<form method="post" action="/aws_mwaa/login"><input type="hidden" name="token"></form>
<script>
document.forms[0].token.value = location.hash.slice(1);
history.replaceState(null, '', location.pathname);
document.forms[0].submit();
</script>
`;
