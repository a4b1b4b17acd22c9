import type { IncomingMessage, ServerResponse } from 'node:http';
import { ServiceError } from './service.js';

/** One request on its way through the gateway, and the answer to it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Path and query as sent, in origin form. */
  readonly target: string;
  readonly service: string;
  readonly region: string;
  readonly account: string;
}

/** Requests to services that are answered from memory are small; uploads are streamed past here. */
const bodyLimit = 32 * 1024 * 1024;

/** Reads a request's whole body. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) throw new ServiceError(413, 'RequestEntityTooLarge', 'The request is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const inXml = new Set(['s3', 'ec2', 'iam', 'sts', 'sns', 'sqs', 'monitoring', 'cloudformation']);

function escapeXml(text: string): string {
  return text.replace(/[<>&]/g, (mark) => (mark === '<' ? '&lt;' : mark === '>' ? '&gt;' : '&amp;'));
}

/** Answers with an error in the shape that the service's clients read. */
export function refuse(
  response: ServerResponse,
  service: string,
  status: number,
  type: string,
  message: string,
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (inXml.has(service)) {
    const error = `<Code>${escapeXml(type)}</Code><Message>${escapeXml(message)}</Message>`;
    const document =
      service === 's3'
        ? `<Error>${error}</Error>`
        : service === 'ec2'
          ? `<Response><Errors><Error>${error}</Error></Errors></Response>`
          : `<ErrorResponse><Error>${error}</Error></ErrorResponse>`;
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(`<?xml version="1.0" encoding="UTF-8"?>${document}`);
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type });
  response.end(JSON.stringify({ __type: type, message, Message: message }));
}
